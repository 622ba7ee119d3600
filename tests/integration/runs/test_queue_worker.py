"""Working off the queue: every chunk once, a worker's end loses nothing, and neither does the database's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from composer.runs import queue
from composer.runs.queue_worker import GivenBack, QueueWorker
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.failures import DatabaseUnavailable
from tests.kit.database import PostgresFactory
from tests.kit.patience import PATIENCE_S
from tests.kit.runs_rows import add_run, change_chunk

LEASE_S = 30
Named = tuple[str, int]


class Marking:
    """Does no more about a chunk than to mark it as done, after `before` has let it."""

    def __init__(self, database: Database, before: Callable[[], Awaitable[None]] | None = None) -> None:
        self.database = database
        self.before = before
        self.begun: list[Named] = []
        self.done: list[Named] = []

    async def __call__(self, run_id: str, number: int) -> None:
        self.begun.append((run_id, number))
        if self.before is not None:
            await self.before()
        await change_chunk(self.database, run_id, number, done=True)
        self.done.append((run_id, number))

    async def have_done(self, chunks: int) -> None:
        """Wait until so many are done."""
        await _wait(lambda: len(self.done) >= chunks)


@pytest.fixture
def server(keyring: Keyring) -> Iterator[PostgresFactory]:
    """A PostgreSQL server of its own, which may be killed: it loses nothing that it said was committed."""
    factory = PostgresFactory(keyring)
    yield factory
    factory.close()


@pytest.fixture
async def url(postgres_factory: PostgresFactory) -> str:
    """The URL of an empty, migrated PostgreSQL database."""
    return await postgres_factory.url()


@pytest.fixture
async def postgres(url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """That database."""
    opened = Database.open(url, keyring, pool_size=5)
    yield opened
    await opened.close()


@asynccontextmanager
async def _running(worker: QueueWorker) -> AsyncIterator[None]:
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait_for(running, PATIENCE_S)


async def _wait(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not reached():  # noqa: ASYNC110 - what is waited for happens in the database, too
            await asyncio.sleep(0.02)


async def _forever() -> None:
    await asyncio.Event().wait()


async def _waiting_jobs(database: Database) -> int:
    """How many another worker could take now: by taking them."""
    taken = 0
    async with database.session() as session:
        while (await session.execute(text("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)"))).scalar():
            taken += 1
    return taken


async def test_two_workers_do_every_chunk_once(url: str, postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=12)
    first, second = Marking(postgres), Marking(postgres)
    async with (
        _running(QueueWorker(postgres, url, first, chunks_at_once=2, lease_s=LEASE_S)),
        _running(QueueWorker(postgres, url, second, chunks_at_once=2, lease_s=LEASE_S)),
    ):
        await _wait(lambda: len(first.done) + len(second.done) >= 12)
    assert sorted([*first.done, *second.done]) == [("run_a", number) for number in range(12)]


async def test_a_new_run_is_begun_without_waiting_for_the_next_look(url: str, postgres: Database) -> None:
    work = Marking(postgres)
    worker = QueueWorker(postgres, url, work, chunks_at_once=1, lease_s=LEASE_S)
    async with _running(worker):
        await add_run(postgres, "run_a", chunks=1)
        async with postgres.session() as session:
            await queue.enqueue(session)
        await work.have_done(1)


async def test_a_stopped_worker_finishes_what_it_has_and_takes_no_more(url: str, postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=5)
    go_on = asyncio.Event()

    async def wait_for_it() -> None:
        await go_on.wait()

    work = Marking(postgres, wait_for_it)
    worker = QueueWorker(postgres, url, work, chunks_at_once=2, lease_s=LEASE_S)
    async with _running(worker):
        await _wait(lambda: len(work.begun) == 2)
        worker.stop()
        go_on.set()
    assert len(work.done) == 2
    assert await _waiting_jobs(postgres) == 3


async def test_a_chunk_given_back_is_taken_by_another_at_once(url: str, postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=1)
    leaving = asyncio.Event()

    async def leave() -> None:
        await leaving.wait()
        raise GivenBack("This worker ends.")

    work = Marking(postgres, leave)
    worker = QueueWorker(postgres, url, work, chunks_at_once=1, lease_s=LEASE_S)
    async with _running(worker):
        await _wait(lambda: len(work.begun) == 1)
        worker.stop()
        leaving.set()
    assert await _waiting_jobs(postgres) == 1


async def test_an_abandoned_chunk_is_taken_by_another_at_once(url: str, postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=1)
    work = Marking(postgres, _forever)
    worker = QueueWorker(postgres, url, work, chunks_at_once=1, lease_s=LEASE_S)
    async with _running(worker):
        await _wait(lambda: len(work.begun) == 1)
        worker.abandon()
    assert work.done == []
    assert await _waiting_jobs(postgres) == 1


async def test_a_worker_that_breaks_on_a_chunk_takes_it_up_again_after_a_breath(url: str, postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=1)

    async def break_down() -> None:
        raise DatabaseUnavailable("gone")

    work = Marking(postgres, break_down)
    async with _running(QueueWorker(postgres, url, work, chunks_at_once=1, lease_s=LEASE_S)):
        await _wait(lambda: len(work.begun) >= 1)
        work.before = None
        await work.have_done(1)


async def test_what_a_silent_worker_held_is_taken_over(url: str, postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=1)
    work = Marking(postgres)
    worker = QueueWorker(postgres, url, work, chunks_at_once=1, lease_s=LEASE_S)
    await worker.sweep()
    assert await _waiting_jobs(postgres) == 1  # A worker that is dead by now has the job.
    await change_chunk(postgres, "run_a", 0, owner="dead", lease_until=clock.now() - timedelta(seconds=1))
    async with postgres.session() as session:
        await session.execute(text("UPDATE procrastinate_events SET at = at - INTERVAL '1 minute'"))
    async with _running(worker):
        await work.have_done(1)


async def test_the_database_is_killed_and_comes_back_and_every_chunk_is_done(
    server: PostgresFactory, keyring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    url = await server.url()
    database = Database.open(url, keyring, pool_size=5)
    await add_run(database, "run_a", chunks=6)

    async def take_a_while() -> None:
        await asyncio.sleep(0.2)

    work = Marking(database, take_a_while)
    async with _running(QueueWorker(database, url, work, chunks_at_once=1, lease_s=LEASE_S)):
        # In the middle of a chunk: what procrastinate cannot write down about a job that has ended, its task raises.
        await _wait(lambda: len(work.begun) >= 3)
        server.kill()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(server.restart)
        with suppress(DatabaseUnavailable):
            await work.have_done(6)
    assert set(work.done) == {("run_a", number) for number in range(6)}
    await database.close()
