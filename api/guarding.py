"""The guard against harm at work: a look at what came in, alarms raised and closed, and whoever must know is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api import audit
from composer.handoff.webhooks import outbox
from composer.harm import service, wording
from composer.harm.model import Alarm, Level, Limits, Measure, Rule
from composer.harm.service import Looked
from composer.runs import service as runs
from composer.runs.model import PauseReason, RunStatus
from composer.runs.tables import RunRow
from composer.tables import CampaignRow
from store import clock
from store.database import Database

log = structlog.get_logger("penfriend.harm")


async def guard(database: Database, limits: Limits) -> Looked:
    """One look: counted and judged without a lock, then written at once. As often as one likes, in any process."""
    now = clock.now()
    async with database.session(readonly=True) as session:
        found = await service.read_counts(session, now)
        known = await service.alarms(session)
    # In a thread: whoever is served by this event loop has their turn.
    verdict = await asyncio.to_thread(service.look, found, known, now, limits)
    async with database.session() as session:
        looked = await service.settle(session, verdict, now)
        for alarm in looked.raised:
            await _tell(session, alarm, limits)
        for alarm in looked.closed:
            await audit.append(session, "alarm.close", alarm.id)
    for alarm in looked.raised:
        log.warning("harm_alarm", alarm=alarm.id, level=alarm.level.value, measure=alarm.measure.value)
    return looked


async def close(session: AsyncSession, alarm_id: str, reason: str) -> Alarm:
    """By a person, with a line in the audit log. Raises as `composer.harm.service.close`."""
    closed = await service.close(session, alarm_id, audit.actor(), reason)
    await audit.append(session, "alarm.close", closed.id, after=closed.reason)
    return closed


async def _tell(session: AsyncSession, alarm: Alarm, limits: Limits) -> None:
    await audit.append(session, "alarm.raise", alarm.id)
    paused = [run async for run in _pause(session, alarm)] if _pauses(alarm, limits) else []
    about = alarm.model_dump(mode="json", exclude={"closed_at", "closed_by", "reason"})
    await outbox.announce(session, "learning.alarm", {**about, "effect": wording.FALLBACK, "paused_runs": paused})


def _pauses(alarm: Alarm, limits: Limits) -> bool:
    return limits.pause_runs and alarm.measure is Measure.COMPLAINTS and alarm.rule is Rule.LIMIT


async def _pause(session: AsyncSession, alarm: Alarm) -> AsyncIterator[str]:
    """The running runs that it reaches."""
    query = select(col(RunRow.id)).where(col(RunRow.status) == RunStatus.RUNNING).order_by(col(RunRow.id))
    if alarm.level is Level.CAMPAIGN:
        query = query.where(col(RunRow.campaign_id) == alarm.name)
    if alarm.level is Level.FLOW:
        campaigns = select(col(CampaignRow.id)).where(col(CampaignRow.flow) == alarm.name)
        query = query.where(col(RunRow.campaign_id).in_(campaigns))
    for run in (await session.execute(query)).scalars().all():
        await runs.pause_itself(session, run, PauseReason.COMPLAINTS, alarm.sentence)
        yield run
