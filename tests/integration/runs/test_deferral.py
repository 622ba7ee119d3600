"""Who may not be written to yet waits in the run, is asked again when it is time, and skipped when it is too late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from composer.batch import Batch
from composer.campaigns import save_campaign
from composer.runs import chunks, queue, service
from composer.runs.model import Recipient, Run, RunRequest, RunStatus
from composer.runs.queue_runner import QueueRunner
from composer.runs.settings import RunSettings
from composer.runs.tables import ChunkRow
from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.kit.contacts import decisions
from tests.kit.database import PostgresFactory
from tests.kit.factories import make_brand, make_campaign
from tests.kit.prepared import PreparedShop
from tests.kit.runs import completed, customer, open_shop, read_run, run_until, start_run, working
from tests.kit.scripted_composing import ScriptedComposing

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOMORROW = NOON + timedelta(days=1)


def some_wait(who: str, before: int) -> datetime | None:
    """Every second one is capped until tomorrow."""
    return TOMORROW if int(who[2:]) % 2 and clock.now() < TOMORROW else None


async def recipients(database: Database, run: Run) -> list[Recipient]:
    async with database.session(readonly=True) as session:
        return await service.recipients(session, run.id, limit=500)


async def test_the_others_go_on_and_who_waits_is_written_to_when_it_is_time(database: Database) -> None:
    composing = ScriptedComposing(some_wait)
    with clock.frozen_at(NOON):
        await open_shop(database)
        run = await start_run(database, 10, chunk_size=4)
        async with working(database, composing):
            waiting = await run_until(database, run.id, lambda now: now.waiting)
    assert (waiting.status, waiting.tally.composed, waiting.tally.deferred) == (RunStatus.RUNNING, 5, 5)
    assert (waiting.deferred_until, waiting.tally.reasons) == (TOMORROW, {})
    held_back = {(one.status.value, one.reason, one.not_before) for one in await recipients(database, run)}
    assert held_back == {("composed", "", None), ("pending", "capped", TOMORROW)}
    with clock.frozen_at(TOMORROW):
        async with working(database, composing):
            ended = await completed(database, run.id)
    assert (ended.tally.composed, ended.tally.deferred, ended.deferred_until) == (10, 0, None)
    assert {composing.asked[customer(number)] for number in range(0, 10, 2)} == {1}
    assert {composing.asked[customer(number)] for number in range(1, 10, 2)} == {2}


async def test_a_chunk_in_which_all_wait_is_left_alone_until_the_first_may_go(database: Database) -> None:
    def staggered(who: str, before: int) -> datetime | None:
        due = TOMORROW + timedelta(hours=int(who[2:]))
        return due if clock.now() < due else None

    composing = ScriptedComposing(staggered)
    with clock.frozen_at(NOON):
        await open_shop(database)
        run = await start_run(database, 3)
        async with working(database, composing):
            await run_until(database, run.id, lambda now: now.waiting)
        assert await _taken(database, NOON) is None
    assert await _taken(database, TOMORROW - timedelta(seconds=1)) is None
    with clock.frozen_at(TOMORROW + timedelta(hours=1)):
        async with working(database, composing):
            now = await run_until(database, run.id, lambda now: now.waiting)
    assert (now.tally.composed, now.tally.deferred, now.deferred_until) == (2, 1, TOMORROW + timedelta(hours=2))


async def _taken(database: Database, at: datetime) -> object:
    with clock.frozen_at(at):
        async with database.session() as session:
            return await chunks.take_fairest(session, worker="another", lease_s=30)


async def test_a_run_that_waits_does_not_hold_up_the_turn_of_others(database: Database) -> None:
    composing = ScriptedComposing(some_wait)
    with clock.frozen_at(NOON):
        await open_shop(database)
        first = await start_run(database, 2)
        second = await start_run(database, 40, chunk_size=2, occasion="second")
        async with working(database, composing, concurrency=1):
            await run_until(database, first.id, lambda now: now.waiting)
            await run_until(database, second.id, lambda now: now.tally.composed > 5)
        third = await start_run(database, 2, occasion="third")
        async with database.session(readonly=True) as session:
            turns = dict((await session.execute(select(ChunkRow.run_id, col(ChunkRow.turn)))).all())
    assert turns[third.id] > turns[first.id]


async def test_a_waiting_run_can_be_cancelled_and_a_paused_one_resumed(database: Database) -> None:
    composing = ScriptedComposing(some_wait)
    with clock.frozen_at(NOON):
        await open_shop(database)
        run, other = await start_run(database, 4), await start_run(database, 4, occasion="second")
        async with working(database, composing):
            for each in (run, other):
                await run_until(database, each.id, lambda now: now.waiting)
        async with database.session() as session:
            gone = await service.cancel(session, run.id)
            await service.pause(session, other.id)
    assert (gone.tally.cancelled, gone.tally.deferred, gone.deferred_until) == (2, 0, None)
    with clock.frozen_at(TOMORROW):
        assert await _taken(database, TOMORROW) is None
        async with database.session() as session:
            await service.resume(session, other.id)
        async with working(database, composing):
            assert (await completed(database, other.id)).tally.composed == 4


@pytest.fixture
async def postgres(postgres_factory: PostgresFactory, keyring: Keyring) -> AsyncIterator[tuple[Database, str]]:
    """A migrated PostgreSQL database and its URL."""
    url = await postgres_factory.url()
    opened = Database.open(url, keyring, pool_size=8)
    yield opened, url
    await opened.close()


async def test_the_queue_asks_for_a_waiting_chunk_when_it_is_due(postgres: tuple[Database, str]) -> None:
    database, url = postgres
    composing = ScriptedComposing(some_wait)

    async def work_off(until: str, run: Run) -> None:
        runner = QueueRunner(database, url, composing, RunSettings(grace_s=0.5))
        task = asyncio.create_task(runner.run())
        try:
            await run_until(database, run.id, lambda now: now.waiting if until == "waiting" else bool(now.ended_at))
        finally:
            runner.stop()
            await task

    with clock.frozen_at(NOON):
        await open_shop(database)
        run = await start_run(database, 6, chunk_size=2)
        await work_off("waiting", run)
        assert await _asked_for(database) == 0
    with clock.frozen_at(TOMORROW):
        assert await _asked_for(database) == 3
        await work_off("the end", run)
    assert (await read_run(database, run.id)).tally.composed == 6
    assert set(composing.asked.values()) == {1, 2}


async def _asked_for(database: Database) -> int:
    """Jobs that wait once whatever is due was asked for."""
    async with database.session() as session:
        await queue.enqueue(session)
        jobs = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        return int(await session.scalar(jobs) or 0)


async def start(database: Database, shop: PreparedShop, campaign: str, **terms: Any) -> Run:
    request = RunRequest.model_validate({"audience": {"kind": "list", "customers": ["c-1", "c-2"]}, **terms})
    async with database.session() as session:
        return await service.start(session, campaign, request)


async def test_a_cap_is_waited_for_as_long_as_the_run_says(database: Database) -> None:
    with clock.frozen_at(NOON):
        shop = await PreparedShop.open(database, customers=2, brand=make_brand(caps={"total": {"day": 1}}))
        await shop.compose(customer="c-1")
        batch = Batch(database, shop.composer.steps)
        hasty = await start(database, shop, "autumn", occasion="hasty", defer_for="PT1H")
        async with working(database, batch):
            hasty = await completed(database, hasty.id)
        # Not before: side by side, either may be the one that writes to the second customer.
        patient = await start(database, shop, "autumn", occasion="patient")
        async with working(database, batch):
            await run_until(database, patient.id, lambda now: now.waiting)
    assert (hasty.tally.composed, hasty.tally.reasons) == (1, {"capped": 1})
    with clock.frozen_at(TOMORROW):
        async with working(database, batch):
            patient = await completed(database, patient.id)
    assert patient.tally.composed == 2
    assert ("deferred", "capped") in await decisions(database)
    assert ("skipped", "capped") in await decisions(database)


async def test_nobody_is_waited_for_beyond_the_end_of_the_campaigns_offers(sqlite_database: Database) -> None:
    offer = {"id": "ten", "kind": "percent", "value": 10, "code": "TEN", "expires": "2026-11-23"}
    with clock.frozen_at(NOON):
        brand = make_brand(caps={"total": {"day": 1}})
        shop = await PreparedShop.open(sqlite_database, customers=2, brand=brand)
        async with sqlite_database.session() as session:
            await save_campaign(session, make_campaign(id="today", brief={"offers": [offer]}))
        await shop.compose(customer="c-1")
        run = await start(sqlite_database, shop, "today")
        async with working(sqlite_database, Batch(sqlite_database, shop.composer.steps)):
            run = await completed(sqlite_database, run.id)
    assert run.tally.reasons == {"capped": 1}


async def test_a_run_at_night_writes_ahead(sqlite_database: Database) -> None:
    quiet = make_brand(timezone="UTC", quiet_hours={"start": "21:00", "end": "08:00"})
    with clock.frozen_at(NOON.replace(hour=23)):
        shop = await PreparedShop.open(sqlite_database, customers=2, brand=quiet)
        run = await start(sqlite_database, shop, "autumn")
        async with working(sqlite_database, Batch(sqlite_database, shop.composer.steps)):
            assert (await completed(sqlite_database, run.id)).tally.composed == 2
