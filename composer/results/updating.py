"""The job that keeps results: days whose windows are still open are counted anew, those before stay as they are."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.results.counting import RETURNS, count
from composer.results.episodes import WINDOW, episodes, reached
from composer.results.model import Figures, Side
from composer.results.tables import ResultCountRow, ResultDayRow
from composer.tables import CampaignRow, CampaignVersionRow
from memory.tables import Contact
from store.database import Database
from store.upsert import insert_or_replace, table_of

BATCH = 250
"""Customers whose events are read at a time, each batch in a session of its own."""
OPEN = WINDOW + RETURNS + timedelta(days=2)
"""After so long a day is final: its windows and what comes back are over, and late reports are in."""
DAY = timedelta(days=1)
Progress = Callable[[str, int], None]
"""Hears the campaign, and how many customers of it were looked at."""
_DAY, _COUNT, _CONTACT = table_of(ResultDayRow), table_of(ResultCountRow).c, table_of(Contact).c
_CAMPAIGN, _VERSION = table_of(CampaignRow).c, table_of(CampaignVersionRow).c
_BRANDS = select(_CAMPAIGN.id, _VERSION.brand).where(
    _VERSION.campaign_id == _CAMPAIGN.id, _VERSION.version == _CAMPAIGN.version
)


def unseen(campaign: str, done: int) -> None:
    """Progress for nobody."""


async def update_results(
    database: Database,
    now: datetime,
    progress: Progress = unseen,
    *,
    everything: bool = False,
    unless_within: timedelta = timedelta(0),
) -> None:
    """Count what is still open, campaign by campaign; repeating it changes nothing.

    `everything` counts final days anew too, from the events that are still there. A campaign that another process
    counted within `unless_within` is left alone.
    """
    async with database.session(readonly=True) as session:
        currencies = {campaign: brand["currency"] for campaign, brand in await session.execute(_BRANDS)}
        rows = await session.execute(select(_COUNT.campaign_id, _COUNT.counted_at))
        counted = {row.campaign_id: row.counted_at for row in rows.all()}
    for campaign, currency in currencies.items():
        last = counted.get(campaign)
        if last is not None and now - last < unless_within:
            continue
        async with database.session(readonly=True) as session:
            day = await _first_day(session, campaign, None if everything else last, now)
        while day is not None and day <= now:
            await _count_day(database, campaign, currency, day, progress)
            day += DAY
        async with database.session() as session:
            row = {"campaign_id": campaign, "counted_at": now}
            await session.execute(insert_or_replace(session, ResultCountRow), [row])


async def _first_day(session: AsyncSession, campaign: str, last: datetime | None, now: datetime) -> datetime | None:
    """The first one to count; None where the campaign has come to nobody."""
    first = (await session.execute(select(func.min(_CONTACT.at)).where(_CONTACT.campaign == campaign))).scalar()
    if first is None:
        return None
    # What was still open when it was counted last is not final yet, however long ago that was.
    begin = first if last is None else max(first, min(now, last) - OPEN)
    return datetime.combine(begin.astimezone(UTC).date(), time(), UTC)


async def _count_day(database: Database, campaign: str, currency: str, day: datetime, progress: Progress) -> None:
    """One day's figures, in the place of those before."""
    async with database.session(readonly=True) as session:
        customers = await reached(session, campaign, day)
    sides: dict[Side, Figures] = defaultdict(Figures)
    for first in range(0, len(customers), BATCH):
        batch = customers[first : first + BATCH]
        async with database.session(readonly=True) as session:
            found = await episodes(session, campaign, batch, day)
            for one, figures in zip(found, await count(session, found, currency), strict=True):
                sides[one.side] += figures
        progress(campaign, first + len(batch))
        # Whoever is served by the same loop comes first.
        await asyncio.sleep(0)
    key = {"campaign_id": campaign, "day": day.date()}
    rows = [{**key, "side": side.value, **figures.model_dump()} for side, figures in sorted(sides.items())]
    async with database.session() as session:
        await session.execute(delete(_DAY).where(_DAY.c.campaign_id == campaign, _DAY.c.day == day.date()))
        if rows:
            # Another process may count at the same time: both come to the same rows.
            await session.execute(insert_or_replace(session, ResultDayRow), rows)
