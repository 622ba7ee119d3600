"""How an invented customer of the demo shop spends a year: tastes, cycles, seasons, second thoughts.

Everything is drawn from the `random.Random` handed in, so a seed gives the same year.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.model import Product
from demo.journal import Journal
from demo.people import hostile_searches
from demo.shelves import Shelves, Taste


@dataclass(frozen=True)
class Kind:
    """A way of being a customer. Days count back from now."""

    name: str
    share: float
    orders: tuple[int, int]
    known_days: tuple[int, int]
    quiet_days: tuple[int, int] = (1, 40)
    """Nothing was ordered in the last so many days."""


KINDS = (
    Kind("new", 0.08, orders=(0, 1), known_days=(1, 20), quiet_days=(0, 1)),
    Kind("browser", 0.13, orders=(0, 0), known_days=(25, 330)),
    Kind("once", 0.19, orders=(1, 1), known_days=(45, 360)),
    Kind("occasional", 0.27, orders=(2, 4), known_days=(120, 365)),
    Kind("regular", 0.16, orders=(5, 9), known_days=(200, 365), quiet_days=(1, 25)),
    Kind("vip", 0.05, orders=(10, 15), known_days=(300, 365), quiet_days=(1, 18)),
    Kind("lapsed", 0.12, orders=(1, 5), known_days=(270, 365), quiet_days=(130, 240)),
)
_SHARES = tuple(kind.share for kind in KINDS)
_CONSUMED = 0.7
"""A staple is bought again once this share of it should be gone."""


class Life:
    """One customer's year, written into a journal."""

    def __init__(self, journal: Journal, shelves: Shelves, rng: random.Random, now: datetime) -> None:
        self._journal, self._shelves, self._rng, self._now = journal, shelves, rng, now
        self._kind = rng.choices(KINDS, _SHARES)[0]
        self._tastes = rng.sample(list(shelves.tastes), rng.choices((1, 2, 3), (3, 5, 2))[0])
        self._known = rng.randint(*self._kind.known_days)
        self._quiet = min(rng.randint(*self._kind.quiet_days), self._known - 1)
        self._staple: Product | None = self._favourite()
        self._staple_at: datetime | None = None

    def live(self) -> None:
        """From the first visit to today."""
        rng = self._rng
        start = self._moment(self._known)
        self._visit(start - timedelta(minutes=rng.randint(12, 50)))
        self._journal.identify(start)
        for days in self._order_days():
            self._order(self._moment(days))
        for _ in range(rng.choices((0, 1, 2, 3), (2, 4, 3, 1))[0]):
            self._visit(self._moment(rng.randint(self._quiet, self._known)))
        if self._kind.name != "lapsed":
            self._lately()
        self._mails()
        if self._journal.person.hostile:
            self._journal.searched(self._moment(self._quiet), rng.choice(hostile_searches()))

    def _moment(self, days: float) -> datetime:
        """A waking hour, so many days ago."""
        day = (self._now - timedelta(days=days)).replace(second=0, microsecond=0)
        return day.replace(hour=self._rng.choice((7, 8, 9, 12, 13, 17, 19, 20, 21)), minute=self._rng.randint(0, 59))

    def _favourite(self) -> Product | None:
        staples = [family for taste in self._tastes for family in taste.staples]
        if not staples:
            return None
        product = self._shelves.choose(self._rng.choice(staples), self._now, self._rng)
        return product if product.consumable_days else None

    def _order_days(self) -> Sequence[int]:
        """Days ago of each order, oldest first. Frequent buyers keep a rhythm, others come as they please."""
        count = self._rng.randint(*self._kind.orders)
        span = max(self._known - self._quiet, 1)
        if count < 5:
            return sorted((self._quiet + self._rng.randint(0, span - 1) for _ in range(count)), reverse=True)
        step = span / count
        jitter = [self._rng.uniform(-0.18, 0.18) * step for _ in range(count)]
        return [round(self._known - step * (number + 0.5) + jitter[number]) for number in range(count)]

    def _order(self, at: datetime) -> None:
        lines = self._basket(at)
        anchor = lines[0][0]
        self._visit(at - timedelta(minutes=self._rng.randint(14, 40)), anchor)
        order_id = self._journal.ordered(at, lines)
        if self._rng.random() < 0.05 and not anchor.consumable_days:
            self._journal.refunded(at + timedelta(days=self._rng.randint(6, 20)), order_id, anchor, at)
        elif self._rng.random() < 0.05:
            self._journal.reviewed(at + timedelta(days=12), anchor, *self._opinion())

    def _basket(self, at: datetime) -> list[tuple[Product, int]]:
        rng, basket = self._rng, dict[str, tuple[Product, int]]()
        staple = self._staple
        if staple and self._staple_due(at) and rng.random() < 0.8:
            basket[staple.id] = (staple, rng.choices((1, 2), (4, 1))[0])
            self._staple_at = at
        if not basket or rng.random() < 0.5:
            product = self._want(at)
            basket.setdefault(product.id, (product, rng.choices((1, 2, 4), (8, 2, 1))[0]))
        if rng.random() < 0.55:
            companion = self._shelves.companion(next(iter(basket.values()))[0], at, rng)
            if companion:
                basket.setdefault(companion.id, (companion, 1))
        return list(basket.values())

    def _staple_due(self, at: datetime) -> bool:
        if self._staple is None or self._staple_at is None:
            return True
        lasts = timedelta(days=(self._staple.consumable_days or 0) * _CONSUMED)
        return at - self._staple_at >= lasts

    def _taste(self) -> Taste:
        """The first taste counts double."""
        return self._rng.choice([self._tastes[0], *self._tastes])

    def _want(self, at: datetime) -> Product:
        family = self._shelves.family(self._taste(), at, self._rng)
        return self._shelves.choose(family, at, self._rng)

    def _visit(self, at: datetime, anchor: Product | None = None) -> None:
        """A look around: perhaps a search, a few products, perhaps a wish."""
        rng = self._rng
        if rng.random() < 0.3:
            self._journal.searched(at, rng.choice(self._taste().searches))
        seen = [anchor] if anchor else []
        seen += [self._want(at) for _ in range(rng.randint(1, 3))]
        for number, product in enumerate(seen):
            self._journal.viewed(at + timedelta(minutes=1 + 2 * number), product)
        if not anchor and rng.random() < 0.18:
            self._journal.wished(at + timedelta(minutes=9), seen[-1])

    def _lately(self) -> None:
        """Some left a cart two hours ago or yesterday, some only looked."""
        draw = self._rng.random()
        if draw < 0.05:
            self._leave_cart(timedelta(hours=2, minutes=self._rng.randint(0, 30)))
        elif draw < 0.09:
            self._leave_cart(timedelta(hours=26, minutes=self._rng.randint(0, 50)))
        elif draw < 0.15:
            self._visit(self._now - timedelta(hours=self._rng.randint(4, 30)))

    def _leave_cart(self, ago: timedelta) -> None:
        at = self._now - ago
        product = self._want(at)
        self._visit(at - timedelta(minutes=20), product)
        self._journal.added(at, product)
        companion = self._shelves.companion(product, at, self._rng)
        if companion and self._rng.random() < 0.4:
            self._journal.added(at + timedelta(minutes=3), companion)

    def _mails(self) -> None:
        """Notes every four weeks; each person opens, clicks and tires of them in their own way."""
        rng, person = self._rng, self._journal.person
        if not person.consent:
            return
        appetite = rng.betavariate(2, 3) * (0.25 if self._kind.name == "lapsed" else 1.0)
        leaves = rng.random() < 0.04
        for number, days in enumerate(range(self._known - 3, 2, -28)):
            at = (self._now - timedelta(days=days)).replace(hour=9, minute=5, second=0, microsecond=0)
            opened = rng.random() < appetite
            self._journal.mailed(at, number, opened=opened, clicked=opened and rng.random() < 0.25)
            if leaves and rng.random() < 0.3:
                self._journal.unsubscribed(at + timedelta(hours=5), number)
                return

    def _opinion(self) -> tuple[str, int]:
        return self._rng.choice(
            (
                ("Exactly what it says. Arrived well packed.", 5),
                ("Smaller than I had pictured, but I like it.", 4),
                ("Using it every day.", 5),
                ("Nice enough. The colour is a shade darker than on the page.", 3),
            )
        )
