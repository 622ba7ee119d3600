"""What customers are worth: revenue so far, less what came back, by months of 30 days after they began.

Customers begin with their first order, or when a campaign first came to them. A month tells of those who are known for
all of it, so that a curve may fall where the younger are worth less. Each currency has its own curves; of a customer
who pays in several, those orders count that are in the one of their first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts.orders import NAMES, Order, orders_of
from composer.facts.ruling import rules_in_force
from composer.facts.tables import EpisodeRow
from composer.facts.updating import book_of
from composer.reports.model import Curve, CurvePoint
from composer.results.model import UNITS, Interval
from composer.results.statistics import Z
from memory.events import Event
from memory.tables import Customer
from memory.tables import Event as EventRow
from store.database import Database
from store.upsert import table_of

MONTH = timedelta(days=30)
MONTHS = 24
"""After which nobody is followed."""
COHORTS = 24
"""Months of first orders, the newest."""
LEAST = 20
"""Customers below whom a figure is not told: it would tell of single ones, and by chance."""
BATCH = 1_000
"""Customers whose orders are read at a time."""
_CUSTOMER, _EVENT, _EPISODE = table_of(Customer).c, table_of(EventRow).c, table_of(EpisodeRow).c
Array = NDArray[np.float64]


class Contacted(NamedTuple):
    """When a campaign first came to a customer, and where they stood."""

    begins: datetime
    lifecycle: str
    currency: str


@dataclass
class Sums:
    """Of customers who began alike: of each month, how many are known for all of it and what they had brought."""

    customers: int = 0
    known: Array = field(default_factory=lambda: np.zeros(MONTHS))
    brought: Array = field(default_factory=lambda: np.zeros(MONTHS))
    squared: Array = field(default_factory=lambda: np.zeros(MONTHS))

    def add(self, began: datetime, orders: Iterable[tuple[datetime, int]], now: datetime) -> None:
        """One customer; `orders`: when, and money in 1/10000."""
        self.customers += 1
        known = min(MONTHS, (now - began) // MONTH)
        so_far = np.zeros(MONTHS)
        for placed, revenue in orders:
            month = (placed - began) // MONTH
            if 0 <= month < known:
                so_far[month:] += revenue / UNITS
        self.known[:known] += 1
        self.brought[:known] += so_far[:known]
        self.squared[:known] += so_far[:known] ** 2

    def curve(self, key: str) -> Curve | None:
        """None where no month can be told."""
        points = [self._point(month) for month in range(MONTHS) if self.known[month] >= LEAST]
        return Curve(key=key, customers=self.customers, points=points) if points else None

    def _point(self, month: int) -> CurvePoint:
        known = float(self.known[month])
        mean = float(self.brought[month]) / known
        variance = max(0.0, float(self.squared[month]) / known - mean**2) / (known - 1)
        half = Z * variance**0.5
        value = Interval(value=mean, low=mean - half, high=mean + half)
        return CurvePoint(month=month + 1, customers=int(known), value=value)


Kept = dict[tuple[str, str, str], Sums]
"""(currency, `acquired` or `contacted`, month or stage) -> sums."""


async def values_of(database: Database, now: datetime, default: str) -> dict[str, dict[str, list[Curve]]]:
    """Currency -> `acquired` and `contacted` -> curves. `default`: the currency of orders that name none.

    Reads each order once, and holds the orders of some customers at a time.
    """
    kept: Kept = defaultdict(Sums)
    after = ""
    while True:
        async with database.session(readonly=True) as session:
            ids = await _next(session, after)
            if not ids:
                return _curves(kept)
            orders = await _orders(session, ids, now)
            contacted = await _contacted(session, ids, now)
        for customer in ids:
            _add(kept, orders.get(customer, ()), contacted.get(customer), now, default)
        after = ids[-1]


def _add(kept: Kept, orders: Sequence[Order], contacted: Contacted | None, now: datetime, default: str) -> None:
    standing = [one for one in orders if one.stands]
    if standing:
        first = standing[0]
        currency = first.currency or default
        key = currency, "acquired", f"{first.placed:%Y-%m}"
        kept[key].add(first.placed, _money(standing, currency), now)
    if contacted is not None:
        key = contacted.currency, "contacted", contacted.lifecycle
        kept[key].add(contacted.begins, _money(standing, contacted.currency), now)


def _money(orders: Iterable[Order], currency: str) -> Iterator[tuple[datetime, int]]:
    return ((one.placed, one.revenue) for one in orders if one.is_in(currency))


def _curves(kept: Kept) -> dict[str, dict[str, list[Curve]]]:
    found: dict[str, dict[str, list[Curve]]] = {}
    for (currency, kind, key), sums in sorted(kept.items()):
        curve = sums.curve(key)
        if curve is not None:
            found.setdefault(currency, {"acquired": [], "contacted": []})[kind].append(curve)
    for curves in found.values():
        curves["acquired"] = curves["acquired"][-COHORTS:]
    return found


async def _next(session: AsyncSession, after: str) -> list[str]:
    query = select(_CUSTOMER.id).where(_CUSTOMER.id > after, _CUSTOMER.external_id.is_not(None))
    return list((await session.execute(query.order_by(_CUSTOMER.id).limit(BATCH))).scalars())


async def _orders(session: AsyncSession, customers: Sequence[str], now: datetime) -> Mapping[str, Sequence[Order]]:
    query = select(_EVENT.customer_id, _EVENT.message_id, _EVENT.name, _EVENT.at, _EVENT.payload).where(
        _EVENT.customer_id.in_(customers), _EVENT.name.in_(NAMES), _EVENT.at < now
    )
    events: dict[str, list[Event]] = defaultdict(list)
    for customer, message_id, name, at, payload in (await session.execute(query)).all():
        events[customer].append(Event(message_id, "track", name, None, None, at, orjson.loads(payload)))
    returns = (await rules_in_force(session)).returns
    return {customer: orders_of(theirs, returns, {}) for customer, theirs in events.items()}


async def _contacted(session: AsyncSession, customers: Sequence[str], now: datetime) -> Mapping[str, Contacted]:
    columns = (_EPISODE.customer_id, _EPISODE.campaign_id, _EPISODE.lifecycle, _EPISODE.begins)
    place = func.row_number().over(partition_by=_EPISODE.customer_id, order_by=[_EPISODE.begins, _EPISODE.campaign_id])
    found = select(*columns, place.label("place")).where(_EPISODE.customer_id.in_(customers)).subquery()
    currencies = (await book_of(session, now)).currencies
    rows = (await session.execute(select(found).where(found.c.place == 1))).all()
    return {
        row.customer_id: Contacted(row.begins, row.lifecycle, currencies[row.campaign_id])
        for row in rows
        if row.campaign_id in currencies
    }
