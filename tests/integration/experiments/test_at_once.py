"""Two who change at once who is where: one after the other, and nobody goes on with what was before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from composer.campaigns import save_campaign
from composer.experiments import groups
from composer.experiments.board import Boards, read_board
from composer.experiments.model import Experiment
from composer.experiments.service import Overlapping, create, start
from store.database import Database
from tests.kit.experiments import CAMPAIGN, benches_of, make_plan
from tests.kit.factories import LIBRARY, make_campaign
from tests.kit.prepared import PreparedShop

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_factory", ["postgresql"], indirect=True)]

Change = Callable[[AsyncSession], Awaitable[object]]


async def at_once(database: Database, one: Change, other: Change) -> list[object]:
    """`other` begins while `one` is done and not committed, and has a moment to overtake it; what came of each."""
    done = asyncio.Event()

    async def first() -> None:
        async with database.session() as session:
            await one(session)
            done.set()
            await asyncio.sleep(0.3)

    async def second() -> None:
        await done.wait()
        async with database.session() as session:
            await other(session)

    return list(await asyncio.gather(first(), second(), return_exceptions=True))


async def drafted(database: Database, *names: str, campaigns: list[str]) -> list[Experiment]:
    async with database.session() as session:
        plans = [make_plan(name=name, campaigns=[one]) for name, one in zip(names, campaigns, strict=True)]
        return [await create(session, plan, by="user:maeve") for plan in plans]


def starting(database: Database, experiment: Experiment) -> Change:
    return lambda session: start(session, experiment.id, benches_of(database), LIBRARY)


async def test_of_two_experiments_on_one_campaign_that_start_at_once_one_begins(database: Database) -> None:
    await PreparedShop.open(database)
    one, other = await drafted(database, "One", "Other", campaigns=[CAMPAIGN, CAMPAIGN])
    first, second = await at_once(database, starting(database, one), starting(database, other))
    assert first is None
    assert isinstance(second, Overlapping)


async def test_whoever_keeps_what_is_in_force_hears_of_what_was_committed_late(database: Database) -> None:
    await PreparedShop.open(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign(id="other"))
    one, other = await drafted(database, "One", "Other", campaigns=[CAMPAIGN, "other"])
    boards = Boards()

    async def kept() -> int:
        async with database.session(readonly=True) as session:
            return len((await boards.board(session)).running)

    async def starts_and_is_seen(session: AsyncSession) -> None:
        await start(session, other.id, benches_of(database), LIBRARY)
        await session.commit()
        await kept()

    assert await at_once(database, starting(database, one), starts_and_is_seen) == [None, None]
    assert await kept() == 2


async def test_two_who_join_a_new_group_at_once_share_it(database: Database) -> None:
    await PreparedShop.open(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign(id="other"))
    joined = await at_once(
        database,
        lambda session: groups.join(session, "autumn", "campaign", CAMPAIGN, 0.5),
        lambda session: groups.join(session, "autumn", "campaign", "other", 0.5),
    )
    assert joined == [None, None]
    async with database.session(readonly=True) as session:
        board = await read_board(session)
    assert [member.share for member in board.groups[0].members] == [0.5, 0.5]
    assert board.groups[0].free == 0
