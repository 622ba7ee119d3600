"""A person's rows, gone: every table that names them, found by its columns, in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from memory.privacy.registry import Forgets, Whom, conditions, is_personal
from memory.tables import Customer


async def forget(session: AsyncSession, person: Whom, rooms: Sequence[Forgets] = ()) -> dict[str, int]:
    """Delete every row about `person`; rows removed by table.

    `rooms` go first with what they must do otherwise. The tables must have been imported: the edge imports all.
    """
    removed: Counter[str] = Counter()
    for room in rooms:
        removed.update(await room.forget(session, person))
    seen_to = {name for room in rooms for name in room.tables}
    await _lock(session, person)
    # Whoever refers to a row goes before it.
    for table in reversed(SQLModel.metadata.sorted_tables):
        if table.name in seen_to or not is_personal(table):
            continue
        for condition in conditions(table, person):
            done = await session.execute(delete(table).where(condition))
            removed[str(table.name)] += cast(CursorResult[Any], done).rowcount
    session.expire_all()
    return {name: count for name, count in sorted(removed.items()) if count}


async def _lock(session: AsyncSession, person: Whom) -> None:
    """Nobody writes a row about them meanwhile (`memory.consent.record` and the rest take the same lock)."""
    if person.customer_id is not None:
        await session.execute(select(col(Customer.id)).where(col(Customer.id) == person.customer_id).with_for_update())
