"""Whose agenda has to be made again: a note beside the change, in its transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.due.tables import StaleRow
from store import clock
from store.bulk import insert_rows
from store.upsert import insert_into, table_of

_STALE = table_of(StaleRow)


async def note_change(session: AsyncSession, customers: Iterable[str], at: datetime | None = None) -> None:
    """Something changed of these customers.

    A note that is there is written again rather than left alone: its row is then locked till this transaction ends, and
    nobody takes it as done who could not see the change yet.
    """
    moment = at or clock.now()
    # In one order, so that two writers wait for each other instead of locking up.
    rows = [(customer, moment) for customer in sorted(set(customers))]
    await insert_rows(session, StaleRow, ("customer_id", "at"), rows, on_conflict="replace")


async def note_changes(session: AsyncSession, customers: Select[Any]) -> None:
    """The same for all that a query finds, without their leaving the database. Its rows must be distinct."""
    found = customers.order_by(customers.selected_columns[0]).subquery()
    # The WHERE is for SQLite, whose parser takes an ON CONFLICT behind a bare SELECT for a join's.
    chosen = select(found.c[0], literal(clock.now(), _STALE.c.at.type)).where(found.c[0].is_not(None))
    insert = insert_into(session, StaleRow).from_select(["customer_id", "at"], chosen)
    replaced = insert.on_conflict_do_update(index_elements=["customer_id"], set_={"at": insert.excluded.at})
    await session.execute(replaced)


async def count_stale(session: AsyncSession, most: int) -> int:
    """How many there are, counted up to `most`: counting all takes long where there are millions."""
    some = select(col(StaleRow.customer_id)).limit(most).subquery()
    return int(await session.scalar(select(func.count()).select_from(some)) or 0)
