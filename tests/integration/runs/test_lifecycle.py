"""A run from its start to its end, on both databases: everyone gets what they get, once, whatever the owner does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from composer.batch import Composing
from composer.campaigns import save_brand, save_campaign
from composer.runs import service
from composer.runs.model import Run, RunRequest, RunStatus
from composer.runs.runner import Runner
from composer.runs.settings import RunSettings
from store.database import Database
from tests.kit.factories import make_brand, make_campaign
from tests.kit.scripted_composing import ScriptedComposing, stored_emails

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(database: Database) -> Database:
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
    return database


async def start(database: Database, count: int, **terms: object) -> Run:
    customers = [f"c-{number:05}" for number in range(count)]
    request = RunRequest.model_validate({"audience": {"kind": "list", "customers": customers}, **terms})
    async with database.session() as session:
        return await service.start(session, "autumn", request)


async def get(database: Database, run_id: str) -> Run:
    async with database.session(readonly=True) as session:
        return await service.get(session, run_id)


async def until(database: Database, run_id: str, enough: Callable[[Run], bool]) -> Run:
    async with asyncio.timeout(60):
        while not enough(run := await get(database, run_id)):
            await asyncio.sleep(0.02)
    return run


@asynccontextmanager
async def working(database: Database, composing: Composing, **settings: object) -> AsyncIterator[Runner]:
    runner = Runner(database, composing, RunSettings.model_validate({"grace_s": 1.0, **settings}))
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        runner.stop()
        await task


async def test_everyone_gets_one_e_mail(shop: Database) -> None:
    run = await start(shop, 600)
    composing = ScriptedComposing()
    async with working(shop, composing):
        run = await until(shop, run.id, lambda run: run.status is RunStatus.COMPLETED)
    assert (run.tally.composed, run.recipients) == (600, 600)
    assert set(composing.asked.values()) == {1}
    async with shop.session(readonly=True) as session:
        assert len(await stored_emails(session)) == 600
        kinds = [event.kind for event in await service.events(session, run.id)]
    assert kinds == ["started", "completed"]
