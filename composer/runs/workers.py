"""The processes that work on runs: each keeps a row that says it lives."""

from __future__ import annotations

import os
import socket

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.runs.chunks import database_now
from composer.runs.tables import ChunkRow, WorkerRow
from store.upsert import insert_into


async def sign_of_life(session: AsyncSession, worker: str, version: str) -> None:
    """Say that this process lives; its first sign is its beginning."""
    now = await database_now(session)
    row = {
        "id": worker,
        "host": socket.gethostname()[:255],
        "pid": os.getpid(),
        "version": version[:32],
        "started_at": now,
        "seen_at": now,
    }
    statement = insert_into(session, WorkerRow).on_conflict_do_update(index_elements=["id"], set_={"seen_at": now})
    await session.execute(statement, row)


async def leave(session: AsyncSession, worker: str) -> None:
    """This process ends."""
    await session.execute(delete(WorkerRow).where(col(WorkerRow.id) == worker))


async def busy_workers(session: AsyncSession, run_ids: list[str]) -> dict[str, int]:
    """How many processes hold a chunk of each of these runs under a live lease; runs without any are left out."""
    now = await database_now(session)
    rows = await session.execute(
        select(ChunkRow.run_id, func.count(func.distinct(ChunkRow.owner)))
        .where(col(ChunkRow.run_id).in_(run_ids), col(ChunkRow.done).is_(False))
        .where(ChunkRow.owner != "", col(ChunkRow.lease_until) >= now)
        .group_by(col(ChunkRow.run_id))
    )
    return dict(rows.all())
