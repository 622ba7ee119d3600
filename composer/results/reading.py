"""A campaign's results, and those of all: sums of a few rows a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.campaigns import get_campaign
from composer.results.episodes import WINDOW
from composer.results.model import Comparison, Figures, Side
from composer.results.statistics import compare
from composer.results.tables import ResultDayRow
from composer.tables import CampaignRow
from store.upsert import table_of

_DAY = table_of(ResultDayRow).c
_COUNTS = tuple(Figures.model_fields)


class DayFigures(BaseModel):
    """One day's mailed customers."""

    day: date
    figures: Figures


class Results(BaseModel):
    """What came of a campaign, of the days asked for."""

    campaign: str
    name: str
    flow: str
    currency: str
    window_days: int = WINDOW.days
    """Days after a campaign came to somebody in which what they do counts."""
    mailed: Figures
    holdout: Figures
    comparison: Comparison
    first: date | None = None
    last: date | None = None
    days: list[DayFigures] = []
    """Of the mailed, by day, oldest first."""


async def results_of(session: AsyncSession, campaign: str, *, since: date | None = None) -> Results:
    """Of the days from `since` on, or of all. Raises UnknownCampaign."""
    version = await get_campaign(session, campaign)
    query = select(ResultDayRow).where(_DAY.campaign_id == campaign).order_by(_DAY.day)
    if since is not None:
        query = query.where(_DAY.day >= since)
    rows = list((await session.execute(query)).scalars())
    mailed = [row for row in rows if row.side == Side.MAILED]
    return _results(
        campaign,
        version.campaign.name,
        version.campaign.flow,
        version.brand.currency,
        rows,
        [DayFigures(day=row.day, figures=_figures(row)) for row in mailed],
    )


async def all_results(session: AsyncSession, *, since: date | None = None) -> list[Results]:
    """Every campaign that came to somebody, the one with the most e-mails first; without its days."""
    query = select(ResultDayRow)
    if since is not None:
        query = query.where(_DAY.day >= since)
    rows: dict[str, list[ResultDayRow]] = defaultdict(list)
    for row in (await session.execute(query)).scalars():
        rows[row.campaign_id].append(row)
    known = await session.execute(select(CampaignRow).where(col(CampaignRow.id).in_(rows)))
    found = []
    for campaign in known.scalars():
        version = await get_campaign(session, campaign.id)
        found.append(_results(campaign.id, campaign.name, campaign.flow, version.brand.currency, rows[campaign.id], []))
    return sorted(found, key=lambda one: (-one.mailed.emails, one.campaign))


def _results(
    campaign: str, name: str, flow: str, currency: str, rows: list[ResultDayRow], days: list[DayFigures]
) -> Results:
    mailed, holdout = (_sum(row for row in rows if row.side == side) for side in (Side.MAILED, Side.HOLDOUT))
    return Results(
        campaign=campaign,
        name=name,
        flow=flow,
        currency=currency,
        mailed=mailed,
        holdout=holdout,
        comparison=compare(mailed, holdout),
        first=min((row.day for row in rows), default=None),
        last=max((row.day for row in rows), default=None),
        days=days,
    )


def _sum(rows: Iterable[ResultDayRow]) -> Figures:
    return sum((_figures(row) for row in rows), start=Figures())


def _figures(row: ResultDayRow) -> Figures:
    return Figures(**{name: getattr(row, name) for name in _COUNTS})
