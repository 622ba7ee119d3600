"""A campaign's results, and those of all: figures are sums of a few rows a day, comparisons rest on episodes.

Figures are of the days asked for. What is claimed is of all days since the campaign began, whatever was asked for: the
intervals hold for a sample that grows, and not for days that move on with the calendar.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.campaigns import CampaignVersion, get_campaign
from composer.facts.noting import counted_since
from composer.facts.ruling import rules_in_force
from composer.facts.stretches import under_one_share
from composer.facts.tables import EpisodeRow, ResultDayRow
from composer.facts.totals import Stretch, Which, samples, samples_and_since
from composer.results.clusters import NOBODY, Sample
from composer.results.leaving_out import LeftOut, left_out
from composer.results.model import Comparison, Figures, OneLook, Side
from composer.results.one_look import look_once
from composer.results.statistics import compare
from composer.results.strata import Sides
from composer.tables import CampaignRow
from store import clock
from store.upsert import table_of

_DAY, _EPISODE = table_of(ResultDayRow).c, table_of(EpisodeRow).c
_COUNTS = tuple(Figures.model_fields)
_SIDES = (Side.MAILED, Side.HOLDOUT)


class DayFigures(BaseModel):
    """One day's mailed customers."""

    day: date
    figures: Figures


class Results(BaseModel):
    """What came of a campaign: figures of the days asked for, and a comparison of all days since it began."""

    campaign: str
    name: str
    flow: str
    currency: str
    window_days: int
    """Days after a campaign came to somebody in which what they do counts."""
    rules: list[str] = []
    """Versions of the attribution rules that this was counted by: more than one where they were changed and final
    days were not counted anew."""
    mailed: Figures
    holdout: Figures
    comparison: Comparison
    """Of all days since it began, up to the last that was asked for."""
    compared_first: date | None = None
    """The first day of the comparison; None where nobody was reached."""
    compared_since: date | None = None
    """Of days before only sums are kept: they are in the figures, and not in the comparison. None: all are."""
    in_period: OneLook | None = None
    """What is compared of the days asked for alone, for one look; None where those are all days."""
    first: date | None = None
    """The first day asked for on which it came to somebody; None where there is none."""
    last: date | None = None
    left_out: list[LeftOut] = []
    """What the comparison leaves out."""
    days: list[DayFigures] = []
    """Of the mailed, by day, oldest first."""


class Counted(NamedTuple):
    """A campaign with the sums that its comparison rests on."""

    results: Results
    sides: Sides
    inside: Sides
    """Of the days asked for alone."""


class _Ever(NamedTuple):
    """Of both sides of a campaign, on all days up to the last that was asked for."""

    customers: Mapping[str, int]
    """By side, once for each occasion."""
    old: int
    """Of these, on days of which only sums are kept."""
    other_currency: int
    first: date


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of campaigns."""

    which: Which
    """What was asked for."""
    days: Mapping[str, Sequence[ResultDayRow]]
    """By campaign, oldest first: of the days asked for."""
    ever: Mapping[str, _Ever]
    """By campaign."""
    samples: Mapping[tuple[str, ...], tuple[Sample, Sample]]
    """By campaign and side: of all days, and of those asked for."""
    window_days: int
    drawn: Mapping[str, Stretch]
    """Of campaigns whose holdout changed: what is compared."""
    since: date | None
    """Of days before only sums are kept; None: all is."""


async def results_of(session: AsyncSession, campaign: str, *, since: date | None = None) -> Results:
    """Figures of the days from `since` on, or of all. Raises UnknownCampaign."""
    which = Which(campaign=campaign, since=since)
    version, kept = await get_campaign(session, campaign), await _read(session, which)
    mailed = (row for row in kept.days.get(campaign, ()) if row.side == Side.MAILED)
    days = [DayFigures(day=row.day, figures=_figures(row)) for row in mailed]
    rules = (await _rules(session, which)).get(campaign, [])
    return _counted(version, kept).results.model_copy(update={"days": days, "rules": rules})


async def all_results(session: AsyncSession, *, since: date | None = None, until: date | None = None) -> list[Results]:
    """Every campaign that came to somebody on these days, the one with the most e-mails first; without its days.
    `until`: the first day that does not count."""
    which = Which(since=since, until=until)
    rules = await _rules(session, which)
    found = [one.results for one in await counted(session, which) if one.results.first is not None]
    return [one.model_copy(update={"rules": rules.get(one.campaign, [])}) for one in found]


async def counted(session: AsyncSession, which: Which) -> list[Counted]:
    """Every campaign that ever came to somebody, the one with the most e-mails in these days first; without its days
    and rules, which take another pass over all episodes. `Results.first` is None where it came to nobody in them."""
    kept = await _read(session, which)
    known = await session.execute(select(col(CampaignRow.id)).where(col(CampaignRow.id).in_(kept.ever)))
    found = [_counted(await get_campaign(session, campaign), kept) for campaign in known.scalars().all()]
    return sorted(found, key=lambda one: (-one.results.mailed.emails, one.results.campaign))


async def _read(session: AsyncSession, which: Which) -> _Kept:
    query = select(ResultDayRow).where(*_on_days(which)).order_by(_DAY.day)
    if which.since is not None:
        query = query.where(_DAY.day >= which.since)
    days: dict[str, list[ResultDayRow]] = defaultdict(list)
    for row in (await session.execute(query)).scalars():
        days[row.campaign_id].append(row)
    horizon = await counted_since(session)
    kept_since = None if horizon is None else horizon.date()
    alike = await under_one_share(session, replace(which, since=None))
    ever = await _ever(session, which, kept_since or date.min)
    return _Kept(
        which=which,
        days=days,
        ever=ever,
        samples=await _samples(session, alike, which.since, min((one.first for one in ever.values()), default=None)),
        window_days=(await rules_in_force(session)).window_days,
        drawn=alike.drawn,
        since=kept_since,
    )


async def _samples(
    session: AsyncSession, alike: Which, since: date | None, first: date | None
) -> Mapping[tuple[str, ...], tuple[Sample, Sample]]:
    """Of all days, and of those from `since` on. Where that is all, nothing is summed up twice."""
    if since is None or first is None or since <= first:
        return {key: (one, one) for key, one in (await samples(session, alike, by=("campaign_id",))).items()}
    return await samples_and_since(session, alike, since, by=("campaign_id",))


def _on_days(which: Which) -> list[ColumnElement[bool]]:
    """As SQL, on the columns of sums of days: all days up to the last that was asked for."""
    found: list[ColumnElement[bool]] = []
    if which.campaign is not None:
        found.append(_DAY.campaign_id == which.campaign)
    if which.campaigns is not None:
        found.append(_DAY.campaign_id.in_(which.campaigns))
    if which.until is not None:
        found.append(_DAY.day < which.until)
    return found


async def _ever(session: AsyncSession, which: Which, kept_since: date) -> Mapping[str, _Ever]:
    """Those whom the shop holds out were never in a campaign's comparison."""
    sums = [
        func.sum(_DAY.customers).label("customers"),
        func.sum(case((_DAY.day < kept_since, _DAY.customers), else_=0)).label("old"),
        func.sum(_DAY.other_currency).label("other_currency"),
        func.min(_DAY.day).label("first"),
    ]
    query = select(_DAY.campaign_id, _DAY.side, *sums).where(*_on_days(which), _DAY.side.in_(_SIDES))
    by_campaign: dict[str, list[Any]] = defaultdict(list)
    for row in (await session.execute(query.group_by(_DAY.campaign_id, _DAY.side))).all():
        by_campaign[row.campaign_id].append(row)
    return {
        campaign: _Ever(
            customers={row.side: int(row.customers) for row in rows},
            old=sum(int(row.old) for row in rows),
            other_currency=sum(int(row.other_currency) for row in rows),
            first=min(row.first for row in rows),
        )
        for campaign, rows in by_campaign.items()
    }


async def _rules(session: AsyncSession, which: Which) -> Mapping[str, list[str]]:
    """Of each campaign, the versions of the rules it was counted by."""
    versions = select(_EPISODE.campaign_id, _EPISODE.rules).where(*which.conditions()).distinct()
    rules: dict[str, list[str]] = defaultdict(list)
    for campaign, version in (await session.execute(versions.order_by(*versions.selected_columns))).all():
        rules[campaign].append(version)
    return rules


def _counted(version: CampaignVersion, kept: _Kept) -> Counted:
    campaign = version.campaign
    rows = [row for row in kept.days.get(campaign.id, ()) if row.side in _SIDES]
    mailed, holdout = (_sum(row for row in rows if row.side == side) for side in _SIDES)
    both = [kept.samples.get((campaign.id, side.value), (NOBODY, NOBODY)) for side in _SIDES]
    sides, inside = Sides(*(one for one, _ in both)), Sides(*(one for _, one in both))
    ever, drawn = kept.ever.get(campaign.id), kept.drawn.get(campaign.id, Stretch())
    results = Results(
        campaign=campaign.id,
        name=campaign.name,
        flow=campaign.flow,
        currency=version.brand.currency,
        window_days=kept.window_days,
        mailed=mailed,
        holdout=holdout,
        comparison=_comparison(sides, drawn, ever),
        compared_first=_first(kept, drawn, ever),
        compared_since=kept.since if kept.since is not None and ever is not None and ever.first < kept.since else None,
        first=min((row.day for row in rows), default=None),
        last=max((row.day for row in rows), default=None),
        left_out=[] if ever is None else _left_out(sides, ever, changed=campaign.id in kept.drawn),
    )
    return Counted(results.model_copy(update={"in_period": _in_period(results, kept, inside)}), sides, inside)


def _first(kept: _Kept, drawn: Stretch, ever: _Ever | None) -> date | None:
    if ever is None:
        return None
    drawn_since = date.min if drawn.since is None else drawn.since.astimezone(UTC).date()
    return max(ever.first, kept.since or date.min, drawn_since)


def _in_period(results: Results, kept: _Kept, inside: Sides) -> OneLook | None:
    """None where the days asked for hold all that is compared, or where nobody was reached in them."""
    since, until = kept.which.since, kept.which.until or clock.now().date() + timedelta(days=1)
    first = results.compared_first
    if since is None or first is None or first >= since or results.first is None:
        return None
    return look_once([inside], since, until, results.currency)


def _left_out(sides: Sides, ever: _Ever, *, changed: bool) -> list[LeftOut]:
    """Of those who were ever reached, who is not compared; and orders whose money is not counted. `changed`: another
    share was held out at other times."""
    compared = round(sum(side.revenue.m for side in sides))
    elsewhere = sum(ever.customers.values()) - ever.old - compared if changed else 0
    return left_out({"other_share": elsewhere, "sums_only": ever.old, "other_currency": ever.other_currency})


def _comparison(sides: Sides, drawn: Stretch, ever: _Ever | None) -> Comparison:
    """By customer, of what was drawn under one share. Sums of a day do not say who was in them: a customer who was
    reached every week would count as many, so that of these alone nothing is said."""
    reached = {} if ever is None else ever.customers
    lost = any(reached.get(name) and not side.revenue.n for name, side in zip(_SIDES, sides, strict=True))
    if lost and drawn == Stretch():
        return Comparison(verdict="kept_no_more")
    return compare(*sides).model_copy(update=drawn._asdict())


def _sum(rows: Iterable[ResultDayRow]) -> Figures:
    return sum((_figures(row) for row in rows), start=Figures())


def _figures(row: ResultDayRow) -> Figures:
    return Figures(**{name: getattr(row, name) for name in _COUNTS})
