"""A shop of any size to measure on: the demo shop, its products and customers multiplied inside the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import text

from api.house import collect_rarely
from api.learning import learn
from catalog.embedding import HashingEncoder
from catalog.model import Product
from catalog.products import upsert
from catalog.service import Catalog
from composer.campaigns import save_brand, save_campaign
from demo import customers, documents
from demo import products as shop
from memory.ingest import ingest
from store.crypto import Keyring
from store.database import Database

SEED_CUSTOMERS = 500
BATCH = 1000
_TABLES = ("customer", "memory_state", "consent")


@dataclass(frozen=True)
class BigShop:
    """An open shop and the ids of its customers that have a purchase or more behind them."""

    database: Database
    catalog: Catalog
    keyring: Keyring
    customers: int

    def customer(self, number: int) -> str:
        """The id of one customer, spread over all clones."""
        copies = self.customers // SEED_CUSTOMERS
        seed = 10_001 + number % SEED_CUSTOMERS
        copy = (number * 7919) % copies if copies > 1 else 0
        return f"hr-{seed}" if copy == 0 else f"hr-{seed}:{copy}"


@asynccontextmanager
async def big_shop(
    folder: Path, url: str, *, customers_: int, products: int, now: datetime, keyring: Keyring | None = None
) -> Any:
    """Build and open. `customers_` is rounded to whole multiples of the seed; vectors are hashes, so no model loads."""
    keyring = keyring or Keyring.generate()
    await build_shop(folder, url, keyring, customers_=customers_, products=products, now=now)
    async with built_shop(folder, url, keyring, customers_=customers_) as shop:
        yield shop


async def build_shop(
    folder: Path, url: str, keyring: Keyring, *, customers_: int, products: int, now: datetime
) -> None:
    """Fill an empty database, and make the index in `folder`."""
    database = Database.open(url, keyring)
    try:
        await database.migrate()
        await _fill(database, customers_, products, now)
        catalog = await Catalog.open(database, folder / "index", HashingEncoder(384))
        await catalog.refresh()
    finally:
        await database.close()


@asynccontextmanager
async def built_shop(folder: Path, url: str, keyring: Keyring, *, customers_: int) -> Any:
    """Open what `build_shop` made, as any number of processes may."""
    database = Database.open(url, keyring)
    try:
        catalog = await Catalog.open(database, folder / "index", HashingEncoder(384))
        collect_rarely()
        yield BigShop(database, catalog, keyring, customers_ // SEED_CUSTOMERS * SEED_CUSTOMERS)
    finally:
        await database.close()


async def _fill(database: Database, customers_: int, products: int, now: datetime) -> None:
    async with database.session() as session:
        await save_brand(session, documents.brand())
        for campaign in documents.campaigns():
            brief = campaign.brief.model_copy(update={"holdout": 0.0})
            await save_campaign(session, campaign.model_copy(update={"brief": brief}))
        await upsert(session, _many(list(shop.products(now)), products))
    stream = customers.events(now, SEED_CUSTOMERS)
    while batch := list(islice(stream, BATCH)):
        async with database.session() as session:
            await ingest(session, batch, received_at=now)
    await learn(database)
    async with database.session() as session:
        for table in _TABLES:
            await _multiply(session, table, customers_ // SEED_CUSTOMERS)


def _many(originals: list[Product], wanted: int) -> Iterator[Product]:
    """The originals, then numbered copies with words of their own, so that they are no near-duplicates."""
    yield from originals
    for number in range(len(originals), wanted):
        like = originals[number % len(originals)]
        other = originals[(number * 31) % len(originals)]
        title = f"{like.title} {other.title.split()[0]} No. {number}"
        yield like.model_copy(
            update={"id": f"{like.id}-{number}", "title": title, "item_group_id": None, "added_at": None}
        )


async def _multiply(session: Any, table: str, copies: int) -> None:
    """Copy every row with `:n` behind its customer's ids. Sealed columns are not bound to a row, so they copy as is."""
    columns = [row[0] for row in (await session.execute(_columns(session, table))).all()]
    copied = {"id": "id || ':' || n.i", "customer_id": "customer_id || ':' || n.i"}
    copied["external_id"] = "external_id || ':' || n.i"
    values = ", ".join(copied.get(name, name) for name in columns)
    await session.execute(
        text(
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
            f"SELECT {values} FROM {table}, n WHERE :last > 0"
        ),
        {"last": copies - 1},
    )


def _columns(session: Any, table: str) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        return text(f"SELECT name FROM pragma_table_info('{table}')")
    return text(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'")
