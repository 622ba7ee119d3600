"""Every customer's folded memory, one batch after another: for jobs, whose memory must not grow with the shop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.fold import FOLD_VERSION
from memory.rebuild import rebuild
from memory.state import State
from memory.tables import Customer, MemoryState
from store.database import Database

BATCH = 1_000

_PAGE = (
    select(
        col(Customer.id),
        col(Customer.external_id),
        col(Customer.timezone),
        col(MemoryState.fold_version),
        col(MemoryState.state),
    )
    .join(MemoryState, col(MemoryState.customer_id) == col(Customer.id))
    .where(col(Customer.id) > bindparam("after"), col(Customer.external_id).is_not(None))
    .order_by(col(Customer.id))
    .limit(BATCH)
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """One customer as jobs see them."""

    customer_id: str
    external_id: str
    timezone: str | None
    state: State


async def remembered(database: Database) -> AsyncIterator[list[Remembered]]:
    """Everyone whom an event has named, by id, at most `BATCH` at a time; each batch is read on its own."""
    after = ""
    while True:
        async with database.session(readonly=True) as session:
            rows = (await session.execute(_PAGE, {"after": after})).all()
            if not rows:
                return
            batch = [await _one(session, *row) for row in rows]
        after = batch[-1].customer_id
        yield batch


async def _one(
    session: AsyncSession, customer_id: str, external_id: str | None, timezone: str | None, version: int, stored: bytes
) -> Remembered:
    current = version == FOLD_VERSION
    state = orjson.loads(stored) if current else (await rebuild(session, customer_id))[0]
    return Remembered(customer_id, str(external_id), timezone, state)
