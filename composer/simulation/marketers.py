"""Who decides what is sent: one text for all, segments with variants, and an oracle that knows every taste.

The first two do what a careful marketer does today with what the shop hears. None of the three reads Penfriend's
memory, so that they need no database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np

from catalog.model import Limits
from composer import chance
from composer.bandit.arms import USUAL, pick_counts
from composer.best_time import SLOTS
from composer.simulation import response
from composer.simulation.happening import Letter, user
from composer.simulation.life import Lives
from composer.simulation.people import STYLES, People
from composer.simulation.shelf import Shelf
from composer.simulation.world import START, WEEK
from prompts.model import Flow
from store.ids import email_id_for

MAILED_AT = timedelta(days=1, hours=9)
"""Into the week: Tuesday at nine."""
PLACES = 4
LATELY = 6
"""Weeks of orders and looks that best sellers are read off."""
Arms = Mapping[str, str]
ONE_WAY: Arms = dict(zip(STYLES, ("a_few_picks", "plain", "short", "plain", "short", "4", "usual"), strict=True))
VARIANTS: tuple[Arms, ...] = (
    ONE_WAY,
    {**ONE_WAY, "tone": "warm", "subject": "name", "cta": "product"},
    {**ONE_WAY, "tone": "playful", "subject": "question", "cta": "long", "slot": "evening"},
)
"""Of the segments' e-mails; `name` is a merge tag in the subject."""


class Marketer(Protocol):
    """One who writes to the customers of a shop."""

    async def mail(self, week: int, reachable: Sequence[int]) -> list[Letter]:
        """The mailing of a week: at most one e-mail to each of those who have not left."""
        ...

    async def hear(self, messages: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """What the shop has heard by `at`, a moment at the end of a week."""
        ...


class _Heard:
    """What a shop's own reports say: what sold, to whom, and what was clicked."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._known: set[str] = set()
        self.wanted: list[tuple[datetime, str, int, float]] = []
        """(when, customer, product, weight): orders, and a fifth as much a look."""
        self.clicked: set[str] = set()
        """E-mail ids."""

    def take(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Each message once."""
        for message in messages:
            if message["messageId"] not in self._known:
                self._known.add(message["messageId"])
                self._take(message)

    def _take(self, message: Mapping[str, Any]) -> None:
        said, name = message.get("properties", {}), message.get("event")
        at, who = datetime.fromisoformat(message["timestamp"]), message.get("userId", "")
        if name == "Email Link Clicked":
            self.clicked.add(said["email_id"])
        elif name == "Product Viewed":
            self.wanted.append((at, who, self._shelf.number[said["product_id"]], 0.2))
        elif name == "Order Completed":
            self.wanted += [(at, who, self._shelf.number[line["product_id"]], 1.0) for line in said["products"]]

    def best_sellers(
        self, since: datetime, shown: Collection[int], customers: set[str] | None = None
    ) -> tuple[int, ...]:
        """The products most wanted since then, by these customers or by all, but for those that were just shown."""
        counts: Counter[int] = Counter()
        for at, who, product, weight in self.wanted:
            if at >= since and (customers is None or who in customers):
                counts[product] += weight  # type: ignore[assignment]  # a counter adds what it is given
        left = (product for product in range(len(self._shelf)) if product not in shown)
        return tuple(sorted(left, key=lambda product: (-counts[product], product))[:PLACES])


class _Rotation:
    """What was shown lately: nobody who is good at this sends the same products every week."""

    def __init__(self) -> None:
        self._mailed: list[tuple[int, Sequence[int]]] = []

    def lately(self, week: int) -> set[int]:
        """Products of the mailings that readers would still recognise."""
        return {one for mailed, products in self._mailed if week - mailed <= response.SEEN_WEEKS for one in products}

    def note(self, week: int, products: Sequence[int]) -> None:
        """They were mailed."""
        self._mailed.append((week, products))


def mailed_at(week: int) -> datetime:
    """The moment of a week's mailing."""
    return START + week * WEEK + MAILED_AT


def letter_to(customer: int, week: int, products: Sequence[int], arms: Arms) -> Letter:
    """An e-mail of a mailing."""
    at = mailed_at(week)
    return Letter(customer, email_id_for(at, user(customer)), week, tuple(products), arms, at)


class OneForAll:
    """The best sellers of the last weeks, others each time, written in one way, to everybody."""

    def __init__(self, shelf: Shelf) -> None:
        self._heard = _Heard(shelf)
        self._rotation = _Rotation()

    async def mail(self, week: int, reachable: Sequence[int]) -> list[Letter]:
        """See `Marketer.mail`."""
        products = self._heard.best_sellers(mailed_at(week) - LATELY * WEEK, self._rotation.lately(week))
        self._rotation.note(week, products)
        return [letter_to(customer, week, products, ONE_WAY) for customer in reachable]

    async def hear(self, messages: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """See `Marketer.hear`."""
        self._heard.take(messages)


class Segments:
    """Five segments by the category customers want most (the fifth: everybody else), three variants each.

    A segment gets its own best sellers, others each time. Its variants are tried evenly in the first mailings; then
    most of it gets the one that was clicked most.
    """

    trials = 4
    """Mailings in which the variants are tried evenly."""
    still_trying = 0.1

    def __init__(self, shelf: Shelf) -> None:
        self._heard = _Heard(shelf)
        self._shelf = shelf
        self._sent: dict[str, tuple[int, int]] = {}
        """E-mail id -> segment and variant."""
        self._rotations: dict[int, _Rotation] = defaultdict(_Rotation)

    async def mail(self, week: int, reachable: Sequence[int]) -> list[Letter]:
        """See `Marketer.mail`."""
        segments, since = self._segments(week, reachable), mailed_at(week) - LATELY * WEEK
        members: dict[int, set[str]] = defaultdict(set)
        for customer, segment in segments.items():
            members[segment].add(user(customer))
        products = {
            segment: self._heard.best_sellers(since, self._rotations[segment].lately(week), theirs)
            for segment, theirs in members.items()
        }
        for segment, shown in products.items():
            self._rotations[segment].note(week, shown)
        best = {segment: self._best(segment) for segment in members}
        letters = []
        for customer, segment in segments.items():
            variant = self._variant(customer, week, best[segment])
            letter = letter_to(customer, week, products[segment], VARIANTS[variant])
            self._sent[letter.email_id] = segment, variant
            letters.append(letter)
        return letters

    async def hear(self, messages: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """See `Marketer.hear`."""
        self._heard.take(messages)

    def _segments(self, week: int, reachable: Sequence[int]) -> dict[int, int]:
        """By each one's favourite category, where it is one of the four most common favourites."""
        wanted: dict[str, Counter[int]] = defaultdict(Counter)
        for _, who, product, weight in self._heard.wanted:
            wanted[who][int(self._shelf.category[product])] += weight  # type: ignore[assignment]  # as above
        favourite = {who: min(counts, key=lambda one: (-counts[one], one)) for who, counts in wanted.items()}
        common = [category for category, _ in Counter(favourite.values()).most_common(4)]
        places = {category: place for place, category in enumerate(common)}
        return {customer: places.get(favourite.get(user(customer), -1), len(common)) for customer in reachable}

    def _best(self, segment: int) -> int:
        sent, clicked = np.zeros(len(VARIANTS)), np.zeros(len(VARIANTS))
        for email_id, (of, variant) in self._sent.items():
            if of == segment:
                sent[variant] += 1
                clicked[variant] += email_id in self._heard.clicked
        return int(np.argmax((clicked + 1) / (sent + 10)))

    def _variant(self, customer: int, week: int, best: int) -> int:
        trying = 1.0 if week < self.trials else self.still_trying
        if chance.unit("segments", "try", customer, week) >= trying:
            return best
        return int(chance.unit("segments", "which", customer, week) * len(VARIANTS))


class Oracle:
    """Knows what everybody likes at this moment: the most that any marketer could reach with one e-mail a week."""

    def __init__(self, flow: Flow, people: People, lives: Lives) -> None:
        self._people, self._lives = people, lives
        self._arms: dict[str, tuple[str, ...]] = {
            "angle": tuple(angle.name for angle in flow.angles),
            "tone": flow.tones,
            "length": flow.lengths,
            "subject": flow.subjects,
            "cta": flow.ctas,
            "slot": (USUAL, *SLOTS),
        }
        self._counts = tuple(int(count) for count in pick_counts(flow, Limits()))

    async def mail(self, week: int, reachable: Sequence[int]) -> list[Letter]:
        """See `Marketer.mail`."""
        return [self._letter(customer, week) for customer in reachable]

    async def hear(self, messages: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """It knows already."""

    def _letter(self, customer: int, week: int) -> Letter:
        arms = {name: self._people.best(customer, week, name, among) for name, among in self._arms.items()}
        liked = self._lives.liked(customer, week)
        best = np.argsort(-liked, kind="stable")

        def worth(count: int) -> float:
            style = self._people.style(customer, week, {"picks": str(count)})
            return response.relevance(liked[best[:count]], style).whole

        count = max(self._counts, key=worth)
        return letter_to(customer, week, best[:count].tolist(), {**arms, "picks": str(count)})
