"""What waits for a person: samples to read, runs behind their gate, hand-offs that stand still, customers who asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.handoff.model import HandoffStatus
from composer.handoff.tables import HandoffRow
from composer.reviews.reading import Sample, samples
from composer.reviews.tables import RunGateRow, SampleRow
from composer.runs.tables import RunRow
from memory.privacy.requests import count_waiting
from store.upsert import table_of

MOST = 5
"""Of each kind."""
_HANDOFF, _GATE, _RUN = table_of(HandoffRow), table_of(RunGateRow), table_of(RunRow)
_SAMPLE = table_of(SampleRow)


class StillHandoff(NamedTuple):
    """A hand-off that was paused."""

    run: str
    campaign: str
    detail: str
    """What is wrong with the far side; empty where somebody paused it."""


class Waiting(NamedTuple):
    """The newest first, at most `MOST` of each kind."""

    samples: Sequence[Sample]
    gated: Sequence[str]
    """Runs that are done, may not leave, and have no open sample."""
    handoffs: Sequence[StillHandoff]
    asked: int
    """Customers who asked for a copy of their data, or to be erased."""


async def waiting(session: AsyncSession) -> Waiting:
    """Who has to do something before e-mails go on."""
    paused = select(_HANDOFF.c.run_id, _HANDOFF.c.campaign_id, _HANDOFF.c.detail)
    paused = paused.where(_HANDOFF.c.status == HandoffStatus.PAUSED).order_by(_HANDOFF.c.id.desc()).limit(MOST)
    still = [StillHandoff(*row) for row in await session.execute(paused)]
    unread = await samples(session, status="open", limit=MOST)
    shut = select(_GATE.c.run_id).join(_RUN, _RUN.c.id == _GATE.c.run_id)
    being_read = exists().where(_SAMPLE.c.run_id == _RUN.c.id, _SAMPLE.c.status == "open")
    shut = shut.where(_GATE.c.released_until.is_(None), _RUN.c.ended_at.is_not(None), ~being_read)
    gated = (await session.execute(shut.order_by(_GATE.c.run_id.desc()).limit(MOST))).scalars().all()
    return Waiting(unread, gated, still, await count_waiting(session))
