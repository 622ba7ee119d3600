"""Chunks as jobs: each asked for once, the fairest first, and again when whoever had it is gone. PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from composer.runs import queue
from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import PostgresFactory
from tests.kit.runs_rows import add_run, change_chunk, change_status

Named = tuple[str, int]
LATER = timedelta(minutes=1)
LEASE_S = 30


@pytest.fixture
async def postgres(postgres_factory: PostgresFactory, keyring: Keyring) -> AsyncIterator[Database]:
    """An empty, migrated PostgreSQL database."""
    opened = Database.open(await postgres_factory.url(), keyring, pool_size=5)
    yield opened
    await opened.close()


async def _enqueue(database: Database, **limits: int) -> int:
    async with database.session() as session:
        return await queue.enqueue(session, **limits)


async def _take(database: Database) -> Named | None:
    """Fetch a job the way procrastinate's workers do."""
    async with database.session() as session:
        found = await session.execute(text("SELECT args FROM procrastinate_fetch_job_v2(ARRAY['chunks'], NULL)"))
        args = found.scalar()
    return (args["run_id"], args["number"]) if args else None


async def _take_all(database: Database) -> list[Named]:
    taken = []
    while (named := await _take(database)) is not None:
        taken.append(named)
    return taken


async def _started(database: Database, *, seconds_ago: int) -> None:
    async with database.session() as session:
        moment = clock.now() - timedelta(seconds=seconds_ago)
        await session.execute(text("UPDATE procrastinate_events SET at = :at WHERE type = 'started'"), {"at": moment})


async def _requeue(database: Database) -> int:
    async with database.session() as session:
        return await queue.requeue_abandoned(session, lease_s=LEASE_S)


async def test_each_open_chunk_of_a_running_run_is_asked_for_once(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=3)
    await add_run(postgres, "run_paused", chunks=2, status="paused")
    await change_chunk(postgres, "run_a", 1, done=True)
    assert await _enqueue(postgres) == 2
    assert await _enqueue(postgres) == 0
    assert await _take_all(postgres) == [("run_a", 0), ("run_a", 2)]


async def test_two_runs_take_turns_though_one_came_first(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=4)
    await _enqueue(postgres)
    await add_run(postgres, "run_b", chunks=2, first_turn=1)
    await _enqueue(postgres)
    assert await _take_all(postgres) == [
        ("run_a", 0),
        ("run_a", 1),
        ("run_b", 0),
        ("run_a", 2),
        ("run_b", 1),
        ("run_a", 3),
    ]


async def test_a_chunk_that_somebody_holds_is_not_asked_for_until_the_lease_runs_out(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=2)
    await change_chunk(postgres, "run_a", 0, owner="w1", lease_until=clock.now() + LATER)
    await change_chunk(postgres, "run_a", 1, owner="w2", lease_until=clock.now() - LATER)
    assert await _enqueue(postgres) == 1
    assert await _take(postgres) == ("run_a", 1)


async def test_a_chunk_being_worked_on_is_not_asked_for_twice(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=1)
    await _enqueue(postgres)
    await _take(postgres)
    assert await _enqueue(postgres) == 0


async def test_a_big_run_becomes_jobs_as_its_turn_comes(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=50)
    assert await _enqueue(postgres, ahead=20) == 20
    assert await _enqueue(postgres, ahead=20) == 0
    await change_chunk(postgres, "run_a", 0, done=True)
    assert await _enqueue(postgres, ahead=20) == 1


async def test_those_whose_turn_is_first_become_jobs_first(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=3, first_turn=10)
    await add_run(postgres, "run_b", chunks=3, first_turn=9)
    assert await _enqueue(postgres, ahead=3) == 3
    assert await _take_all(postgres) == [("run_b", 0), ("run_a", 0), ("run_b", 1)]


async def test_a_run_that_is_not_stored_in_the_end_leaves_no_jobs(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=2)
    session = postgres.session()
    assert await queue.enqueue(await session.__aenter__()) == 2
    await session.__aexit__(RuntimeError, RuntimeError(), None)
    assert await _take(postgres) is None


async def test_any_number_may_enqueue_at_once(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=40)
    made = await asyncio.gather(*(_enqueue(postgres) for _ in range(5)))
    assert sum(made) == 40


async def test_what_a_killed_worker_held_is_given_to_another(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=2)
    await _enqueue(postgres)
    await _take_all(postgres)
    await change_chunk(postgres, "run_a", 0, owner="killed", lease_until=clock.now() - LATER)
    await change_chunk(postgres, "run_a", 1, owner="alive", lease_until=clock.now() + LATER)
    await _started(postgres, seconds_ago=60)
    assert await _requeue(postgres) == 1
    assert await _take_all(postgres) == [("run_a", 0)]


async def test_a_job_just_fetched_may_not_hold_its_chunk_yet(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=1)
    await _enqueue(postgres)
    await _take(postgres)
    assert await _requeue(postgres) == 0
    await _started(postgres, seconds_ago=LEASE_S + 1)
    assert await _requeue(postgres) == 1


async def test_a_paused_run_is_asked_for_again_when_it_goes_on(postgres: Database) -> None:
    await add_run(postgres, "run_a", chunks=1)
    await change_status(postgres, "run_a", "paused")
    assert await _enqueue(postgres) == 0
    await change_status(postgres, "run_a", "running")
    assert await _enqueue(postgres) == 1


async def test_without_a_queue_nothing_is_asked_for(sqlite_database: Database) -> None:
    await add_run(sqlite_database, "run_a", chunks=2)
    assert await _enqueue(sqlite_database) == 0
    assert await _requeue(sqlite_database) == 0
