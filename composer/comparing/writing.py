"""Writes a comparison's pairs: the same customers, both sides, as e-mails that are looked at and not sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from composer.campaigns import CampaignVersion, get_campaign
from composer.comparing import store
from composer.comparing.drawing import draw
from composer.comparing.model import Comparison, Side
from composer.comparing.tables import ComparedRow
from composer.contract import ComposeRequest, ComposeResult, Path
from composer.finish import Finished
from composer.strangers import UnknownCustomer
from memory.recall import recall
from store.database import Database

DEADLINE_MS = 60_000
SIDES = ("a", "b")


class Drafts(Protocol):
    """What a side needs of a composer."""

    async def draft(self, request: ComposeRequest, version: CampaignVersion | None = None) -> Finished | ComposeResult:
        """An e-mail to look at, or a skip."""
        ...


async def write_pairs(database: Database, comparison: Comparison, composers: Mapping[str, Drafts]) -> None:
    """Until there are as many pairs as wanted, or no customers left; goes on where an earlier try ended.

    A customer for whom neither side writes is no pair. `composers`: of `a` and of `b`.
    Raises what composing raises (UnknownCampaign, Unavailable …).
    """
    async with database.session(readonly=True) as session:
        versions = {name: await _version(session, getattr(comparison, name)) for name in SIDES}
        done = await _done(session, comparison.id)
    position = len(done)
    async for customer in draw(database, comparison.id, comparison.wanted):
        if position >= comparison.wanted:
            break
        if customer in done:
            continue
        pair = await _pair(database, customer, versions, composers)
        if pair is None:
            continue
        async with database.session() as session:
            await store.add_pair(session, comparison.id, position, customer, *pair)
        position += 1
    async with database.session() as session:
        await store.finish(session, comparison.id, position, comparison.wanted)


async def _version(session: AsyncSession, side: Side) -> CampaignVersion:
    return await get_campaign(session, side.campaign, side.version)


async def _done(session: AsyncSession, comparison: str) -> set[str]:
    query = select(ComparedRow.customer).where(ComparedRow.comparison_id == comparison)
    return set((await session.execute(query)).scalars())


async def _pair(
    database: Database, customer: str, versions: Mapping[str, CampaignVersion], composers: Mapping[str, Drafts]
) -> tuple[ComposeResult, ComposeResult, str, bool] | None:
    """Both e-mails, the customer's lifecycle, and whether both say the same."""
    async with database.session(readonly=True) as session:
        memory = await recall(session, customer)
    if memory is None:
        return None
    try:
        a, b = await asyncio.gather(*(_draft(composers[name], versions[name], customer) for name in SIDES))
    except UnknownCustomer:
        return None  # Erased between the two reads.
    if a.path is b.path is Path.SKIPPED:
        return None
    return a, b, memory.lifecycle, _same(a, b)


async def _draft(composer: Drafts, version: CampaignVersion, customer: str) -> ComposeResult:
    request = ComposeRequest(campaign=version.campaign.id, customer=customer, deadline_ms=DEADLINE_MS, preview=True)
    made = await composer.draft(request, version)
    return made.result if isinstance(made, Finished) else made


def _same(a: ComposeResult, b: ComposeResult) -> bool:
    return Path.SKIPPED not in (a.path, b.path) and [block.text for block in a.blocks] == [
        block.text for block in b.blocks
    ]
