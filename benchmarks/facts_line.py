"""The shop-wide line of `benchmarks.facts`: processor seconds to draw everybody, to keep an hour's orders, to sum up.

A shop holds out a tenth of its customers, all of whom may be written to; three in ten have ordered since, once or
twice, and one in ten in the 90 days before. Then an hour passes in which one in a hundred orders.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from composer.experiments.tables import HoldoutRow
from composer.facts.line_totals import Days, Money, sides
from composer.facts.updating import update_facts
from memory.events import Event
from memory.fold import FOLD_VERSION, fold
from memory.state import empty
from memory.tables import Consent, ConsentChange, Customer, MemoryState
from memory.tables import Event as EventRow
from store.bulk import insert_rows
from store.database import Database

BEGAN = datetime(2026, 4, 1, 9, tzinfo=UTC)
NOW = BEGAN + timedelta(days=60)
HOUR = timedelta(hours=1)
AT_ONCE = 1_000
ORDERED_BEFORE, ORDERED, TWICE, IN_AN_HOUR = 0.1, 0.3, 0.3, 0.01


async def fill(database: Database, customers: int) -> int:
    """The shop; how many orders it has."""
    draw, orders = random.Random(2), 0
    about: dict[str, Any] = {"id": "hld_bench", "share": 0.1, "salt": "bench", "set_by": "us", "changed_at": BEGAN}
    async with database.session() as session:
        session.add(HoldoutRow(**about, starts_at=BEGAN, ends_at=NOW + timedelta(days=90)))
    for first in range(0, customers, AT_ONCE):
        async with database.session() as session:
            orders += await _fill_some(session, draw, range(first, min(first + AT_ONCE, customers)))
    return orders


async def pass_an_hour(database: Database, customers: int) -> int:
    """How many ordered in it."""
    some = range(0, customers, round(1 / IN_AN_HOUR))
    async with database.session() as session:
        await _store(session, [(number, [_order(number, "new", NOW + HOUR / 2)]) for number in some])
    return len(some)


async def measure(database: Database, customers: int) -> dict[str, float]:
    """Processor seconds of drawing everybody; of an hour later; of that again with nothing new; of summing up."""
    found: dict[str, float] = {}
    for name, now in (("line", NOW), ("line_hour", NOW + HOUR), ("line_again", NOW + 2 * HOUR)):
        if name == "line_hour":
            await pass_an_hour(database, customers)
        began = time.process_time()
        await update_facts(database, now)
        found[name] = time.process_time() - began
    began = time.process_time()
    async with database.session(readonly=True) as session:
        days = Days("hld_bench", BEGAN.date(), NOW.date() + timedelta(days=1))
        await sides(session, [days], Money("GBP", unnamed=True))
    found["line_sums"] = time.process_time() - began
    return found


async def _fill_some(session: AsyncSession, draw: random.Random, numbers: range) -> int:
    since = BEGAN - timedelta(days=200)
    ids = [(number, _id(number)) for number in numbers]
    await insert_rows(
        session, Customer, ("id", "external_id", "created_at"), [(one, f"l{number}", since) for number, one in ids]
    )
    said: list[tuple[Any, ...]] = [(f"said-{one}", one, "declared", "identify", since, since, {}) for _, one in ids]
    columns = ("id", "customer_id", "kind", "source", "at", "recorded_at", "proof")
    await insert_rows(session, ConsentChange, columns, said)
    consents = [(one, since, False, False) for _, one in ids]
    await insert_rows(
        session, Consent, ("customer_id", "declared_at", "personalisation_off", "predictions_off"), consents
    )
    bought = [(number, list(_orders(draw, number))) for number in numbers]
    await _store(session, bought)
    return sum(len(events) for _, events in bought)


def _orders(draw: random.Random, number: int) -> Iterator[Event]:
    if draw.random() < ORDERED_BEFORE:
        yield _order(number, "before", BEGAN - timedelta(days=draw.uniform(1, 90)))
    if draw.random() < ORDERED:
        yield _order(number, "first", BEGAN + timedelta(days=draw.uniform(0, 59)))
        if draw.random() < TWICE:
            yield _order(number, "second", BEGAN + timedelta(days=draw.uniform(0, 59)))


def _order(number: int, which: str, at: datetime) -> Event:
    line = {"product_id": f"p{number % 2_000}", "price": 24.5, "quantity": 2, "name": "A cup"}
    about = {"order_id": f"{which}-{number}", "total": 49.0, "currency": "GBP", "products": [line]}
    body = {"type": "track", "event": "Order Completed", "userId": f"l{number}", "properties": about}
    return Event(f"line-{which}-{number}", "track", "Order Completed", f"l{number}", None, at, body)


async def _store(session: AsyncSession, bought: list[tuple[int, list[Event]]]) -> None:
    states, rows = [], []
    for number, events in bought:
        if events:
            states.append((_id(number), FOLD_VERSION, orjson.dumps(fold(empty(), events))))
        rows += [
            (one.message_id, _id(number), "track", one.name, one.at, one.at, orjson.dumps(one.body)) for one in events
        ]
    # Of an hour's orders alone the state is short of the others: that costs a little less to read.
    await insert_rows(session, MemoryState, ("customer_id", "fold_version", "state"), states, on_conflict="replace")
    event = ("message_id", "customer_id", "kind", "name", "at", "received_at", "payload")
    await insert_rows(session, EventRow, event, rows)


def _id(number: int) -> str:
    return f"cus_l{number:025}"
