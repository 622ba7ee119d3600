"""Whom the campaigns of an experiment come to, and how many customers each arm has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.experiments.model import Experiment
from composer.facts.tables import EpisodeRow
from composer.results.model import Side
from composer.tables import CampaignVersionRow
from memory.tables import Contact
from store import clock
from store.upsert import table_of

LOOK_BACK = timedelta(days=28)
"""Whom campaigns came to for so long is whom an experiment on them will have."""
_CONTACT, _EPISODE = table_of(Contact).c, table_of(EpisodeRow).c


async def clicking(session: AsyncSession, campaigns: Sequence[str]) -> float:
    """Of the customers whom these campaigns wrote to in the last four weeks, the share who clicked; 0 for nobody."""
    person = (
        select(func.max(_EPISODE.clicked).label("clicked"))
        .where(_EPISODE.campaign_id.in_(campaigns), _EPISODE.begins >= clock.now() - LOOK_BACK)
        .where(_EPISODE.side == Side.MAILED.value)
        .group_by(_EPISODE.customer_id)
        .subquery()
    )
    clicked = func.sum(case((person.c.clicked > 0, 1), else_=0))
    people, those = (await session.execute(select(func.count(), clicked).select_from(person))).one()
    return (those or 0) / people if people else 0.0


async def counts(session: AsyncSession, experiment: Experiment) -> dict[str, int]:
    """Customers in each arm that its campaigns came to since it began, whatever was decided about them."""
    if experiment.started_at is None:
        return {}
    query = (
        select(_CONTACT.variant, func.count(_CONTACT.customer_id.distinct()))
        .where(
            _CONTACT.campaign.in_(experiment.plan.campaigns),
            _CONTACT.at >= experiment.started_at.replace(microsecond=0),
            _CONTACT.experiment == experiment.id,
        )
        .group_by(_CONTACT.variant)
    )
    return {str(variant): int(number) for variant, number in await session.execute(query)}


async def audience(session: AsyncSession, campaigns: Iterable[str]) -> int:
    """Customers whom these campaigns came to in the last four weeks, whatever was decided about them."""
    query = select(func.count(_CONTACT.customer_id.distinct())).where(
        _CONTACT.campaign.in_(list(campaigns)), _CONTACT.at >= clock.now() - LOOK_BACK
    )
    return int((await session.execute(query)).scalar_one())


async def changed_meanwhile(session: AsyncSession, experiment: Experiment) -> list[str]:
    """Its campaigns that were saved anew while it ran: arms without a version of their own went on with that."""
    if experiment.started_at is None:
        return []
    row = CampaignVersionRow
    query = select(col(row.campaign_id)).where(
        col(row.campaign_id).in_(experiment.plan.campaigns),
        col(row.created_at) > experiment.started_at,
        col(row.created_at) < (experiment.stopped_at or clock.now()),
    )
    return sorted((await session.execute(query.distinct())).scalars())
