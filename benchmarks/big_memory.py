"""Memory at full size: ingest, recall and the memory used, with 1,000,000 customers and 5 million events in the store.

    python -m benchmarks.big_memory [--customers 1000000] [--events 30000] [--postgres] [--folder PATH]

Some thousand customers get their events through the real ingest; their rows are then multiplied inside the database,
with ids spread as random ones are. Each figure stands beside a bare one of the same run: inserting the same rows, and
reading the same states by key. `--folder` keeps the database for another look.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from api.house import collect_rarely
from benchmarks.ingest import BATCH, Message, bare_postgres, bare_sqlite, make_messages, make_rows
from memory.ingest import ingest
from memory.recall import recall
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import PostgresFactory

SEEDS = 5_000
EVENTS_EACH = 5
TABLES: dict[str, tuple[str, ...]] = {
    "customer": ("id", "external_id"),
    "memory_state": ("customer_id",),
    "event": ("message_id", "customer_id"),
}
"""What is multiplied, and which of its columns name the copy."""
RECALLS = 2_000
COPIES = 20
"""Multiplied at a time, each in a transaction of its own."""


async def fill(database: Database, customers: int) -> None:
    """Seeds through the front door, the others as copies of them."""
    messages = make_messages(SEEDS * EVENTS_EACH, SEEDS)
    for start in range(0, len(messages), BATCH):
        async with database.session() as session:
            await ingest(session, messages[start : start + BATCH])
    for first in range(1, customers // SEEDS, COPIES):
        for table in TABLES:
            async with database.session() as session:
                await _multiply(session, table, first, min(first + COPIES, customers // SEEDS))


async def _multiply(session: Any, table: str, first: int, end: int) -> None:
    """Copy every seed's row. Sealed columns are not bound to a row, so they copy as they are.

    A copy's mark stands in front, as two hexadecimal digits that walk through all of them: copies spread over the
    indexes as random ids would.
    """
    sqlite = session.get_bind().dialect.name == "sqlite"
    names = text(
        f"SELECT name FROM pragma_table_info('{table}')"
        if sqlite
        else f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"
    )
    columns = [row[0] for row in (await session.execute(names)).all()]
    spread = "n.i * 37 % 256"
    mark = f"printf('%02x:%d:', {spread}, n.i)" if sqlite else f"lpad(to_hex({spread}), 2, '0')||':'||n.i||':'"
    values = ", ".join(f"{mark} || {name}" if name in TABLES[table] else name for name in columns)
    seed = "instr({0}, ':') = 0" if sqlite else "strpos({0}, ':') = 0"
    await session.execute(
        text(
            f"WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM n, {table} "
            f"WHERE {seed.format(TABLES[table][-1])}"
        ).bindparams(first=first, last=end - 1)
    )


def _of_everyone(messages: list[Message], customers: int, chance: random.Random) -> list[Message]:
    """The same messages, from customers all over the table."""
    copies = customers // SEEDS
    for message in messages:
        copy = chance.randrange(copies)
        message["userId"] = f"{copy * 37 % 256:02x}:{copy}:{message['userId']}" if copy else message["userId"]
    return messages


async def ingested(database: Database, messages: list[Message]) -> tuple[float, float]:
    """Seconds for a durable commit a batch, and processor seconds of this process."""
    began, worked = time.perf_counter(), time.process_time()
    for start in range(0, len(messages), BATCH):
        async with database.session() as session:
            report = await ingest(session, messages[start : start + BATCH])
        assert report.accepted == len(messages[start : start + BATCH]), report
    return time.perf_counter() - began, time.process_time() - worked


async def recalled(database: Database, customers: list[str]) -> tuple[list[float], list[float]]:
    """Milliseconds for a recall of each, and for reading a state by its key with nothing done to it."""
    ours, bare = [], []
    for customer in customers:
        async with database.session(readonly=True) as session:
            began = time.perf_counter()
            query = "SELECT state FROM memory_state JOIN customer ON id = customer_id WHERE external_id = :customer"
            found = (await session.execute(text(query), {"customer": customer})).first()
            bare.append((time.perf_counter() - began) * 1e3)
            began = time.perf_counter()
            memory = await recall(session, customer)
            ours.append((time.perf_counter() - began) * 1e3)
        assert found is not None, customer
        assert memory is not None, customer
    return ours, bare


async def measure(name: str, database: Database, customers: int, events: int, bare: Any) -> None:
    """Print the figures of one database."""
    await database.migrate()
    began = time.perf_counter()
    await fill(database, customers)
    print(f"{name}: {customers:,} customers, {customers * EVENTS_EACH:,} events ({time.perf_counter() - began:.0f} s)")
    collect_rarely()
    held = _peak_mib()
    chance = random.Random(2)
    messages = _of_everyone(make_messages(events, SEEDS, seed=3), customers, chance)
    seconds, worked = await ingested(database, messages)
    alone = bare(make_rows(messages, database.keyring))
    print(
        f"  ingest   {events / seconds:8,.0f} events/s   bare executemany into an empty table {events / alone:9,.0f} "
        f"rows/s   ratio {alone / seconds:.3f}   {worked / events * 1e6:.0f} µs of processor time an event"
    )
    chosen = chance.sample([message["userId"] for message in messages], RECALLS)
    ours, reads = await recalled(database, chosen)
    print(f"  recall   {_spread(ours)}   bare read by key {_spread(reads)}")
    print(f"  memory   {held:.0f} MiB before, {_peak_mib():.0f} MiB at most after")


def _spread(milliseconds: list[float]) -> str:
    cuts = statistics.quantiles(milliseconds, n=100)
    return f"p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms"


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database.open(url, Keyring.generate())
    try:
        yield database
    finally:
        await database.close()


async def run_sqlite(folder: Path, customers: int, events: int) -> None:
    """As the service runs it: WAL, synchronous = FULL."""
    async with _opened(f"sqlite:///{folder}/penfriend.db") as database:
        await measure("SQLite", database, customers, events, lambda rows: bare_sqlite(folder / "bare.db", rows))


async def run_postgres(customers: int, events: int) -> None:
    """On the test server, with its durability switched on again."""
    factory = PostgresFactory(Keyring.generate(), durable=True)
    try:
        url = await factory.url(migrated=False)
        async with _opened(url) as database:
            await measure("PostgreSQL", database, customers, events, lambda rows: bare_postgres(url, rows))
    finally:
        factory.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    print(f"started {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    if options.postgres:
        asyncio.run(run_postgres(options.customers, options.events))
        return
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(run_sqlite(options.folder or Path(scratch), options.customers, options.events))


if __name__ == "__main__":
    main()
