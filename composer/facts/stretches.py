"""Times in which a campaign held out one share of its customers: what was drawn under another is not compared.

Where the share moves from a tenth to a half, those held out are mostly customers of afterwards, and the mailed of
before: put together, they differ by whatever the season does. So only the newest time is compared in which somebody was
held out. An arm of an experiment that gets nothing is held out too, so that its beginning and end move the share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.experiments.board import experiment_of
from composer.experiments.model import Experiment, Status
from composer.experiments.tables import ExperimentRow
from composer.facts.totals import Stretch, Which
from composer.tables import CampaignVersionRow
from store.upsert import table_of

_VERSION, _EXPERIMENT = table_of(CampaignVersionRow).c, table_of(ExperimentRow).c
_Change = tuple[datetime, str, float]
"""From when on, what holds out (the brief, or an experiment), and which share."""


async def under_one_share(session: AsyncSession, which: Which) -> Which:
    """The same, and of each campaign only what was drawn under one share."""
    changes = await _of_briefs(session, which.campaign)
    for change in await _of_arms(session):
        for campaign in change.plan.campaigns:
            if campaign in changes:
                changes[campaign] += _of_arm(change)
    found = {campaign: _newest(_stretches(of), which) for campaign, of in changes.items()}
    return replace(which, drawn={name: one for name, one in found.items() if one != Stretch()})


async def _of_briefs(session: AsyncSession, campaign: str | None) -> dict[str, list[_Change]]:
    query = select(_VERSION.campaign_id, _VERSION.created_at, _VERSION.document["brief"]["holdout"].as_float())
    if campaign is not None:
        query = query.where(_VERSION.campaign_id == campaign)
    found: dict[str, list[_Change]] = defaultdict(list)
    for name, at, share in (await session.execute(query.order_by(_VERSION.campaign_id, _VERSION.version))).all():
        found[name].append((at, "brief", share or 0.0))
    return found


async def _of_arms(session: AsyncSession) -> list[Experiment]:
    """Experiments that have begun, with an arm that gets nothing."""
    rows = await session.execute(select(ExperimentRow).where(_EXPERIMENT.status != Status.DRAFT.value))
    return [one for one in map(experiment_of, rows.scalars()) if any(arm.nothing for arm in one.plan.arms)]


def _of_arm(experiment: Experiment) -> Sequence[_Change]:
    share = sum(arm.share for arm in experiment.plan.arms if arm.nothing)
    ends = [(experiment.started_at, share), (experiment.stopped_at, 0.0)]
    return [(at, experiment.id, value) for at, value in ends if at is not None]


def _stretches(changes: Iterable[_Change]) -> list[tuple[Stretch, Mapping[str, float]]]:
    """Each with what held out how many in it, oldest first; the first one begins with the campaign."""
    found: list[tuple[Stretch, Mapping[str, float]]] = []
    shares: dict[str, float] = {}
    for at, name, share in sorted(changes, key=lambda change: change[0]):
        if shares.get(name, 0.0) == share and found:
            continue
        shares = {**shares, name: share}
        if found:
            found[-1] = found[-1][0]._replace(until=at), found[-1][1]
        found.append((Stretch(since=at if found else None), shares))
    return found


def _newest(stretches: Sequence[tuple[Stretch, Mapping[str, float]]], which: Which) -> Stretch:
    """Of those in the days asked for the newest in which somebody was held out; all of time where nobody ever was."""
    for stretch, shares in reversed(stretches):
        if any(shares.values()) and _reaches(stretch, which):
            return stretch
    return Stretch()


def _reaches(stretch: Stretch, which: Which) -> bool:
    since, until = (None if day is None else datetime.combine(day, time(), UTC) for day in (which.since, which.until))
    begins_in_time = stretch.since is None or until is None or stretch.since < until
    return begins_in_time and (stretch.until is None or since is None or stretch.until > since)
