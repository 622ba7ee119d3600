"""One order out of all reports of it, in whatever order they came in.

When it was placed is what its first report says, what it is worth the newest. Whether it stands is what the newest of
"completed" and "cancelled" says. Reports count for as long after it was placed as returns do. Anything may come in:
sums are cut to the greatest amount there is (`memory.lines.MAX_UNITS`), and a cost beyond it is unknown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from catalog.costs import NAMES as COST_NAMES
from memory.events import Event
from memory.lines import MAX_UNITS, Line, lines, text_id, units

COMPLETED, UPDATED, REFUNDED, CANCELLED = "Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"
NAMES = frozenset({COMPLETED, UPDATED, REFUNDED, CANCELLED})
Costs = Mapping[str, int]
"""Product id -> what a unit costs the shop, in 1/10000."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer bought at once. Money in 1/10000 of its currency."""

    order_id: str
    placed: datetime
    total: int
    returned: int
    """What came back of it, at most all."""
    currency: str | None
    """None where nothing says so: then it is the brand's."""
    stands: bool
    """It was not cancelled."""
    cost: int | None
    """Of the goods that were kept; None where it is not known of one of them."""
    listed: int
    """What all of it would have cost without a discount, as far as the order tells of one."""
    priced: bool
    """Something said what it came to."""

    @property
    def revenue(self) -> int:
        """What was paid and not given back."""
        return self.total - self.returned

    def kept(self, margin_percent: int) -> int:
        """Of its revenue, what the goods that were kept cost taken off: below 0 where they cost more.

        Where costs are unknown `margin_percent` of the price before discounts is left: a discount costs the shop, and
        not who makes the goods.
        """
        if self.cost is not None:
            return self.revenue - self.cost
        cost = self.listed * (100 - margin_percent)
        return self.revenue - (cost * self.revenue // (100 * self.total) if self.total else cost // 100)

    def is_in(self, currency: str) -> bool:
        """Is its money the brand's?"""
        return self.currency is None or self.currency == currency


def orders_of(events: Iterable[Event], returns: timedelta, costs: Costs) -> list[Order]:
    """The orders of one customer that these events tell of, in the order they were placed."""
    reports: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.name in NAMES:
            reports[order_id_of(event)].append(event)
    found = (_order(order_id, theirs, returns, costs) for order_id, theirs in reports.items())
    return sorted((one for one in found if one is not None), key=lambda one: (one.placed, one.order_id))


def order_id_of(event: Event) -> str:
    """The order that a report is of: without an id each is of its own."""
    return text_id(event.properties.get("order_id")) or event.message_id


def _order(order_id: str, reports: Sequence[Event], returns: timedelta, costs: Costs) -> Order | None:
    placed = min((one.at for one in reports if one.name == COMPLETED), default=None)
    if placed is None:
        return None
    said = sorted((one for one in reports if one.at <= placed + returns), key=_newness)
    newest = next(one for one in reversed(said) if _tells_its_worth(one))
    standing = next(one for one in reversed(said) if one.name in (COMPLETED, CANCELLED))
    refunds = [one for one in said if one.name == REFUNDED and one.at >= placed]
    total = _total(newest)
    back = [_returned(one) for one in refunds]
    returned = total if None in back else min(total, sum(amount for amount in back if amount is not None))
    named = (_currency(one) for one in reversed(said) if one.name in (COMPLETED, UPDATED))
    return Order(
        order_id=order_id,
        placed=placed,
        total=total,
        returned=returned,
        # Whoever leaves it out of an update does not say that it has changed.
        currency=next((one for one in named if one is not None), None),
        stands=standing.name == COMPLETED,
        cost=0 if total and returned == total else _cost(newest, refunds, costs),
        listed=_listed(newest, total),
        priced=bool(total or refunds) or _said_total(newest) is not None,
    )


def _newness(event: Event) -> tuple[datetime, bool, str]:
    # At the same moment a cancellation is the later one: nobody cancels what they have not ordered yet.
    return event.at, event.name == CANCELLED, event.message_id


def _tells_its_worth(event: Event) -> bool:
    """An update without products or a total says nothing of money."""
    return event.name == COMPLETED or (
        event.name == UPDATED and (_said_total(event) is not None or bool(_bought(event)))
    )


def _total(event: Event) -> int:
    said = _said_total(event)
    return _sum_of(lines(event)) if said is None else said


def _listed(event: Event, total: int) -> int:
    """By its `discount`, or by the prices of its lines where those are more."""
    discount = units(event.properties.get("discount")) or 0
    return max(total, min(total + discount, MAX_UNITS), _sum_of(_bought(event)))


def _sum_of(found: Iterable[Line]) -> int:
    return min(sum((line.price or 0) * line.quantity for line in found), MAX_UNITS)


def _said_total(event: Event) -> int | None:
    said = (units(event.properties.get(name)) for name in ("total", "revenue", "value"))
    return next((amount for amount in said if amount is not None), None)


def _returned(event: Event) -> int | None:
    """None: all of it. A refund that names neither money nor products takes the whole order back."""
    total = units(event.properties.get("total"))
    if total is not None:
        return total
    named = _bought(event)
    return _sum_of(named) if named else None


def _currency(event: Event) -> str | None:
    said = event.properties.get("currency")
    return said.upper() if isinstance(said, str) and said else None


def _bought(event: Event) -> list[Line]:
    return lines(event) if isinstance(event.properties.get("products"), list) else []


def _cost(event: Event, refunds: Sequence[Event], costs: Costs) -> int | None:
    """Of what was kept: goods that a refund names came back."""
    back = Counter[str]()
    for refund in refunds:
        for line in _bought(refund):
            back[line.product_id] += line.quantity
    said = {**costs, **dict(_said_costs(event))}
    kept = _bought(event)
    if not kept or any(line.product_id not in said for line in kept):
        return None
    total = 0
    for line in kept:
        returned = min(line.quantity, back[line.product_id])
        back[line.product_id] -= returned
        total += (line.quantity - returned) * said[line.product_id]
    return total if total <= MAX_UNITS else None


def _said_costs(event: Event) -> Iterator[tuple[str, int]]:
    """What the lines of the order themselves say of a unit's cost."""
    products: Any = event.properties.get("products")
    for item in products if isinstance(products, list) else []:
        if isinstance(item, dict):
            product_id = text_id(item.get("product_id")) or text_id(item.get("sku"))
            cost = next((cost for name in COST_NAMES if (cost := units(item.get(name))) is not None), None)
            if product_id is not None and cost is not None:
                yield product_id, cost
