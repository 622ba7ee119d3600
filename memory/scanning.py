"""Customers' folded memories, one batch after another: for jobs, whose memory must not grow with the shop.

Jobs that learn from people need not see a million of them every hour. They say how many are enough, and see those whose
ids end with the smallest random digits: an even draw, the same people each time, found without reading the others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from math import ceil

import orjson
from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.fold import FOLD_VERSION
from memory.rebuild import rebuild
from memory.state import State
from memory.tables import Customer, MemoryState
from store.database import Database

BATCH = 1_000

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Of a TypeID, in the order of their characters (github.com/jetify-com/typeid, spec): the last twelve are random."""
DRAWN_BY = 4
"""Digits that a draw goes by: a share is exact to a millionth."""

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


async def remembered(database: Database, most: int | None = None) -> AsyncIterator[list[Remembered]]:
    """Everyone whom an event has named, by id, at most `BATCH` at a time; each batch is read on its own.

    Of a shop with more customers than `most`, about so many of them, drawn evenly.
    """
    share = 1.0 if most is None else most / max(await _customers(database), 1)
    page = _PAGE if share >= 1 else _PAGE.where(_drawn(share, database.dialect))
    after = ""
    while True:
        async with database.session(readonly=True) as session:
            rows = (await session.execute(page, {"after": after})).all()
            if not rows:
                return
            batch = [await _one(session, *row) for row in rows]
        after = batch[-1].customer_id
        yield batch


async def remembered_among(database: Database, customers: Sequence[str]) -> AsyncIterator[list[Remembered]]:
    """The same of these customers."""
    ids = sorted(customers)
    for start in range(0, len(ids), BATCH):
        page = _PAGE.where(col(Customer.id).in_(ids[start : start + BATCH]))
        async with database.session(readonly=True) as session:
            rows = (await session.execute(page, {"after": ""})).all()
            batch = [await _one(session, *row) for row in rows]
        if batch:
            yield batch


async def _customers(database: Database) -> int:
    async with database.session(readonly=True) as session:
        return int(await session.scalar(select(func.count()).select_from(Customer)) or 0)


def _drawn(share: float, dialect: str) -> ColumnElement[bool]:
    """Whose id ends below that share of all endings."""
    rank, end = ceil(share * len(DIGITS) ** DRAWN_BY), ""
    for _ in range(DRAWN_BY):
        rank, digit = divmod(rank, len(DIGITS))
        end = DIGITS[digit] + end
    ending = func.substr(col(Customer.id), func.length(col(Customer.id)) - DRAWN_BY + 1)
    # Other collations than by bytes put letters before digits, or capitals beside small ones.
    return (ending.collate("C") if dialect == "postgresql" else ending) < end


async def _one(
    session: AsyncSession, customer_id: str, external_id: str | None, timezone: str | None, version: int, stored: bytes
) -> Remembered:
    current = version == FOLD_VERSION
    state = orjson.loads(stored) if current else (await rebuild(session, customer_id))[0]
    return Remembered(customer_id, str(external_id), timezone, state)
