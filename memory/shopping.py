"""How somebody shops, read off their orders: reduced prices, gifts, and times of the year, each against the shop.

Two orders in December make no one a December person in a shop that sells half its goods then: a share is drawn to
the shop's own (`PRIOR` observations of it), and a season is told only where chance would hardly bring as many orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from math import comb

from memory.behaviour import DiscountHabit, GiftHabit, Season
from memory.measures import Placed
from memory.parts.tastes import GIFT, LINE_COUNT, REDUCED
from memory.sensitive import sensitive_topic
from memory.state import State

PRIOR = 4.0
"""How many observations the shop's share counts for."""
SEASON_YEARS = 2
SEASON_ORDERS = 3
"""Days with an order below which nobody has a season."""
SEASON_LIFT = 1.5
SURPRISE = 0.01
"""How likely chance alone may be to bring as many orders (binomial, one-sided); small, as some twenty are tried."""
GIFT_CATEGORIES = 3
SOURCES = 10

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
OCCASIONS: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "valentines_day": ((2, 1), (2, 14)),
    "mothers_day": ((4, 28), (5, 14)),
    "back_to_school": ((8, 10), (9, 10)),
    "halloween": ((10, 10), (10, 31)),
    "black_friday": ((11, 20), (12, 2)),
    "end_of_year": ((12, 3), (12, 24)),
}
"""First and last (month, day) of the shopping before it. No feast of a religion is among them: who keeps which is not
ours to infer (`memory.sensitive`)."""


@dataclass(frozen=True)
class ShopHabits:
    """The same of all customers together. Empty: nothing learned yet, a year is even and nothing is reduced."""

    reduced: float = 0.0
    """Share of lines bought at a reduced price."""
    gifts: float = 0.0
    """Share of orders that are gifts."""
    times: Mapping[str, float] = field(default_factory=dict)
    """Share of orders by month and occasion."""

    def usual(self, name: str) -> float:
        """The share of orders at a time of the year."""
        return self.times.get(name, _LENGTHS[name])


NO_HABITS = ShopHabits()


def discounts(placed: Sequence[Placed], shop: ShopHabits) -> DiscountHabit | None:
    """None without lines, and where nobody is known to have bought anything reduced: the shop does not say so then."""
    lines = sum(order.marks[LINE_COUNT] for order in placed)
    reduced = sum(order.marks[REDUCED] for order in placed)
    if not lines or not (reduced or shop.reduced):
        return None
    return DiscountHabit(
        share=_drawn(reduced, lines, shop.reduced),
        reduced_orders=sum(order.marks[REDUCED] > 0 for order in placed),
        orders=len(placed),
        sources=_sources([order for order in placed if order.marks[REDUCED]] or placed),
    )


def gifts(state: State, placed: Sequence[Placed], shop: ShopHabits) -> GiftHabit | None:
    """None where no order shows that it was one."""
    given = [order for order in placed if order.marks[GIFT]]
    if not given:
        return None
    return GiftHabit(
        share=_drawn(len(given), len(placed), shop.gifts),
        gift_orders=len(given),
        orders=len(placed),
        last_at=given[0].at,
        categories=_given(state),
        sources=_sources(given),
    )


def seasons(placed: Sequence[Placed], shop: ShopHabits) -> tuple[Season, ...]:
    """The times of the year at which they buy more than chance and the shop's own seasons explain."""
    days = {order.at.date(): order for order in placed}
    if len(days) < SEASON_ORDERS:
        return ()
    found: dict[str, list[Placed]] = defaultdict(list)
    for day, order in days.items():
        for name in times_of(day):
            found[name].append(order)
    told = (_season(name, orders, len(days), shop.usual(name)) for name, orders in found.items())
    return tuple(sorted((one for one in told if one is not None), key=lambda one: (-one.share / one.usual, one.name)))


@lru_cache(maxsize=4096)
def times_of(day: date) -> tuple[str, ...]:
    """The month and the occasions a day belongs to."""
    here = (day.month, day.day)
    return MONTHS[day.month - 1], *(name for name, (first, last) in OCCASIONS.items() if first <= here <= last)


def _season(name: str, orders: Sequence[Placed], days: int, usual: float) -> Season | None:
    years = len({order.at.year for order in orders})
    count = len(orders)
    if years < SEASON_YEARS or count < SEASON_LIFT * usual * days or _by_chance(count, days, usual) > SURPRISE:
        return None
    return Season(
        name=name,
        share=_drawn(count, days, usual),
        usual=usual,
        years=years,
        orders=count,
        last_at=max(order.at for order in orders),
        sources=_sources(orders),
    )


def _by_chance(count: int, days: int, share: float) -> float:
    """P(at least `count` of `days`), each with probability `share`."""
    return 1.0 - sum(comb(days, k) * share**k * (1.0 - share) ** (days - k) for k in range(count))


def _sources(orders: Sequence[Placed]) -> tuple[str, ...]:
    return tuple(order.event_id for order in orders[:SOURCES])


def _drawn(count: int, of: int, usual: float) -> float:
    return (count + PRIOR * usual) / (of + PRIOR)


def _given(state: State) -> tuple[str, ...]:
    sums = state["sums"].get("gift", {})
    named = [category for category in sums if category and not sensitive_topic(category)]
    ranked = sorted(named, key=lambda category: (-sums[category][0], category))
    return tuple(ranked[:GIFT_CATEGORIES])


def _length(name: str) -> float:
    days = (date(2025, 1, 1) + timedelta(days=number) for number in range(365))
    return sum(name in times_of(day) for day in days) / 365


_LENGTHS = {name: _length(name) for name in (*MONTHS, *OCCASIONS)}
"""Of a year."""
