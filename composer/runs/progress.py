"""Where runs stand: what their chunks have posted to them, and what the few chunks in hand have not posted yet.

A run of many recipients is read as fast as one of a few: of its chunks only those in hand are looked into.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, cast, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.runs.model import Run, RunRequest, RunStatus, Tally
from composer.runs.outcomes import summed
from composer.runs.pace import rate
from composer.runs.tables import ChunkRow, RunRow
from composer.runs.workers import busy_workers
from store import clock


async def runs_of(session: AsyncSession, rows: Sequence[RunRow]) -> list[Run]:
    """The runs behind these rows: no further statement for runs that have ended, three for all others together."""
    moving = [row.id for row in rows if row.ended_at is None]
    in_hand = await _in_hand(session, moving) if moving else {}
    waits = await _waits(session, moving) if moving else {}
    workers = await busy_workers(session, moving) if moving else {}
    return [_run(row, in_hand.get(row.id, ()), waits.get(row.id), workers.get(row.id, 0)) for row in rows]


async def _in_hand(session: AsyncSession, run_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """Of each run the chunks that came to something which is not posted yet."""
    query = select(ChunkRow.run_id, ChunkRow.unposted, ChunkRow.pace).where(
        col(ChunkRow.run_id).in_(run_ids), cast(col(ChunkRow.unposted), Text) != "{}"
    )
    chunks: dict[str, list[Row[Any]]] = defaultdict(list)
    for chunk in await session.execute(query):
        chunks[chunk.run_id].append(chunk)
    return chunks


async def _waits(session: AsyncSession, run_ids: Sequence[str]) -> dict[str, datetime]:
    """When the first of those who are deferred is asked again."""
    query = select(ChunkRow.run_id, func.min(col(ChunkRow.not_before))).where(col(ChunkRow.run_id).in_(run_ids))
    first = await session.execute(query.group_by(col(ChunkRow.run_id)))
    return {run_id: moment for run_id, moment in first if moment is not None}


def _tally(row: RunRow, in_hand: Sequence[Row[Any]]) -> Tally:
    posted = Tally.model_validate(row.tally)
    return summed([posted, *(Tally.model_validate(chunk.unposted) for chunk in in_hand)]) if in_hand else posted


def _run(row: RunRow, in_hand: Sequence[Row[Any]], waits: datetime | None, workers: int) -> Run:
    tally = _tally(row, in_hand)
    moving = row.status == RunStatus.RUNNING
    speed = rate([row.pace, *(chunk.pace for chunk in in_hand)], clock.now()) if moving else 0.0
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
        deferred_until=waits,
        workers=workers,
    )
