"""Writes vectors; reading them is part of `catalog.changes`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from catalog import changes
from catalog.changes import FLOAT32
from catalog.embedding import Vectors, text_hash
from catalog.tables import EmbeddingRow
from store.upsert import insert_or_replace


async def save(session: AsyncSession, model_id: str, encoded: Sequence[tuple[str, str]], vectors: Vectors) -> None:
    """Keep `vectors` [n, d] of (product id, text) `encoded`, in place of what these products had."""
    stamp = await changes.stamp(session)
    rows = [
        {
            "product_id": product_id,
            "text_hash": text_hash(text),
            "model_id": model_id,
            "vector": np.asarray(vector, dtype=FLOAT32).tobytes(),
            "changed": stamp,
        }
        for (product_id, text), vector in zip(encoded, vectors, strict=True)
    ]
    if rows:
        await session.execute(insert_or_replace(session, EmbeddingRow), rows)
