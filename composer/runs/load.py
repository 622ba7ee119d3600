"""How much there is to do, over all processes: what a gauge shows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.runs.chunks import is_due
from composer.runs.fleet import live_workers
from composer.runs.model import RunStatus
from composer.runs.tables import ChunkRow, RunRow
from store.upsert import table_of


@dataclass(frozen=True)
class Load:
    """Counts, by the database."""

    runs: dict[str, int]
    """By `RunStatus`, each named."""
    open_chunks: int
    """Of running runs: those in line and those in hand. None whose recipients are all deferred: it waits for its
    moment, and not for a worker."""
    workers: int
    """Processes that gave a sign of life within a lease."""


async def read_load(session: AsyncSession, *, lease_s: float) -> Load:
    """In three statements whose cost does not grow with what is done."""
    counted = await session.execute(select(RunRow.status, func.count()).group_by(col(RunRow.status)))
    chunks = await session.execute(
        select(func.count())
        .select_from(ChunkRow)
        .join(RunRow, col(RunRow.id) == col(ChunkRow.run_id))
        .where(
            col(ChunkRow.done).is_(False), RunRow.status == RunStatus.RUNNING, is_due(table_of(ChunkRow).c.not_before)
        )
    )
    return Load(
        runs={status.value: 0 for status in RunStatus} | dict(counted.all()),
        open_chunks=chunks.scalar_one(),
        workers=len(await live_workers(session, lease_s=lease_s)),
    )
