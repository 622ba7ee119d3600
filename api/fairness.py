"""A check of what was learned for fairness, over a sample of the shop's own customers. Nothing is written or sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.house import House
from composer import chance
from composer.bandit.fairness import Fairness, OfferLog, Offers, Treatment, check, treatment
from composer.bandit.model import Policy
from composer.bandit.tables import DecisionRow
from composer.campaigns import list_campaigns
from composer.contract import ComposeRequest
from composer.made import Ready
from composer.plan import make_plan
from composer.steps import Steps
from memory.model import CustomerMemory
from memory.tables import Customer
from store import clock
from store.upsert import table_of

SAMPLE = 10
"""Customers for each campaign."""
LOG = timedelta(days=28)
_CAMPAIGNS = 200
_READ_AHEAD = 2_000
_ROW = table_of(DecisionRow).c
PolicyOf = Callable[[Ready, CustomerMemory], Policy]
Progress = Callable[[int, int], None]


class FairnessReport(BaseModel):
    """Twins, and the log."""

    twins: Fairness
    offers: Offers
    fair: bool
    sentence: str


def in_force(ready: Ready, memory: CustomerMemory) -> Policy:
    """What would decide: of `memory` it is told nothing."""
    return ready.policy


async def check_fairness(
    house: House, progress: Progress, *, sample: int = SAMPLE, policy_of: PolicyOf = in_force
) -> FairnessReport:
    """`policy_of`: whom a policy is for, so that one that looks at people can be caught."""
    steps = Steps(keyring=house.database.keyring, library=house.library, picker=house.catalog, writers=())
    found = Fairness(customers=0, twins=0, differences=[], differing=0)
    async with house.database.session(readonly=True) as session:
        campaigns = [row[0] for row in await list_campaigns(session, limit=_CAMPAIGNS)]
    for done, campaign in enumerate(campaigns):
        progress(done, len(campaigns))
        async with house.database.session(readonly=True) as session:
            ready = await _ready(session, steps, campaign, sample)
        for one in ready:
            found = _together(found, check([one.memory], _treated(house, campaign, one, policy_of)))
    progress(len(campaigns), len(campaigns))
    log = await _log(house)
    return FairnessReport(
        twins=found, offers=log, fair=found.fair and not log.unequal, sentence=f"{found.sentence} {log.sentence}"
    )


async def _ready(session: AsyncSession, steps: Steps, campaign: str, sample: int) -> list[Ready]:
    """Of customers who are drawn, the same each time."""
    query = select(col(Customer.external_id)).where(col(Customer.external_id).is_not(None))
    known = [str(name) for name in (await session.execute(query.limit(_READ_AHEAD))).scalars()]
    drawn = sorted(known, key=lambda name: chance.unit("fairness", campaign, name))[:sample]
    requests = [ComposeRequest(campaign=campaign, customer=name, preview=True) for name in drawn]
    prepared = await steps.prepare(session, requests) if requests else []
    return [one for one in prepared if isinstance(one, Ready)]


def _treated(house: House, campaign: str, ready: Ready, policy_of: PolicyOf) -> Callable[[CustomerMemory], Treatment]:
    request = ComposeRequest(campaign=campaign, customer=ready.memory.external_id, preview=True)
    shown = [(product, email.at) for email in ready.recent for product in email.products]
    now = clock.now()

    def treated(memory: CustomerMemory) -> Treatment:
        policy = policy_of(ready, memory)
        return treatment(
            lambda: make_plan(
                request,
                ready.version,
                ready.flow,
                memory,
                picker=house.catalog,
                shown=shown,
                now=now,
                steering=ready.steering,
                taught=ready.taught,
                policy=policy,
            ),
            policy,
        )

    return treated


def _together(one: Fairness, other: Fairness) -> Fairness:
    return Fairness(
        customers=one.customers + other.customers,
        twins=one.twins + other.twins,
        differences=[*one.differences, *other.differences][:20],
        differing=one.differing + other.differing,
    )


async def _log(house: House) -> Offers:
    columns = (_ROW.campaign_id, _ROW.campaign_version, _ROW.lifecycle, _ROW.policy, _ROW.learned, _ROW.variant)
    query = select(_ROW.at, *columns, _ROW.choices).where(_ROW.at >= clock.now() - LOG)
    log = OfferLog()
    async with house.database.session(readonly=True) as session:
        async for row in await session.stream(query):
            log.add(row.at.date(), row)
    return log.read()
