"""The job that keeps results: days whose windows are still open are counted anew, those before stay as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.results.counting import RETURNS, count
from composer.results.episodes import WINDOW, Episode, episodes
from composer.results.model import Figures
from composer.results.tables import ResultDayRow
from composer.tables import CampaignRow, CampaignVersionRow
from memory.tables import Contact
from store.database import Database
from store.upsert import insert_or_replace, table_of

BATCH = 500
OPEN = WINDOW + RETURNS + timedelta(days=2)
"""After so long a day is final: its windows and what comes back are over, and late reports are in."""
Progress = Callable[[str, int], None]
"""Hears the campaign, and how many of its episodes were counted."""
_DAY, _CONTACT = table_of(ResultDayRow), table_of(Contact).c
_CAMPAIGN, _VERSION = table_of(CampaignRow).c, table_of(CampaignVersionRow).c
_BRANDS = select(_CAMPAIGN.id, _VERSION.brand).where(
    _VERSION.campaign_id == _CAMPAIGN.id, _VERSION.version == _CAMPAIGN.version
)


def unseen(campaign: str, done: int) -> None:
    """Progress for nobody."""


async def update_results(
    database: Database, now: datetime, progress: Progress = unseen, *, everything: bool = False
) -> None:
    """Count what is still open, campaign by campaign; `everything` counts final days anew too, from the events that are
    still there. Repeating it changes nothing."""
    async with database.session(readonly=True) as session:
        currencies = {campaign: brand["currency"] for campaign, brand in await session.execute(_BRANDS)}
    for campaign, currency in currencies.items():
        await _update(database, campaign, currency, now, progress, everything)


async def _update(
    database: Database, campaign: str, currency: str, now: datetime, progress: Progress, everything: bool
) -> None:
    async with database.session(readonly=True) as session:
        since = await _since(session, campaign, now, everything)
        if since is None:
            return
        days: dict[tuple[str, date], Figures] = defaultdict(Figures)
        done = 0
        async for batch in _batches(session, campaign, since):
            for one, figures in zip(batch, await count(session, batch, currency), strict=True):
                days[one.side.value, one.begins.astimezone(UTC).date()] += figures
            done += len(batch)
            progress(campaign, done)
    async with database.session() as session:
        await session.execute(delete(_DAY).where(_DAY.c.campaign_id == campaign, _DAY.c.day >= since.date()))
        rows = [
            {"campaign_id": campaign, "side": side, "day": day, **figures.model_dump()}
            for (side, day), figures in sorted(days.items())
        ]
        if rows:
            # Another process may count at the same time: both come to the same rows.
            await session.execute(insert_or_replace(session, ResultDayRow), rows)


async def _since(session: AsyncSession, campaign: str, now: datetime, everything: bool) -> datetime | None:
    """The start of the first day to count; None where the campaign has come to nobody."""
    first = (await session.execute(select(func.min(_CONTACT.at)).where(_CONTACT.campaign == campaign))).scalar()
    if first is None:
        return None
    known = (await session.execute(select(func.count()).where(_DAY.c.campaign_id == campaign))).scalar_one()
    begin = first if everything or not known else max(first, now - OPEN)
    return datetime.combine(begin.astimezone(UTC).date(), time(), UTC)


async def _batches(session: AsyncSession, campaign: str, since: datetime) -> AsyncIterator[list[Episode]]:
    batch: list[Episode] = []
    async for one in episodes(session, campaign, since):
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch
