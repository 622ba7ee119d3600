"""Who is due, asked every five minutes by a shop of any size: what it costs, beside a bare read of the same rows.

    python -m benchmarks.due [--customers 100000 1000000] [--changes 2000] [--asks 6] [--postgres]

Some thousand customers get their events through the real ingest and their agendas made; their rows are then multiplied
inside the database. Between two asks `--changes` customers all over the shop do something (not counted), and everybody
who was due was written to. Milliseconds are medians; of processor time, where this process spends it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.due import bring_up_to_date, rules_for
from api.house import collect_rarely
from benchmarks.ingest import BATCH, START, Message, make_messages
from memory.due.answering import Due, due_now
from memory.due.rules import DueRules, Thresholds
from memory.due.tables import AgendaRow
from memory.ingest import ingest
from memory.ledger import Decided, record_contacts
from memory.tables import Customer
from prompts.library import Library
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.ids import CustomerId
from store.upsert import table_of
from tests.kit.database import PostgresFactory

SEEDS = 5_000
EVENTS_EACH = 5
FLOW = "abandoned_cart"
MINUTES = timedelta(minutes=5)
LATER = START + SEEDS * EVENTS_EACH * timedelta(seconds=30)
"""Just behind the last event of the seeds: the carts of the last hour become due while the shop is asked."""
COPIED = {
    "customer": ("id", "external_id"),
    "memory_state": ("customer_id",),
    "consent": ("customer_id",),
    "agenda": ("customer_id",),
    "wanted": ("customer_id",),
}
"""What is multiplied, and which columns name the copy."""
_AGENDA, _CUSTOMER = table_of(AgendaRow), table_of(Customer)


class Asked(NamedTuple):
    """One ask: milliseconds, how many agendas it made, and how many were due."""

    keeping_up: float
    keeping_up_cpu: float
    answer: float
    answer_cpu: float
    bare: float
    made: int
    due: int


async def fill(database: Database, rules: DueRules, customers: int) -> float:
    """Seeds through the front door, the others as copies of them; agendas made a second of processor time."""
    messages = make_messages(SEEDS * EVENTS_EACH, SEEDS)
    users = {message["userId"] for message in messages}
    agreed = [
        {"type": "identify", "userId": user, "traits": {"email_consent": True}, "timestamp": START.isoformat()}
        for user in sorted(users)
    ]
    for start in range(0, len(all_ := [*agreed, *messages]), BATCH):
        async with database.session() as session:
            await ingest(session, all_[start : start + BATCH], received_at=LATER)
    began = time.process_time()
    made = await bring_up_to_date(database, rules)
    pace = made / (time.process_time() - began)
    for table, marked in COPIED.items():
        async with database.session() as session:
            await _multiply(session, table, marked, customers // SEEDS)
    return pace


async def _multiply(session: AsyncSession, table: str, marked: tuple[str, ...], copies: int) -> None:
    """Copy every row with its copy's number behind the ids. Sealed columns are not bound to a row: they copy as is."""
    names = text(
        f"SELECT name FROM pragma_table_info('{table}')"
        if session.get_bind().dialect.name == "sqlite"
        else f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"
    )
    columns = [row[0] for row in (await session.execute(names)).all()]
    values = ", ".join(f"{name} || ':' || n.i" if name in marked else name for name in columns)
    await session.execute(
        text(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
            # Copies of one row after another, in the order of the indexes.
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} CROSS JOIN n WHERE :last > 0"
        ),
        {"last": copies - 1},
    )


async def ask(database: Database, rules: DueRules) -> tuple[Asked, list[Due]]:
    """Take in what changed, and read everyone who is due."""
    now = clock.now()
    wall, cpu = time.perf_counter(), time.process_time()
    made = await bring_up_to_date(database, rules)
    kept, kept_cpu = time.perf_counter() - wall, time.process_time() - cpu
    bare = await _bare(database, now)
    wall, cpu = time.perf_counter(), time.process_time()
    due: list[Due] = []
    async with database.session(readonly=True) as session:
        cursor, more = "", True
        while more:
            page = await due_now(session, FLOW, now, limit=500, cursor=cursor)
            due += page.due
            cursor, more = page.cursor, bool(page.cursor)
    read, read_cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Asked(1e3 * kept, 1e3 * kept_cpu, 1e3 * read, 1e3 * read_cpu, 1e3 * bare, made, len(due)), due


async def _bare(database: Database, now: Any) -> float:
    """Seconds for reading the same rows by their index, with nothing asked about them."""
    query = (
        select(*_AGENDA.c, _CUSTOMER.c.external_id)
        .join_from(_AGENDA, _CUSTOMER, _CUSTOMER.c.id == _AGENDA.c.customer_id)
        .where(_AGENDA.c.flow == FLOW, _AGENDA.c.from_at <= now, _AGENDA.c.until_at > now)
        .order_by(_AGENDA.c.from_at, _AGENDA.c.customer_id)
    )
    async with database.session(readonly=True) as session:
        began = time.perf_counter()
        (await session.execute(query)).all()
        return time.perf_counter() - began


async def write_to(database: Database, due: list[Due]) -> None:
    """What the ledger holds when all of them were written to."""
    ids = select(_CUSTOMER.c.external_id, _CUSTOMER.c.id)
    for start in range(0, len(due), BATCH):
        some = due[start : start + BATCH]
        async with database.session() as session:
            rows = await session.execute(ids.where(_CUSTOMER.c.external_id.in_([one.customer for one in some])))
            known = {external_id: CustomerId(customer) for external_id, customer in rows}
            await record_contacts(session, [_sent(one, known[one.customer]) for one in some])


def _sent(due: Due, customer: CustomerId) -> Decided:
    key = f"{due.customer}|{due.step}|{due.occasion}"
    return Decided(key, customer, "c", "sent", "ok", "1", clock.now(), None, due.flow, due.step, due.occasion)


def changes(count: int, customers: int, chance: random.Random, number: int) -> list[Message]:
    """What happened within five minutes, to customers all over the shop."""
    messages = make_messages(count, SEEDS, seed=100 + number)
    for message in messages:
        copy = chance.randrange(customers // SEEDS)
        message["userId"] += f":{copy}" if copy else ""
        message["timestamp"] = clock.now().isoformat()
    return messages


async def measure(name: str, database: Database, customers: int, count: int, asks: int) -> None:
    """Print the figures of one database of one size."""
    rules, chance, found = rules_for(Library.load(), Thresholds()), random.Random(7), list[Asked]()
    await database.migrate()
    with clock.frozen_at(LATER):
        began = time.perf_counter()
        pace = await fill(database, rules, customers)
        print(f"{name}, {customers:,} customers ({time.perf_counter() - began:.0f} s to fill)")
        print(f"  agendas made            {pace:7,.0f} a second of processor time")
        collect_rarely()
        first, due = await ask(database, rules)
        print(
            f"  first ask               {first.answer:7,.0f} ms for {first.due:,} due, {first.answer_cpu:,.0f} ms of "
            f"processor time; bare {first.bare:,.0f} ms"
        )
    for number in range(asks):
        with clock.frozen_at(LATER + (number + 1) * MINUTES):
            await write_to(database, due)
            # What their being written to changed is taken in here, as `serve` does it, and not counted below.
            await bring_up_to_date(database, rules)
            async with database.session() as session:
                await ingest(session, changes(count, customers, chance, number), received_at=clock.now())
            asked, due = await ask(database, rules)
            found.append(asked)
    show(found)


def show(found: list[Asked]) -> None:
    """The medians of the asks."""
    middle = Asked(*(statistics.median(one) for one in zip(*found, strict=True)))
    print(f"  every five minutes      {middle.made:,.0f} agendas changed, {middle.due:,.0f} customers due")
    print(f"    taking in changes     {middle.keeping_up:7,.0f} ms, {middle.keeping_up_cpu:,.0f} ms of processor time")
    print(
        f"    the answer            {middle.answer:7,.1f} ms, {middle.answer_cpu:,.1f} ms of processor time; "
        f"bare {middle.bare:,.1f} ms, ratio {middle.bare / middle.answer:.2f}"
    )


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database.open(url, Keyring.generate())
    try:
        yield database
    finally:
        await database.close()


async def run_sqlite(customers: int, count: int, asks: int) -> None:
    """As the service runs it: WAL, synchronous = FULL."""
    with tempfile.TemporaryDirectory() as folder:
        async with _opened(f"sqlite:///{Path(folder) / 'penfriend.db'}") as database:
            await measure("SQLite", database, customers, count, asks)


async def run_postgres(customers: int, count: int, asks: int) -> None:
    """On the test server, with its durability switched on again."""
    factory = PostgresFactory(Keyring.generate(), durable=True)
    try:
        async with _opened(await factory.url(migrated=False)) as database:
            await measure("PostgreSQL", database, customers, count, asks)
    finally:
        factory.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--changes", type=int, default=2_000)
    parser.add_argument("--asks", type=int, default=6)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    for customers in options.customers:
        run = run_postgres if options.postgres else run_sqlite
        asyncio.run(run(customers, options.changes, options.asks))


if __name__ == "__main__":
    main()
