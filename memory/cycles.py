"""How long what someone buys lasts them: the replenishment cycle of each product, their own, the shop's, or a guess.

A gap between two purchases of a product, divided by the units of the earlier one, is how long a unit lasted. With
few gaps of their own, a customer's median is drawn to what the shop's repeat buyers show, as if that were
`PRIOR_GAPS` gaps more (partial pooling on the log scale: gaps multiply, they do not add).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import exp, log
from statistics import median

from memory.behaviour import Basis, Cycle
from memory.measures import DAY, Placed
from memory.parts.interests import Known, known_of
from memory.state import State

OWN_GAPS = 2
"""Gaps between purchases of a product from which they are a habit of this customer's own."""
PRIOR_GAPS = 2.0
SHORTEST_DAYS, LONGEST_DAYS = 2.0, 730.0
"""What is bought again the day after was forgotten the day before; what lasts longer is no consumable."""
GONE_AFTER = 4.0
"""Cycles since the last purchase after which it is no habit any more."""
CYCLES = 50
SOURCES = 10


@dataclass(frozen=True)
class ShopCycles:
    """Days a unit lasts the customers who buy it again, as far as enough of them do (`memory.habit_learning`)."""

    products: Mapping[str, float] = field(default_factory=dict)
    categories: Mapping[str, float] = field(default_factory=dict)
    lasting: Collection[str] = frozenset()
    """Products that do not run out, whatever their category does: those who had the time did not buy them again."""

    def guess(self, product_id: str, category: str) -> float | None:
        """By its category, where nothing speaks against it."""
        return None if product_id in self.lasting else self.categories.get(category)


NO_CYCLES = ShopCycles()


@dataclass(frozen=True, slots=True)
class Purchase:
    """All of one product bought on one day."""

    at: datetime
    quantity: int
    event_id: str


def cycles(state: State, placed: Sequence[Placed], shop: ShopCycles, as_of: datetime) -> tuple[Cycle, ...]:
    """The products that someone uses up, what runs out first first. `placed`: their orders (`placed_orders`)."""
    found = (
        _cycle(product, purchases, known_of(state, product), shop)
        for product, purchases in purchases_of(state, placed).items()
    )
    live = (one for one in found if one is not None and as_of - one.last_at <= _gone_after(one))
    return tuple(sorted(live, key=lambda one: (one.runs_out_at, one.product_id))[:CYCLES])


def purchases_of(state: State, placed: Sequence[Placed]) -> dict[str, list[Purchase]]:
    """What was bought and not given back, by product, oldest first."""
    returned = {(entry[2], product) for entry in state["refunds"] for product in entry[4]}
    bought: dict[str, dict[date, Purchase]] = defaultdict(dict)
    for order in reversed(placed):
        if order.total and order.refunded >= order.total:
            continue
        at, event_id = order.at, order.event_id
        day = at.date()
        for product, quantity, _ in order.entry[4]:
            if (order.order_id, product) not in returned:
                days = bought[product]
                before = days.get(day)
                days[day] = Purchase(at, quantity + (before.quantity if before else 0), event_id)
    return {product: list(days.values()) for product, days in bought.items()}


def unit_gaps(purchases: Sequence[Purchase]) -> list[float]:
    """Days each unit lasted, by the gaps between purchases."""
    gaps = (((later.at - earlier.at) / DAY, earlier.quantity) for earlier, later in pairwise(purchases))
    return [gap / quantity for gap, quantity in gaps if SHORTEST_DAYS <= gap <= LONGEST_DAYS]


def _cycle(product_id: str, purchases: Sequence[Purchase], known: Known, shop: ShopCycles) -> Cycle | None:
    said, basis = _said(product_id, known, shop)
    if said is None and len(purchases) <= OWN_GAPS:
        return None
    gaps = unit_gaps(purchases)
    if len(gaps) >= OWN_GAPS:
        basis = "own"
    elif said is None:
        return None
    unit = _pooled(gaps, said)
    usual = round(median(purchase.quantity for purchase in purchases))
    last = purchases[-1]
    return Cycle(
        product_id=product_id,
        every_days=round(unit * usual, 2),
        quantity_usual=usual,
        last_at=last.at,
        times=len(purchases),
        runs_out_at=last.at + timedelta(days=unit * last.quantity),
        basis=basis,
        sources=tuple(dict.fromkeys(purchase.event_id for purchase in purchases[-SOURCES:][::-1])),
    )


def _said(product_id: str, known: Known, shop: ShopCycles) -> tuple[float | None, Basis]:
    """Days a unit lasts by others' word: of the product that of the shop's customers, then the catalog's; else of its
    category."""
    learned = shop.products.get(product_id)
    if learned is not None:
        return learned, "shop"
    if known.lasts_days:
        return float(known.lasts_days), "product"
    return shop.guess(product_id, known.category), "category"


def _pooled(gaps: Sequence[float], said: float | None) -> float:
    if not gaps:
        assert said is not None
        return said
    if said is None:
        return median(gaps)
    weight = len(gaps)
    return exp((weight * log(median(gaps)) + PRIOR_GAPS * log(said)) / (weight + PRIOR_GAPS))


def _gone_after(cycle: Cycle) -> timedelta:
    return GONE_AFTER * max(cycle.runs_out_at - cycle.last_at, timedelta(days=cycle.every_days))
