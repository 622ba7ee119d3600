"""Events ingested a second, durable and folded, against bare inserts of the same rows in the same run.

    python -m benchmarks.ingest [--events 20000] [--customers 5000] [--postgres]

The bare figure is `executemany` through the driver alone: the same encrypted rows, the same batches, one commit each,
with nothing checked, deduplicated or folded. `--postgres` needs the development dependencies (a server in a wheel).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import psycopg

from api.house import collect_rarely
from memory.ingest import ingest
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import PostgresFactory

BATCH = 1_000
START = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = ("message_id", "customer_id", "kind", "name", "at", "received_at", "payload")
CREATE = (
    "CREATE TABLE bare (message_id TEXT PRIMARY KEY, customer_id TEXT, kind TEXT, name TEXT, at TEXT, "
    "received_at TEXT, payload {blob})"
)

Message = dict[str, Any]
Row = tuple[Any, ...]


def make_messages(count: int, customers: int, seed: int = 1) -> list[Message]:
    """A shop's traffic: 70 % views, 15 % carts, 5 % searches, 10 % orders of two products."""
    chance = random.Random(seed)
    return [_message(chance, number, customers) for number in range(count)]


def _product(chance: random.Random) -> dict[str, Any]:
    number = chance.randrange(2_000)
    return {
        "product_id": f"p{number}",
        "name": f"Product number {number}",
        "category": f"Category {number % 40}",
        "brand": f"Brand {number % 25}",
        "price": 4.9 + number % 150,
        "quantity": 1,
        "currency": "EUR",
    }


def _message(chance: random.Random, number: int, customers: int) -> Message:
    draw, product = chance.random(), _product(chance)
    name, properties = "Product Viewed", product
    if draw > 0.9:
        lines = [product, _product(chance)]
        name, properties = "Order Completed", {"order_id": f"o{number}", "currency": "EUR", "products": lines}
    elif draw > 0.85:
        name, properties = "Products Searched", {"query": f"something number {number % 300}"}
    elif draw > 0.7:
        name = "Product Added"
    return {
        "type": "track",
        "event": name,
        "userId": f"customer-{chance.randrange(customers)}",
        "messageId": str(UUID(int=chance.getrandbits(128))),
        "timestamp": (START + timedelta(seconds=30 * number)).isoformat(),
        "context": {"locale": "en-GB", "library": {"name": "analytics.js", "version": "2.1.0"}},
        "properties": properties,
    }


def make_rows(messages: list[Message], keyring: Keyring) -> list[Row]:
    """The rows that ingesting would store."""
    now = START.isoformat()
    return [
        (m["messageId"], m["userId"], "track", m["event"], m["timestamp"], now, keyring.encrypt(orjson.dumps(m)))
        for m in messages
    ]


def bare_sqlite(path: Path, rows: list[Row]) -> float:
    """Seconds for inserting `rows`, a durable commit a batch."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(CREATE.format(blob="BLOB"))
    started = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        with connection:
            connection.executemany("INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?)", rows[start : start + BATCH])
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def bare_postgres(url: str, rows: list[Row]) -> float:
    """As `bare_sqlite`, through psycopg."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(CREATE.format(blob="BYTEA"))
        connection.commit()
        started = time.perf_counter()
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            connection.cursor().executemany("INSERT INTO bare VALUES (%s, %s, %s, %s, %s, %s, %s)", batch)
            connection.commit()
        return time.perf_counter() - started


async def ours(url: str, keyring: Keyring, messages: list[Message]) -> tuple[float, float]:
    """Seconds for ingesting `messages`, a durable commit a batch, and processor seconds of this process."""
    database = Database.open(url, keyring)
    await database.migrate()
    started, worked = time.perf_counter(), time.process_time()
    for start in range(0, len(messages), BATCH):
        async with database.session() as session:
            report = await ingest(session, messages[start : start + BATCH])
        assert report.accepted == len(messages[start : start + BATCH]), report
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    await database.close()
    return seconds, worked


def show(name: str, count: int, seconds: float, worked: float, bare: float) -> None:
    """One line of figures."""
    print(
        f"{name:10}  {count / seconds:8,.0f} events/s   bare executemany {count / bare:9,.0f} rows/s   "
        f"ratio {bare / seconds:.3f}   ({seconds / count * 1e6:.0f} µs an event, {worked / count * 1e6:.0f} of them "
        f"processor time of this process)"
    )


async def run_sqlite(messages: list[Message], keyring: Keyring) -> None:
    """Measure SQLite, as the service runs it: WAL, synchronous = FULL."""
    with tempfile.TemporaryDirectory() as folder:
        bare = bare_sqlite(Path(folder) / "bare.db", make_rows(messages, keyring))
        seconds, worked = await ours(f"sqlite:///{folder}/penfriend.db", keyring, messages)
    show("SQLite", len(messages), seconds, worked, bare)


async def run_postgres(messages: list[Message], keyring: Keyring) -> None:
    """Measure PostgreSQL on the test server, with its durability switched on again."""
    factory = PostgresFactory(keyring, durable=True)
    try:
        url = await factory.url(migrated=False)
        bare = bare_postgres(url, make_rows(messages, keyring))
        seconds, worked = await ours(url, keyring, messages)
    finally:
        factory.close()
    show("PostgreSQL", len(messages), seconds, worked, bare)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    messages = make_messages(options.events, options.customers)
    # As the service does.
    collect_rarely()
    keyring = Keyring.generate()
    asyncio.run(run_sqlite(messages, keyring))
    if options.postgres:
        asyncio.run(run_postgres(messages, keyring))


if __name__ == "__main__":
    main()
