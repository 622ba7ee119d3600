"""Where runs stand: what their chunks have posted to them, and what the few chunks in hand have not posted yet.

A run of many recipients is read as fast as one of a few: of its chunks only those in hand are looked into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.runs.model import Run, RunRequest, RunStatus, Tally
from composer.runs.outcomes import summed
from composer.runs.pace import rate
from composer.runs.tables import ChunkRow, RunRow
from composer.runs.workers import busy_workers
from store import clock


@dataclass(slots=True)
class _Standing:
    """What a run has come to at one moment."""

    tally: dict[str, Any]
    pace: dict[str, int]
    waits: datetime | None
    """When the first of those who are deferred is asked again."""
    in_hand: list[tuple[dict[str, Any], dict[str, int]]] = field(default_factory=list)
    """Tally and pace of chunks that came to something which is not posted yet."""


async def runs_of(session: AsyncSession, rows: Sequence[RunRow]) -> list[Run]:
    """The runs behind these rows: no further statement for runs that have ended, two for all others together."""
    moving = [row.id for row in rows if row.ended_at is None]
    standings = await _standings(session, moving) if moving else {}
    workers = await busy_workers(session, moving) if moving else {}
    return [
        _run(row, standings.get(row.id) or _Standing(row.tally, row.pace, None), workers.get(row.id, 0)) for row in rows
    ]


async def _standings(session: AsyncSession, run_ids: Sequence[str]) -> dict[str, _Standing]:
    """In one statement: between two, a chunk may post what it came to, and be counted in neither."""
    waits = select(func.min(ChunkRow.not_before)).where(col(ChunkRow.run_id) == col(RunRow.id)).correlate(RunRow)
    unposted = (col(ChunkRow.run_id) == col(RunRow.id)) & (cast(col(ChunkRow.unposted), Text) != "{}")
    query = (
        select(
            col(RunRow.id),
            col(RunRow.tally),
            col(RunRow.pace),
            waits.scalar_subquery(),
            col(ChunkRow.unposted),
            col(ChunkRow.pace),
        )
        .select_from(RunRow)
        .outerjoin(ChunkRow, unposted)
        .where(col(RunRow.id).in_(run_ids))
    )
    found: dict[str, _Standing] = {}
    for run_id, tally, pace, first, news, news_pace in (await session.execute(query)).all():
        standing = found.setdefault(run_id, _Standing(tally, pace, first))
        if news is not None:
            standing.in_hand.append((news, news_pace))
    return found


def _run(row: RunRow, standing: _Standing, workers: int) -> Run:
    tally = summed(Tally.model_validate(one) for one in (standing.tally, *(news for news, _ in standing.in_hand)))
    moving = row.status == RunStatus.RUNNING
    speed = rate([standing.pace, *(pace for _, pace in standing.in_hand)], clock.now()) if moving else 0.0
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
        deferred_until=standing.waits,
        workers=workers,
    )
