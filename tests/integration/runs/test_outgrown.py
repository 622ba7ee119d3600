"""A process that has grown too large ends by itself when it has finished what it has in hand; another goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlmodel import select

from composer.runs.queue_runner import QueueRunner
from composer.runs.runner import Runner
from composer.runs.settings import RunSettings
from composer.runs.size import Size
from composer.runs.tables import ChunkRow, WorkerRow
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import PostgresFactory
from tests.kit.patience import PATIENCE_S
from tests.kit.runs import completed, open_shop, read_run, rows_by_status, start_run, working
from tests.kit.scripted_composing import ScriptedComposing, stored_emails

pytestmark = pytest.mark.anyio

SMALL = 25
"""Recipients a chunk."""
ALL = 12 * SMALL
SETTINGS = RunSettings(concurrency=10, grace_s=0.0)
"""Without any grace: who ends by itself needs none."""


def tiny() -> Size:
    """Any process has outgrown it once it has worked off a chunk."""
    return Size(1, least=SMALL, held=lambda: 2)


@asynccontextmanager
async def shop_on_postgres(postgres_factory: PostgresFactory, keyring: Keyring) -> AsyncIterator[tuple[Database, str]]:
    """A campaign to run, and where."""
    url = await postgres_factory.url()
    database = Database.open(url, keyring)
    try:
        await open_shop(database)
        yield database, url
    finally:
        await database.close()


async def ended_by_itself(runner: Runner | QueueRunner) -> None:
    """Without being told to stop."""
    async with asyncio.timeout(PATIENCE_S):
        await runner.run()
    assert runner.size.outgrown
    assert not runner.watch.stopping


async def everything_in_hand_was_finished(database: Database, composing: ScriptedComposing, run_id: str) -> None:
    """Whoever was written to has their e-mail, no chunk is half done or in hand, and the process has signed off."""
    run = await read_run(database, run_id)
    assert run.tally.composed == composing.asked.total()
    assert run.tally.composed % SMALL == 0
    assert 0 < run.tally.composed < ALL
    async with database.session(readonly=True) as session:
        assert (await session.execute(select(ChunkRow.owner).distinct())).scalars().all() == [""]
        assert (await session.execute(select(WorkerRow))).first() is None


async def test_one_after_the_other_writes_to_everyone_once(sqlite_database: Database) -> None:
    await open_shop(sqlite_database)
    run = await start_run(sqlite_database, ALL, chunk_size=SMALL)
    composing = ScriptedComposing(seconds=0.01)
    processes = 0
    while await rows_by_status(sqlite_database, run.id) != {"composed": ALL}:
        await ended_by_itself(Runner(sqlite_database, composing, SETTINGS, size=tiny()))
        processes += 1
        if processes == 1:
            await everything_in_hand_was_finished(sqlite_database, composing, run.id)
    assert processes > 1
    assert set(composing.asked.values()) == {1}
    async with sqlite_database.session(readonly=True) as session:
        assert len(await stored_emails(session)) == ALL


async def test_a_worker_of_a_queue_does_so_too(postgres_factory: PostgresFactory, keyring: Keyring) -> None:
    async with shop_on_postgres(postgres_factory, keyring) as (database, url):
        run = await start_run(database, ALL, chunk_size=SMALL)
        composing = ScriptedComposing(seconds=0.01)
        await ended_by_itself(QueueRunner(database, url, composing, SETTINGS, size=tiny()))
        await everything_in_hand_was_finished(database, composing, run.id)
        async with working(database, composing):
            assert (await completed(database, run.id)).tally.composed == ALL
        assert set(composing.asked.values()) == {1}


async def test_who_has_outgrown_its_size_can_still_be_told_to_end_at_once(sqlite_database: Database) -> None:
    await open_shop(sqlite_database)
    run = await start_run(sqlite_database, 2 * SMALL, chunk_size=SMALL)
    hangs = ScriptedComposing(lambda name, before: "hang" if name >= f"c-{SMALL:05}" else None)
    runner = Runner(sqlite_database, hangs, SETTINGS.model_copy(update={"concurrency": ALL}), size=tiny())
    async with asyncio.timeout(PATIENCE_S):
        task = asyncio.create_task(runner.run())
        while not (runner.size.outgrown and hangs.writing == SMALL):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert not task.done()
        runner.stop()
        await task
    assert await rows_by_status(sqlite_database, run.id) == {"composed": SMALL, "pending": SMALL}
