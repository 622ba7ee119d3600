"""Figures read off a folded memory at one moment: orders that count, cadence, RFM, lifecycle, interests, engagement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Any, Literal, get_args

from memory.model import Engagement, Interest, InterestKind, Lifecycle, Rfm
from memory.parts.interests import INTEREST_HALF_LIFE
from memory.sensitive import sensitive_topic
from memory.state import ONE, SUM, Entry, State, Weight, micros, moment_of, order_key, sum_of, weight
from store.types import from_units

DAY = timedelta(days=1)
ORDERS_FOR_CADENCE = 3
USUAL_GAP_DAYS = 90.0
"""Taken for the gap between orders until a customer has shown their own."""
GAP_BOUNDS_DAYS = (14.0, 180.0)
"""Within these, a customer's own gap decides when they are overdue: nobody lapses after three days or only in years."""
ACTIVE_GAPS = 2.0
AT_RISK_GAPS = 4.0
NEW_DAYS = 60.0
INTERESTS_PER_KIND = 12
HOT_CLICK = timedelta(days=30)
WARM_OPEN = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Placed:
    """One order that was not cancelled."""

    order_id: str
    entry: Entry
    refunded: int
    """Units given back, at most the total."""

    @property
    def at(self) -> datetime:
        return moment_of(self.entry[0])

    @property
    def total(self) -> int:
        return self.entry[2] or 0

    @property
    def currency(self) -> str | None:
        currency: str | None = self.entry[3]
        return currency

    @property
    def event_id(self) -> str:
        """The event that said so last."""
        event_id: str = self.entry[1]
        return event_id

    @property
    def marks(self) -> list[int]:
        """What the order said beside its lines (`memory.parts.tastes`)."""
        marks: list[int] = self.entry[5]
        return marks


def placed_orders(state: State) -> list[Placed]:
    """Orders that stand, newest first, each with what was refunded of it."""
    cancelled = {entry[2] for entry in state["cancelled"]}
    refunds: Counter[str] = Counter()
    for _, _, order_id, amount, products in state["refunds"]:
        refunds[order_id] += _worth(state, order_id, products) if amount is None else amount
    kept = ((order_id, entry) for order_id, entry in state["orders"].items() if order_id not in cancelled)
    ranked = sorted(kept, key=lambda item: order_key(item[1]), reverse=True)
    return [Placed(order_id, entry, min(refunds[order_id], entry[2] or 0)) for order_id, entry in ranked]


def _worth(state: State, order_id: str, products: Sequence[str]) -> int:
    """Of a refund without an amount: the goods it names, at what was paid for them; of everything where it names none
    (Segment: a full refund needs only the order id), or where nobody knows what they cost."""
    entry = state["orders"].get(order_id)
    if entry is None:
        return 0
    paid = [None if price is None else price * quantity for product, quantity, price in entry[4] if product in products]
    named = sum(amount for amount in paid if amount is not None)
    return named if paid and None not in paid else entry[2] or 0


def spent(orders: Sequence[Placed]) -> dict[str, Decimal]:
    """Net of refunds, by currency."""
    sums: Counter[str] = Counter()
    for order in orders:
        if order.currency is not None:
            sums[order.currency] += order.total - order.refunded
    return {currency: from_units(units) for currency, units in sorted(sums.items())}


def cadence_days(orders: Sequence[Placed]) -> float | None:
    """The median gap between days with an order; None below three such days."""
    days = sorted({order.at.date() for order in orders})
    if len(days) < ORDERS_FOR_CADENCE:
        return None
    return float(median((later - earlier).days for earlier, later in pairwise(days)))


def rfm(orders: Sequence[Placed], as_of: datetime) -> Rfm | None:
    """Recency, frequency, monetary value in the currency of most orders; None without orders."""
    if not orders:
        return None
    currencies = Counter(order.currency for order in orders if order.currency is not None)
    main = min(currencies, key=lambda currency: (-currencies[currency], currency), default=None)
    return Rfm(
        recency_days=max((as_of - orders[0].at) / DAY, 0.0),
        frequency=len(orders),
        monetary=spent(orders).get(main, Decimal(0)) if main else Decimal(0),
        currency=main,
    )


def lifecycle(orders: Sequence[Placed], cadence: float | None, as_of: datetime) -> Lifecycle:
    """Where the customer stands: days since the last order, counted in their own gaps between orders."""
    if not orders:
        return "prospect"
    since = (as_of - orders[0].at) / DAY
    if len(orders) == 1 and since <= NEW_DAYS:
        return "new"
    low, high = GAP_BOUNDS_DAYS
    gaps = since / min(max(cadence or USUAL_GAP_DAYS, low), high)
    if gaps <= ACTIVE_GAPS:
        return "active"
    return "at_risk" if gaps <= AT_RISK_GAPS else "lapsed"


def interests(state: State, as_of: datetime) -> list[Interest]:
    """What this person leans to, strongest first within each kind."""
    now = weight(micros(as_of), INTEREST_HALF_LIFE)
    return [
        _interest(kind, key, share, state["sums"][kind][key], now)
        for kind in get_args(InterestKind)
        for key, share in strengths(state, kind).items()
    ]


def strengths(state: State, kind: InterestKind) -> dict[str, float]:
    """Their interests of one kind, strongest first, as shares in 0..1; sensitive topics are left out.

    A decayed sum divided by the present's weight is the decayed sum as of now; the weight is the same for all, so
    shares need no present.
    """
    sums = state["sums"].get(kind, {})
    if not sums:
        return {}
    newest = max(entry[SUM] for entry in sums.values()), ONE
    amounts = {key: sum_of(entry, newest) for key, entry in sums.items() if not _touches(key)}
    total = sum(amounts[key] for key in sorted(amounts))
    strongest = sorted(sorted(amounts), key=amounts.__getitem__, reverse=True)[:INTERESTS_PER_KIND]
    return {key: amounts[key] / total for key in strongest if total}


@lru_cache(maxsize=10_000)
def _touches(key: str) -> bool:
    """A shop has few categories and brands, and many customers who lean to them."""
    return sensitive_topic(key) is not None


def _interest(kind: InterestKind, key: str, strength: float, found: list[Any], now: Weight) -> Interest:
    events, newest, message_id = found[:SUM]
    category, _, value = key.rpartition("=") if kind == "size" else ("", "", key)
    return Interest(
        kind=kind,
        value=value,
        category=category or None,
        strength=strength,
        weight=sum_of(found, now),
        last_at=moment_of(newest),
        events=events,
        sources=(message_id,),
    )


def engagement(state: State, as_of: datetime) -> Engagement:
    """E-mail engagement."""
    email = state["email"]
    opened, clicked = email.get("opened_at"), email.get("clicked_at")
    return Engagement(
        delivered=email.get("delivered", 0),
        opened=email.get("opened", 0),
        clicked=email.get("clicked", 0),
        last_opened_at=None if opened is None else moment_of(opened),
        last_clicked_at=None if clicked is None else moment_of(clicked),
        level=_level(email, micros(as_of)),
    )


def _level(email: dict[str, int], now: int) -> Literal["none", "cold", "warm", "hot"]:
    if now - email.get("clicked_at", -now) <= HOT_CLICK / timedelta(microseconds=1):
        return "hot"
    newest = max(email.get("opened_at", -now), email.get("clicked_at", -now))
    if now - newest <= WARM_OPEN / timedelta(microseconds=1):
        return "warm"
    return "cold" if email.get("delivered") else "none"
