"""Writes a comparison's pairs: the same customers, both sides, as e-mails that are looked at and not sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import func, select

from composer.campaigns import CampaignVersion, get_campaign
from composer.comparing import store
from composer.comparing.drawing import draw
from composer.comparing.model import Comparison, Pair, Side
from composer.comparing.tables import ComparedRow, VoteRow
from composer.contract import ComposeRequest, ComposeResult, Path
from composer.finish import Finished
from composer.outliving import erased_meanwhile
from composer.strangers import UnknownCustomer
from memory.model import CustomerMemory
from memory.privacy.tombstones import share
from memory.recall import recall
from store.database import Database

DEADLINE_MS = 60_000
SIDES = ("a", "b")


class Written(NamedTuple):
    """A pair, and the memory that it was written from."""

    pair: Pair
    memory: CustomerMemory


class Drafts(Protocol):
    """What a side needs of a composer."""

    async def draft(self, request: ComposeRequest, version: CampaignVersion | None = None) -> Finished | ComposeResult:
        """An e-mail to look at, or a skip."""
        ...


async def write_pairs(database: Database, comparison: Comparison, composers: Mapping[str, Drafts]) -> None:
    """Until there are as many pairs as wanted, or no customers left; goes on where an earlier try ended.

    A customer for whom neither side writes is no pair. `comparison` as `store.create` or `store.claim` gave it: its
    `moved_at` is the claim, and each step writes the renewed one there: with it `store.stop` stops this writing and no
    other. `composers`: of `a` and of `b`.
    Raises TakenOver, and what composing raises (UnknownCampaign, Unavailable …).
    """
    async with database.session(readonly=True) as session:
        versions = {name: await _version(session, getattr(comparison, name)) for name in SIDES}
        done = await _done(session, comparison.id)
        position = await _next_position(session, comparison.id)
    found = len(done)
    async for customer in draw(database, comparison.id, comparison.wanted):
        if found >= comparison.wanted:
            break
        if customer in done:
            continue
        pair = await _pair(database, comparison.id, position, customer, versions, composers)
        async with database.session() as session:
            if pair is None or await _erased(session, pair.memory):
                comparison.moved_at = await store.move(session, comparison.id, comparison.moved_at)
                continue
            comparison.moved_at = await store.add_pair(session, comparison.moved_at, pair.pair)
        position, found = position + 1, found + 1
    async with database.session() as session:
        await store.finish(session, comparison.id, comparison.moved_at, found, comparison.wanted)


async def _erased(session: AsyncSession, memory: CustomerMemory) -> bool:
    """Whether they were erased while they were written to; until the transaction ends they are not."""
    await share(session)
    return bool(await erased_meanwhile(session, [memory]))


async def _version(session: AsyncSession, side: Side) -> CampaignVersion:
    return await get_campaign(session, side.campaign, side.version)


async def _done(session: AsyncSession, comparison: str) -> set[str]:
    query = select(ComparedRow.customer).where(ComparedRow.comparison_id == comparison)
    return set((await session.execute(query)).scalars())


async def _next_position(session: AsyncSession, comparison: str) -> int:
    """Behind every pair there is and every vote there was: what was said of a pair that is gone is said of no other."""
    paired = select(func.max(ComparedRow.position)).where(ComparedRow.comparison_id == comparison)
    voted = select(func.max(VoteRow.position)).where(VoteRow.comparison_id == comparison)
    last = [(await session.execute(query)).scalar_one() for query in (paired, voted)]
    return max((one for one in last if one is not None), default=-1) + 1


async def _pair(
    database: Database,
    comparison: str,
    position: int,
    customer: str,
    versions: Mapping[str, CampaignVersion],
    composers: Mapping[str, Drafts],
) -> Written | None:
    """Both e-mails; None where neither side writes one."""
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
    pair = Pair(
        comparison=comparison,
        position=position,
        customer=customer,
        lifecycle=memory.lifecycle,
        same=_same(a, b),
        a=a,
        b=b,
    )
    return Written(pair, memory)


async def _draft(composer: Drafts, version: CampaignVersion, customer: str) -> ComposeResult:
    request = ComposeRequest(campaign=version.campaign.id, customer=customer, deadline_ms=DEADLINE_MS, preview=True)
    made = await composer.draft(request, version)
    return made.result if isinstance(made, Finished) else made


def _same(a: ComposeResult, b: ComposeResult) -> bool:
    return Path.SKIPPED not in (a.path, b.path) and [block.text for block in a.blocks] == [
        block.text for block in b.blocks
    ]
