"""What drawn customers spent: all of their orders that stand, by day, whether or not a campaign had come to them.

Pure: the same events and rules give the same rows, in whatever order the events came in.

E-mails make people log in, and so bring to light what they had ordered as visitors whom nobody had drawn: of the mailed
more than of those held out, who order no less. So of somebody whom others turned out to be those orders count that were
reported under an id of their own, or placed since the last of the others did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from composer.facts.drawing import Drawn
from composer.facts.orders import COMPLETED, Order, order_id_of, orders_of
from composer.facts.people import FirstTold, placed_since
from memory.events import Event
from memory.lines import MAX_UNITS

BEFORE = timedelta(days=90)
"""What was spent for so long before somebody was drawn is their covariate."""
LONGEST = 16
"""Letters of a currency that are kept: nobody's has more, but anything may come in."""


class Before(NamedTuple):
    """What somebody had spent before they were drawn."""

    revenue: int
    """In 1/10000."""
    currency: str


NOTHING = Before(0, "")


@dataclass(frozen=True, slots=True)
class Line:
    """One customer in one period of the holdout."""

    holdout_id: str
    since: datetime
    ends: datetime
    """When the period ends, which is not in it."""
    before: Before = NOTHING
    """As it is kept."""

    def holds(self, moment: datetime) -> bool:
        """Were they in it then?"""
        return self.since <= moment < self.ends


class Merged(NamedTuple):
    """That others turned out to be somebody."""

    at: datetime
    """The last time."""
    names: frozenset[str]
    """Ids of the shop's that are their own: the one they have, and each that they were drawn by."""

    def owns(self, report: Event) -> bool:
        """Was it theirs when it came, by its id, or by when it was?"""
        return report.at >= self.at or report.user_id in self.names


class Key(NamedTuple):
    """Of a row, beside its customer."""

    holdout_id: str
    day: date
    currency: str


class Sum(NamedTuple):
    """Of a row. Money in 1/10000."""

    orders: int
    revenue: int


@dataclass(frozen=True, slots=True)
class Theirs:
    """What is read of one customer."""

    customer_id: str
    drawn: Sequence[Drawn]
    """Where they are new."""
    lines: Sequence[Line]
    """Where they are, new or not."""
    since: datetime | None
    """The midnight (UTC) from which on all that they bought is known; None: nothing was asked."""
    events: Sequence[Event]
    told: FirstTold
    stored: Mapping[Key, Sum]
    """Rows of days from `since` on, as they are kept."""
    merged: Merged | None = None
    """None: nobody turned out to be them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to be kept of one customer from now on, where it is not kept already."""

    customer_id: str
    drawn: Sequence[Drawn]
    before: Mapping[str, Before]
    """By period of the holdout."""
    spent: Mapping[Key, Sum]
    gone: Collection[Key]
    """Rows of days on which nothing is left."""

    @property
    def changes(self) -> bool:
        """Is anything of it new?"""
        return bool(self.drawn or self.before or self.spent or self.gone)


def kept(theirs: Theirs, returns: timedelta) -> Kept:
    """Out of all that is known of them. `returns`: how long after an order what comes back is subtracted."""
    since = theirs.since
    if since is None:
        return Kept(theirs.customer_id, theirs.drawn, {}, {}, ())
    events = theirs.events if theirs.merged is None else owned(theirs.events, theirs.merged)
    found = spent(placed_since(orders_of(events, returns, {}), theirs.told, since), theirs.lines)
    return Kept(
        customer_id=theirs.customer_id,
        drawn=theirs.drawn,
        before=dict(_before(theirs, since, returns)),
        spent={key: one for key, one in found.items() if theirs.stored.get(key) != one},
        gone=theirs.stored.keys() - found.keys(),
    )


def _before(theirs: Theirs, since: datetime, returns: timedelta) -> Iterator[tuple[str, Before]]:
    """Where all of it is known, and not what is kept. Who turns out to be them once they are drawn changes nothing."""
    new = {one.holdout.id for one in theirs.drawn}
    for line in theirs.lines:
        later = theirs.merged if theirs.merged is not None and theirs.merged.at > line.since else None
        if line.since - BEFORE < since or (later is not None and line.holdout_id not in new):
            continue
        # By what was known then: what comes back later may be the e-mails' doing.
        events = [one for one in theirs.events if one.at < line.since]
        orders = orders_of(events if later is None else owned(events, later), returns, {})
        found = spent_before(placed_since(orders, theirs.told, since), line.since)
        if found != line.before:
            yield line.holdout_id, found


def owned(events: Iterable[Event], merged: Merged) -> list[Event]:
    """Without all reports of orders whose first one was somebody else's when it came."""
    every = list(events)
    first: dict[str, Event] = {}
    for one in every:
        order_id = order_id_of(one)
        known = first.get(order_id, one)
        if one.name == COMPLETED and (one.at, one.message_id) <= (known.at, known.message_id):
            first[order_id] = one
    others = {order_id for order_id, one in first.items() if not merged.owns(one)}
    return [one for one in every if order_id_of(one) not in others]


def spent(orders: Iterable[Order], lines: Sequence[Line]) -> Mapping[Key, Sum]:
    """One customer's rows. Every order is in one period at most."""
    found: dict[Key, Sum] = defaultdict(lambda: Sum(0, 0))
    for order in orders:
        line = next((one for one in lines if one.holds(order.placed)), None)
        if line is None or not order.stands:
            continue
        key = Key(line.holdout_id, order.placed.astimezone(UTC).date(), (order.currency or "")[:LONGEST])
        known = found[key]
        found[key] = Sum(known.orders + 1, min(known.revenue + order.revenue, MAX_UNITS))
    return found


def spent_before(orders: Iterable[Order], at: datetime) -> Before:
    """In the `BEFORE` a moment; its currency is that of the newest order which names one."""
    found = [one for one in orders if one.stands and at - BEFORE <= one.placed < at]
    currency = next((one.currency for one in reversed(found) if one.currency is not None), "")
    total = sum(one.revenue for one in found if one.is_in(currency))
    return Before(min(total, MAX_UNITS), currency[:LONGEST])
