"""The product repository: every query on the product table. Takes a session, never commits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, cast

import orjson
from sqlalchemy import Column, ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.model import Product
from catalog.tables import ProductRow
from store import clock
from store.errors import NotFound
from store.types import to_units
from store.upsert import insert_or_replace, table_of

CHUNK = 500
"""Rows a statement handles at once, and ids in one IN list: well within both databases' parameter limits."""
CENT = Decimal("0.01")

_table = table_of(ProductRow)
_FIELDS: tuple[str, ...] = tuple(Product.model_fields)
_COLUMNS: tuple[Column[Any], ...] = tuple(_table.c[name] for name in _FIELDS)


class ProductNotFound(NotFound):
    """No product has this id."""

    reason = "product_not_found"


class Upserted(NamedTuple):
    """How many products were new, changed, and the same as before."""

    imported: int
    changed: int
    unchanged: int


class Known(NamedTuple):
    """What of a product an import compares with, as columns of its row."""

    content_hash: str
    active: bool
    added_at: datetime
    feed_id: str | None
    price: Decimal | None
    sale_price: Decimal | None
    currency: str | None
    availability: str
    stock: int | None


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def content_hash(product: Product) -> str:
    """SHA-256 over the product's fields; 15.0 and 15.00 hash alike."""
    fields = product.model_dump(mode="json")
    for name in ("price", "sale_price"):
        amount: Decimal | None = getattr(product, name)
        fields[name] = None if amount is None else to_units(amount)
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _short(amount: Decimal | None) -> Decimal | None:
    """The database answers with four decimals; money is shown with two unless more matter."""
    if amount is None:
        return None
    cents = amount.quantize(CENT)
    return cents if cents == amount else amount


def from_row(row: Sequence[Any]) -> Product:
    """The product of a row whose columns stand in the order of `Product`'s fields."""
    fields = dict(zip(_FIELDS, row, strict=True))
    prices = {name: _short(fields[name]) for name in ("price", "sale_price")}
    return Product.model_validate({**fields, **prices})


def values_of(product: Product, digest: str, before: Known | None, feed_id: str | None) -> dict[str, Any]:
    """A row of the product table; `digest` is its content hash, `before` what it replaces."""
    now = clock.now()
    return {
        **product.model_dump(),
        "added_at": product.added_at or (before.added_at if before else now),
        "content_hash": digest,
        "active": True,
        "updated_at": now,
        "feed_id": feed_id,
    }


async def known(session: AsyncSession, product_ids: Iterable[str]) -> dict[str, Known]:
    """What the table holds of these products, sold now or once; ids nobody has are left out."""
    columns = (_table.c[name] for name in Known._fields)
    query = select(_table.c.id, *columns).where(_table.c.id.in_(list(product_ids)))
    return {row[0]: Known(*row[1:]) for row in await session.execute(query)}


async def _upsert_chunk(session: AsyncSession, products: Sequence[Product]) -> Upserted:
    there = await known(session, [product.id for product in products])
    rows: list[dict[str, Any]] = []
    changed = 0
    for product in products:
        before, digest = there.get(product.id), content_hash(product)
        if before is not None and before.active and before.content_hash == digest:
            continue
        changed += before is not None
        rows.append(values_of(product, digest, before, before.feed_id if before else None))
    if rows:
        await session.execute(insert_or_replace(session, ProductRow), rows)
    return Upserted(len(rows) - changed, changed, len(products) - len(rows))


async def upsert(session: AsyncSession, products: Iterable[Product]) -> Upserted:
    """Add products, or replace what is known of them. Unchanged ones cost one comparison and no write.

    `added_at` is kept from the first time unless the product brings its own. Of products with the same id the
    last one wins. Products are taken as they are: text of strangers goes through `feeds.normalise` first.
    A product that belongs to a feed stays its own. Raises: store.types.BadAmount for prices with more than four
    decimals.
    """
    last = {product.id: product for product in products}
    total = Upserted(0, 0, 0)
    for chunk in _chunks(list(last.values())):
        done = await _upsert_chunk(session, chunk)
        total = Upserted(*(ours + theirs for ours, theirs in zip(total, done, strict=True)))
    return total


async def get(session: AsyncSession, product_id: str) -> Product:
    """One active product.

    Raises: ProductNotFound.
    """
    found = await get_many(session, [product_id])
    if not found:
        raise ProductNotFound(
            f"There is no product {product_id!r}.", pointer="/product_id", fix="Import it, or check the id."
        )
    return found[product_id]


async def get_many(session: AsyncSession, product_ids: Iterable[str]) -> dict[str, Product]:
    """Active products by id; ids nobody has are left out."""
    products: dict[str, Product] = {}
    for chunk in _chunks(list(dict.fromkeys(product_ids))):
        rows = await session.execute(select(*_COLUMNS).where(_table.c.id.in_(chunk), _table.c.active))
        products |= {row.id: from_row(row) for row in rows}
    return products


async def page(session: AsyncSession, *, after: str = "", limit: int = 100) -> list[Product]:
    """Active products in id order, those after the id `after`: for cursors."""
    query = select(*_COLUMNS).where(_table.c.active, _table.c.id > after).order_by(_table.c.id).limit(limit)
    return [from_row(row) for row in await session.execute(query)]


async def delete(session: AsyncSession, product_id: str) -> bool:
    """Take a product off the shelf: never picked or found again. True if it was there."""
    statement = update(_table).where(_table.c.id == product_id, _table.c.active)
    result = await session.execute(statement.values(active=False, updated_at=clock.now()))
    return bool(cast(Any, result).rowcount)


async def count(session: AsyncSession) -> int:
    """Active products."""
    return int(await session.scalar(select(func.count()).select_from(_table).where(_is_active())) or 0)


def _is_active() -> ColumnElement[bool]:
    return cast(ColumnElement[bool], _table.c.active)
