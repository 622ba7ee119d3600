"""Which processes work on runs: those that gave a sign of life lately, and what each has in hand."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from api.keeping_up import SERVICE, share_limits
from composer.model_settings import Endpoint, Limits
from composer.runs.fleet import forget_silent, live_workers
from composer.runs.load import read_load
from composer.runs.tables import ChunkRow, WorkerRow
from composer.throttle import Throttles
from store import clock
from store.database import Database
from tests.kit.patience import PATIENCE_S
from tests.kit.runs_rows import add_run, change_chunk

LEASE_S = 30.0


async def _seen(database: Database, worker: str, *, ago: timedelta = timedelta(), started: int = 0) -> None:
    now = clock.now()
    row = WorkerRow(
        id=worker,
        host="here",
        pid=started,
        version="1",
        started_at=now - timedelta(days=3) + timedelta(seconds=started),
        seen_at=now - ago,
    )
    async with database.session() as session:
        session.add(row)


async def test_a_worker_lives_while_it_is_seen_within_a_lease(database: Database) -> None:
    await _seen(database, "old", started=1)
    await _seen(database, "new", started=2, ago=timedelta(seconds=20))
    await _seen(database, "killed", ago=timedelta(seconds=40))
    async with database.session(readonly=True) as session:
        assert [worker.id for worker in await live_workers(session, lease_s=LEASE_S)] == ["old", "new"]


async def test_only_chunks_under_a_live_lease_are_in_hand(database: Database) -> None:
    await _seen(database, "w1")
    await add_run(database, "run_a", chunks=4)
    later = clock.now() + timedelta(minutes=1)
    await change_chunk(database, "run_a", 0, owner="w1", lease_until=later)
    await change_chunk(database, "run_a", 1, owner="w1", lease_until=clock.now() - timedelta(minutes=1))
    await change_chunk(database, "run_a", 2, owner="w2", lease_until=later)
    async with database.session(readonly=True) as session:
        [worker] = await live_workers(session, lease_s=LEASE_S)
    assert worker.chunks == 1


async def test_who_was_silent_for_a_day_is_forgotten(database: Database) -> None:
    await _seen(database, "killed", ago=timedelta(hours=25))
    await _seen(database, "resting", ago=timedelta(hours=23))
    async with database.session() as session:
        await forget_silent(session)
    async with database.session(readonly=True) as session:
        assert [worker.id for worker in await live_workers(session, lease_s=30 * 3600)] == ["resting"]


@pytest.mark.parametrize(
    ("workers", "own", "beside", "share"),
    [(3, 1, 0, 1 / 3), (1, 1, SERVICE, 0.8), (1, SERVICE, SERVICE, 0.2), (0, SERVICE, SERVICE, 1.0), (0, 1, 0, 1.0)],
    ids=str,
)
async def test_each_process_takes_its_part_of_the_models_limits(
    sqlite_database: Database, workers: int, own: float, beside: float, share: float
) -> None:
    throttles = Throttles(Limits(max_concurrency=90))
    throttles.share = 0.1
    throttle = throttles.of(Endpoint(model="openai/any"))
    for worker in range(workers):
        await _seen(sqlite_database, f"w{worker}", started=worker)
    sharing = asyncio.create_task(
        share_limits(sqlite_database, throttles, lease_s=LEASE_S, own=own, beside=beside, every=0.01)
    )
    async with asyncio.timeout(PATIENCE_S):
        while throttles.share == 0.1:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    sharing.cancel()
    await asyncio.gather(sharing, return_exceptions=True)
    assert (throttles.share, throttle.max_concurrency) == (share, round(90 * share))


async def test_chunks_that_wait_for_their_moment_wait_for_no_worker(database: Database) -> None:
    await add_run(database, "run_a", chunks=3)
    later = clock.now() + timedelta(hours=9)
    async with database.session() as session:
        (await session.get_one(ChunkRow, ("run_a", 0))).not_before = later
        (await session.get_one(ChunkRow, ("run_a", 1))).done = True
    async with database.session(readonly=True) as session:
        assert (await read_load(session, lease_s=LEASE_S)).open_chunks == 1
    with clock.frozen_at(later):
        async with database.session(readonly=True) as session:
            assert (await read_load(session, lease_s=LEASE_S)).open_chunks == 2
