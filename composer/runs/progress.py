"""Where runs stand: rows of runs and of their chunks, put together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.runs.model import Run, RunRequest, RunStatus, Tally
from composer.runs.outcomes import summed
from composer.runs.pace import rate
from composer.runs.tables import ChunkRow, RunRow
from composer.runs.workers import busy_workers
from store import clock


async def runs_of(session: AsyncSession, rows: Sequence[RunRow]) -> list[Run]:
    """The runs behind these rows, in one query for all their chunks."""
    query = select(ChunkRow.run_id, ChunkRow.tally, ChunkRow.pace, ChunkRow.not_before)
    chunks: dict[str, list[Any]] = defaultdict(list)
    for chunk in await session.execute(query.where(col(ChunkRow.run_id).in_([row.id for row in rows]))):
        chunks[chunk.run_id].append(chunk)
    workers = await busy_workers(session, [row.id for row in rows if row.ended_at is None])
    return [_run(row, chunks[row.id], workers.get(row.id, 0)) for row in rows]


async def tally_of(session: AsyncSession, run_id: str) -> Tally:
    """What became of everyone so far."""
    tallies = await session.execute(select(ChunkRow.tally).where(ChunkRow.run_id == run_id))
    return summed(Tally.model_validate(tally) for tally in tallies.scalars())


def _run(row: RunRow, chunks: Sequence[Row[Any]], workers: int) -> Run:
    tally = summed(Tally.model_validate(chunk.tally) for chunk in chunks)
    moving = row.status == RunStatus.RUNNING
    speed = rate((chunk.pace for chunk in chunks), clock.now()) if moving else 0.0
    return Run(
        id=row.id,
        campaign=row.campaign_id,
        campaign_version=row.campaign_version,
        request=RunRequest.model_validate(row.request),
        status=RunStatus(row.status),
        reason=row.reason,
        detail=row.detail,
        recipients=row.recipients,
        tally=tally,
        created_at=row.created_at,
        ended_at=row.ended_at,
        rate=round(speed, 2),
        seconds_left=round((row.recipients - tally.done - tally.deferred) / speed, 1) if speed else None,
        deferred_until=min((chunk.not_before for chunk in chunks if chunk.not_before), default=None),
        workers=workers,
    )
