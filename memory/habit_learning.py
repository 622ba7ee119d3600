"""What all customers' orders teach about each one's habits: how long products last, and when and how people buy.

One pass over at most 200,000 states; what is kept grows with the products of the shop, not with its customers: gaps
are counted in buckets a tenth wide, from which a median is read within a few per cent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import exp, floor, log
from typing import Any

from memory.cycles import purchases_of, unit_gaps
from memory.learned import Learned, save_learned
from memory.learned_habits import CYCLES, HABITS, VERSION
from memory.measures import placed_orders
from memory.parts.interests import known_of
from memory.parts.tastes import GIFT, LINE_COUNT, REDUCED
from memory.scanning import remembered
from memory.shop import forget_shop
from memory.shopping import times_of
from memory.state import State
from store.database import Database

SEEN = 200_000
"""Customers: of a shop with a million, a product's cycle is known from some 25 who bought it again instead of five."""
WIDTH = 0.1
"""Of a bucket, on the scale of the logarithm of days."""
REPEATERS = 5
"""Customers with a gap of their own below which a product's cycle is chance."""
HAD_TIME = timedelta(days=60)
"""Since they bought it first: who bought it last week could not have bought it again."""
REPEAT_SHARE = 0.4
"""Of those who had the time must have bought it again: others' second dress says nothing of when this one is used up.
On Online Retail, one in 17 of all purchases is repeated within four weeks; of those said to run out in them, at a share
of 0.2 one in 13, at 0.4 one in nine (`benchmarks/cycles.py`)."""
PRODUCTS = 3
"""Of a category that people come back for, below which its cycle is that of one or two products in it: candles on a
shelf of lamps."""
CATEGORY_BUYERS = 2.0
"""As how many buyers of its own the category counts for a product in it: a lamp that two had the time to buy again, and
did not, does not run out because candles do."""
ORDERS = 200
"""Of the shop, below which its year is not yet known."""

Buckets = Counter[int]


class Habits:
    """Counts over all customers."""

    def __init__(self, as_of: datetime) -> None:
        self._had_time = as_of - HAD_TIME
        self._gaps: dict[str, Buckets] = defaultdict(Counter)
        self._buyers: Counter[str] = Counter()
        self._repeaters: Counter[str] = Counter()
        self._category: dict[str, str] = {}
        self._orders = self._gifts = self._lines = self._reduced = 0
        self._times: Counter[str] = Counter()

    def see(self, state: State) -> None:
        """Count one customer. Each counts once for each of their products, by their median: nobody outweighs all."""
        placed = placed_orders(state)
        for order in placed:
            lines, reduced, gift = order.marks[LINE_COUNT], order.marks[REDUCED], order.marks[GIFT]
            self._orders += 1
            self._gifts += gift
            self._lines += lines
            self._reduced += reduced
            self._times.update(times_of(order.at.date()))
        for product, purchases in purchases_of(state, placed).items():
            gaps = sorted(unit_gaps(purchases))
            self._buyers[product] += bool(gaps) or purchases[0].at <= self._had_time
            self._category[product] = known_of(state, product).category or self._category.get(product, "")
            if gaps:
                self._repeaters[product] += 1
                self._gaps[product][floor(log(gaps[len(gaps) // 2]) / WIDTH)] += 1

    def cycles(self) -> dict[str, Any]:
        """What `ShopCycles` holds: days a unit lasts, by product and by category, and what of a category does not."""
        shelves: dict[str, list[str]] = defaultdict(list)
        for product in self._buyers:
            if self._category[product]:
                shelves[self._category[product]].append(product)
        products = {name: days for name in self._gaps if (days := self._days([name])) is not None}
        used_up = {name: members for name, members in shelves.items() if self._is_used_up(members)}
        categories = {name: days for name, members in used_up.items() if (days := self._days(members)) is not None}
        lasting = [one for name in categories for one in self._lasting(used_up[name]) if one not in products]
        return {"products": products, "categories": categories, "lasting": lasting}

    def _is_used_up(self, members: Sequence[str]) -> bool:
        """Whether people come back for things of this kind, and not for one or two best sellers among them."""
        return sum(self._repeaters[one] > 0 for one in members) >= PRODUCTS and self._share(members) >= REPEAT_SHARE

    def _share(self, members: Sequence[str]) -> float:
        """Of the buyers of a category that had the time, who bought it again; none of its products speaks for more
        than a few."""
        weights = {one: min(self._buyers[one], REPEATERS) for one in members if self._buyers[one]}
        again = sum(weight * self._repeaters[one] / self._buyers[one] for one, weight in weights.items())
        return again / max(sum(weights.values()), 1)

    def _lasting(self, members: Sequence[str]) -> Iterator[str]:
        """What of a category its own buyers do not come back for."""
        share = self._share(members)
        for one in members:
            known = self._repeaters[one] + CATEGORY_BUYERS * share
            if known < REPEAT_SHARE * (self._buyers[one] + CATEGORY_BUYERS):
                yield one

    def habits(self) -> dict[str, Any]:
        """What `ShopHabits` holds."""
        enough = self._orders >= ORDERS
        return {
            "reduced": self._reduced / self._lines if self._lines else 0.0,
            "gifts": self._gifts / self._orders if self._orders else 0.0,
            "times": {name: count / self._orders for name, count in self._times.items()} if enough else {},
        }

    def _days(self, products: Iterable[str]) -> float | None:
        names = list(products)
        repeaters = sum(self._repeaters[name] for name in names)
        if repeaters < REPEATERS or repeaters < REPEAT_SHARE * sum(self._buyers[name] for name in names):
            return None
        buckets: Buckets = Counter()
        for name in names:
            buckets.update(self._gaps.get(name, {}))
        return round(_median(buckets), 2)


async def learn_habits(database: Database, as_of: datetime, progress: Callable[[str, int], None]) -> None:
    """`memory.learning.Learner`: how long products last, and when and how the shop's customers buy."""
    habits, seen = Habits(as_of), 0
    async for batch in remembered(database, most=SEEN):
        for one in batch:
            habits.see(one.state)
        seen += len(batch)
        progress("habits", seen)
    async with database.session() as session:
        for name, document in ((CYCLES, habits.cycles()), (HABITS, habits.habits())):
            await save_learned(session, Learned(name, VERSION, as_of, document))
        await session.commit()
        forget_shop()


def _median(buckets: Mapping[int, int]) -> float:
    """In days, by the middle of its bucket."""
    left = sum(buckets.values()) / 2
    for bucket in sorted(buckets):
        left -= buckets[bucket]
        if left <= 0:
            return exp((bucket + 0.5) * WIDTH)
    raise AssertionError("a median of nothing")
