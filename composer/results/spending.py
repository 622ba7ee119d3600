"""What a shop's customers spend in a week: out of their orders, to plan experiments by. Learned once an hour."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts.orders import NAMES, Order, orders_of
from composer.facts.ruling import rules_in_force
from composer.results.model import UNITS
from composer.results.power import Spending
from memory.events import Event
from memory.learned import Learned, load_learned, save_learned
from memory.tables import Customer
from memory.tables import Event as EventRow
from store.database import Database
from store.upsert import table_of

WEEKS = 12
"""Newest ones that are read."""
LEAST_ORDERS = 200
"""Below, the variance of baskets is not known well enough to plan by."""
TOLD_AGAIN = timedelta(days=30)
"""An order of before these weeks that is told of again so soon is known to be of before."""
READ_AHEAD = 500
NAME, VERSION = "spending", "weeks-2"
_EVENT, _CUSTOMER = table_of(EventRow).c, table_of(Customer).c


@dataclass
class _Sums:
    """Over customers who bought: what each spent in all weeks, and in each week."""

    orders: int = 0
    spent: float = 0.0
    spent_squared: float = 0.0
    week_squared: float = 0.0

    def add(self, orders: Sequence[Order], since: datetime) -> None:
        """One customer's, all of them."""
        weeks = Counter[int]()
        for order in orders:
            weeks[(order.placed - since) // timedelta(weeks=1)] += order.revenue
        total = sum(weeks.values()) / UNITS
        self.orders += len(orders)
        self.spent += total
        self.spent_squared += total**2
        self.week_squared += sum((week / UNITS) ** 2 for week in weeks.values())


def _by_currency(orders: Sequence[Order]) -> Mapping[str, Sequence[Order]]:
    """An order that names none is in that of the customer's others."""
    named = [one.currency for one in orders if one.currency is not None]
    found: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        found[order.currency or (named[-1] if named else "")].append(order)
    return found


async def known_customers(session: AsyncSession) -> int:
    """Customers whom the shop knows by name, with or without an order."""
    return int((await session.execute(select(func.count()).where(_CUSTOMER.external_id.is_not(None)))).scalar_one())


async def learn_spending(database: Database, now: datetime) -> None:
    """Read it anew and keep it: whoever asks on a page does not wait until all orders are read."""
    async with database.session(readonly=True) as session:
        found = await spending_of(session, now)
    document = None if found is None else found.model_dump(mode="json")
    async with database.session() as session:
        await save_learned(session, Learned(NAME, VERSION, now, document))


async def read_spending(session: AsyncSession) -> Spending | None:
    """As it was learned last; None before, and where there was too little to learn from."""
    known = await load_learned(session, NAME, VERSION)
    return None if known is None or known.document is None else Spending.model_validate(known.document)


async def spending_of(session: AsyncSession, now: datetime) -> Spending | None:
    """Of all known customers in the last twelve weeks; None below 200 orders, or where nothing was paid.

    Orders as results count them (`composer.facts.orders`), in the currency of most: what came back is subtracted, what
    was cancelled left out. Reads each order once and holds one customer.
    """
    since = now - timedelta(weeks=WEEKS)
    by_currency: dict[str, _Sums] = defaultdict(_Sums)
    async for orders in _orders(session, since, now):
        for currency, theirs in _by_currency(orders).items():
            by_currency[currency].add(theirs, since)
    sums = max(by_currency.values(), key=lambda one: one.orders, default=_Sums())
    customers = await known_customers(session)
    return _spending(sums, customers) if sums.orders >= LEAST_ORDERS and sums.spent > 0 else None


def _spending(sums: _Sums, customers: int) -> Spending:
    mean = sums.spent / customers / WEEKS
    variance = max(sums.week_squared / customers / WEEKS - mean**2, mean**2 * 1e-6)
    of_totals = sums.spent_squared / customers - (mean * WEEKS) ** 2
    # The variance of a sum of weeks that are alike: W v (1 + (W - 1) r).
    correlation = (of_totals / (WEEKS * variance) - 1) / (WEEKS - 1)
    return Spending(
        mean=mean,
        variance=variance,
        correlation=min(1.0, max(0.0, correlation)),
        orders=sums.orders / customers / WEEKS,
    )


async def _orders(session: AsyncSession, since: datetime, now: datetime) -> AsyncIterator[list[Order]]:
    """Each customer's who bought: those that stand, once however often they were told of."""
    returns = (await rules_in_force(session)).returns
    query = (
        select(_EVENT.customer_id, _EVENT.message_id, _EVENT.name, _EVENT.at, _EVENT.payload)
        .join_from(_EVENT.customer_id.table, _CUSTOMER.id.table, _CUSTOMER.id == _EVENT.customer_id)
        .where(_EVENT.name.in_(NAMES), _EVENT.at >= since - TOLD_AGAIN, _EVENT.at < now)
        .where(_CUSTOMER.external_id.is_not(None))
        .order_by(_EVENT.customer_id)
    )
    rows = await session.stream(query.execution_options(yield_per=READ_AHEAD))
    current, events = "", list[Event]()
    async for customer_id, message_id, name, at, payload in rows:
        if customer_id != current:
            yield _placed(events, since, returns)
            current, events = customer_id, []
        events.append(Event(message_id, "track", name, None, None, at, orjson.loads(payload)))
    yield _placed(events, since, returns)


def _placed(events: Sequence[Event], since: datetime, returns: timedelta) -> list[Order]:
    return [one for one in orders_of(events, returns, {}) if one.stands and one.placed >= since]
