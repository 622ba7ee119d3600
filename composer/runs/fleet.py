"""All processes that work on runs, as their rows tell: who lives, and what each has in hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import and_, delete, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.runs.chunks import database_now
from composer.runs.tables import ChunkRow, WorkerRow

FORGOTTEN_AFTER = timedelta(days=1)
"""Since its last sign of life: a killed process leaves its row behind."""


class Worker(BaseModel):
    """A process that gave a sign of life lately."""

    id: str
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime
    chunks: int
    """Chunks that it holds."""


async def live_workers(session: AsyncSession, *, lease_s: float) -> list[Worker]:
    """Processes seen within a lease, the oldest first: each renews its row several times in one."""
    now = await database_now(session)
    query = (
        select(WorkerRow, func.count(col(ChunkRow.number)))
        .join(
            ChunkRow,
            and_(col(ChunkRow.owner) == WorkerRow.id, col(ChunkRow.done).is_(False), col(ChunkRow.lease_until) >= now),
            isouter=True,
        )
        .where(WorkerRow.seen_at >= now - timedelta(seconds=lease_s))
        .group_by(col(WorkerRow.id))
        .order_by(col(WorkerRow.started_at), col(WorkerRow.id))
    )
    return [Worker(**row.model_dump(), chunks=chunks) for row, chunks in await session.execute(query)]


async def forget_silent(session: AsyncSession) -> None:
    """Take away the rows of processes that have been silent for a day."""
    await session.execute(
        delete(WorkerRow)
        .where(col(WorkerRow.seen_at) < await database_now(session) - FORGOTTEN_AFTER)
        .execution_options(synchronize_session=False)
    )


async def last_sign(session: AsyncSession, worker: str) -> datetime | None:
    """When this process was seen last; None where it has no row, or none any more."""
    row = await session.get(WorkerRow, worker)
    return None if row is None else row.seen_at
