"""The vector repository: which products lack a fresh vector, and every query on the embedding table."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog import products
from catalog.embedding import Vectors, product_text, text_hash
from catalog.tables import EmbeddingRow, ProductRow
from catalog.upserts import upsert_rows

_table = cast(Table, EmbeddingRow.__table__)  # type: ignore[attr-defined]
_products = cast(Table, ProductRow.__table__)  # type: ignore[attr-defined]
FLOAT32 = np.dtype("<f4")


class Stale(NamedTuple):
    """A product whose vector is missing or stale: its id, the text to encode, and that text's hash."""

    product_id: str
    text: str
    hash: str


class Stored(NamedTuple):
    """All vectors of one model, in product id order. `vectors` is float32 [n, d]."""

    ids: list[str]
    vectors: Vectors


async def stale(session: AsyncSession, model_id: str) -> list[Stale]:
    """Active products without a vector of `model_id` for their present text, in id order."""
    query = select(_table.c.product_id, _table.c.text_hash).where(_table.c.model_id == model_id)
    fresh = {row.product_id: row.text_hash for row in await session.execute(query)}
    found = []
    async for row in products.stream_rows(session):
        product = products.from_row(row)
        text = product_text(product)
        digest = text_hash(text)
        if fresh.get(product.id) != digest:
            found.append(Stale(product.id, text, digest))
    return found


async def save(session: AsyncSession, model_id: str, embedded: Sequence[Stale], vectors: Vectors) -> None:
    """Keep `vectors` [len(embedded), d] for these products."""
    rows: list[dict[str, Any]] = [
        {
            "product_id": item.product_id,
            "text_hash": item.hash,
            "model_id": model_id,
            "vector": vector.astype(FLOAT32, copy=False).tobytes(),
        }
        for item, vector in zip(embedded, vectors, strict=True)
    ]
    await upsert_rows(session, _table, rows)


async def fingerprint(session: AsyncSession, model_id: str) -> str:
    """SHA-256 over (product id, text hash) of what an index should hold, without reading the vectors."""
    query = select(_table.c.product_id, _table.c.text_hash)
    digest = hashlib.sha256(model_id.encode())
    async for row in await session.stream(_of_active(query, model_id).execution_options(yield_per=5_000)):
        digest.update(f"\0{row.product_id}\0{row.text_hash}".encode())
    return digest.hexdigest()


async def load(session: AsyncSession, model_id: str, dimension: int) -> Stored:
    """All vectors of active products, in id order."""
    ids, blobs = [], []
    async for row in _blobs(session, model_id):
        ids.append(row[0])
        blobs.append(row[1])
    flat = np.frombuffer(b"".join(blobs), dtype=FLOAT32)
    return Stored(ids, flat.reshape(len(ids), dimension).astype(np.float32, copy=False))


async def _blobs(session: AsyncSession, model_id: str) -> AsyncIterator[tuple[str, bytes]]:
    query = _of_active(select(_table.c.product_id, _table.c.vector), model_id)
    async for row in await session.stream(query.execution_options(yield_per=2_000)):
        yield row.product_id, row.vector


def _of_active(query: Any, model_id: str) -> Any:
    """Only vectors of `model_id` for products that are sold, in id order: the order of rows in an index."""
    return (
        query.join(_products, _products.c.id == _table.c.product_id)
        .where(_products.c.active, _table.c.model_id == model_id)
        .order_by(_table.c.product_id)
    )
