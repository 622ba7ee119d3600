"""What changed in the database since it was last looked at: the products to read again, and those only.

A `Point` parts what was seen from what was not. On SQLite, which has one writer at a time, it is a number above all
that were given. On PostgreSQL numbers are those of transactions, and a transaction may commit after others that began
later: there the point is the snapshot itself, which knows who was still under way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Column, ColumnElement, Select, Text, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import UserDefinedType

from catalog.embedding import Vectors
from catalog.raw import FIELDS, RawProduct
from catalog.tables import EmbeddingRow, ProductChangeRow, ProductRow
from store.upsert import table_of

CHUNK = 500
"""Ids in one IN list."""
FLOAT32 = np.dtype("<f4")


class _Named(UserDefinedType[str]):
    """A type of PostgreSQL that SQLAlchemy does not know."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """As it is spelled."""
        return self.name


XID8, PG_SNAPSHOT = _Named("xid8"), _Named("pg_snapshot")

_product, _embedding, _change = table_of(ProductRow), table_of(EmbeddingRow), table_of(ProductChangeRow)
_FIELDS = tuple(_product.c[name] for name in FIELDS)


class Point(NamedTuple):
    """In the order of transactions: whatever is below `number` was seen; of the rest, what `snapshot` could see."""

    number: int = 0
    snapshot: str = ""
    """PostgreSQL's `pg_snapshot`; empty on SQLite, and before anything was seen."""


class Changed(NamedTuple):
    """A product that changed, and when. `raw` is None where it is not sold any more."""

    product_id: str
    stamp: int
    raw: RawProduct | None


class Embedded(NamedTuple):
    """A product's vector float32 [d], and the hash of the text it was made of."""

    product_id: str
    text_hash: str
    vector: Vectors


FOLD = 2**31 - 1
"""Stamps are summed modulo this: after years the plain sum would not fit into 64 bits."""


class Totals(NamedTuple):
    """Products sold and the sum of their folded stamps: two catalogs that agree in both are the same."""

    products: int
    stamps: int


def is_sqlite(session: AsyncSession) -> bool:
    """Which of the two databases."""
    return session.get_bind().dialect.name == "sqlite"


async def hold_still(session: AsyncSession) -> None:
    """Let every query of this transaction see the same state. To be called before the first."""
    if not is_sqlite(session):
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


async def point(session: AsyncSession) -> Point:
    """Where this transaction stands: what it cannot see is behind. To be asked of one that was held still."""
    if is_sqlite(session):
        highest = [await session.scalar(select(func.max(table.c.changed))) or 0 for table in (_change, _embedding)]
        return Point(int(max(highest)) + 1)
    snapshot = str(await session.scalar(text("SELECT pg_current_snapshot()::text")))
    return Point(int(snapshot.partition(":")[0]), snapshot)


def _unseen(column: Column[int], since: Point) -> ColumnElement[bool]:
    """Was it written behind the point?"""
    behind = column >= since.number
    if not since.snapshot:
        return behind
    seen = func.pg_visible_in_snapshot(cast(cast(column, Text), XID8), cast(since.snapshot, PG_SNAPSHOT))
    return behind & ~seen


async def stamp(session: AsyncSession) -> int:
    """What this transaction marks the vectors with that it writes."""
    if is_sqlite(session):
        return (await point(session)).number
    return int(await session.scalar(text("SELECT pg_current_xact_id()::text::bigint")) or 0)


async def count(session: AsyncSession, since: Point) -> int:
    """Products that changed."""
    query = select(func.count()).select_from(_change).where(_unseen(_change.c.changed, since))
    return int(await session.scalar(query) or 0)


async def totals(session: AsyncSession) -> Totals:
    """Of the whole catalog, from an index alone."""
    query = select(func.count(), func.coalesce(func.sum(_change.c.changed % FOLD), 0)).where(_change.c.active)
    found = (await session.execute(query)).one()
    return Totals(int(found[0]), int(found[1]))


async def products(session: AsyncSession, since: Point) -> AsyncIterator[Changed]:
    """Products that changed, in no order: asked for one, SQLite looks through all products there are by id."""
    query = select(_change.c.product_id, _change.c.changed, _product.c.active, *_FIELDS)
    query = query.select_from(_change.outerjoin(_product, _product.c.id == _change.c.product_id))
    query = query.where(_unseen(_change.c.changed, since))
    async for row in await session.stream(query.execution_options(yield_per=2_000)):
        yield Changed(row[0], row[1], tuple(row[3:]) if row[2] else None)


async def everything(session: AsyncSession, model_id: str) -> AsyncIterator[tuple[Changed, Embedded | None]]:
    """All products that are sold, in id order, each with its vector of `model_id`, if it has one."""
    joined = _product.join(_change, _change.c.product_id == _product.c.id).outerjoin(
        _embedding, (_embedding.c.product_id == _product.c.id) & (_embedding.c.model_id == model_id)
    )
    query = select(_change.c.changed, _embedding.c.text_hash, _embedding.c.vector, *_FIELDS).select_from(joined)
    query = query.where(_product.c.active).order_by(_product.c.id)
    async for row in await session.stream(query.execution_options(yield_per=2_000)):
        raw = tuple(row[3:])
        embedded = None if row[1] is None else _embedded((raw[0], row[1], row[2]))
        yield Changed(raw[0], row[0], raw), embedded


async def vectors(session: AsyncSession, model_id: str, since: Point) -> AsyncIterator[Embedded]:
    """Vectors of `model_id` that were written, in no order: as `products`."""
    query = _vectors(model_id).where(_unseen(_embedding.c.changed, since))
    async for row in await session.stream(query.execution_options(yield_per=2_000)):
        yield _embedded(row)


async def vectors_of(session: AsyncSession, model_id: str, product_ids: Sequence[str]) -> AsyncIterator[Embedded]:
    """The vectors of these products, as far as there are any."""
    for chunk in _chunks(product_ids):
        for row in await session.execute(_vectors(model_id).where(_embedding.c.product_id.in_(chunk))):
            yield _embedded(row)


def _vectors(model_id: str) -> Select[Any]:
    columns = (_embedding.c.product_id, _embedding.c.text_hash, _embedding.c.vector)
    return select(*columns).where(_embedding.c.model_id == model_id)


def _embedded(row: Any) -> Embedded:
    return Embedded(row[0], row[1], np.frombuffer(row[2], dtype=FLOAT32).astype(np.float32, copy=False))


def _chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
