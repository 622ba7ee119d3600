"""Several processes at once, and processes that end: nobody is lost, nobody is written to twice, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer import telemetry
from composer.batch import Prepared, Written
from composer.contract import ComposeResult
from composer.runs import service
from composer.runs.composing import ChunkEnd, compose_chunk
from composer.runs.model import RunStatus
from composer.runs.queue_runner import QueueRunner
from composer.runs.settings import RunSettings
from composer.runs.tables import ChunkRow, WorkerRow
from composer.runs.watch import Hold, Watch
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.errors import PenfriendError
from store.failures import DatabaseUnavailable
from tests.kit.database import PostgresFactory
from tests.kit.patience import PATIENCE_S
from tests.kit.runs import (
    completed,
    customer,
    event_kinds,
    killed_later,
    open_shop,
    read_run,
    rows_by_status,
    run_until,
    start_run,
    working,
)
from tests.kit.scripted_composing import ScriptedComposing, stored_emails

pytestmark = pytest.mark.anyio

SMALL = 25
"""Recipients a chunk, where a test needs many chunks."""


@pytest.fixture
async def shop(database: Database) -> Database:
    """A campaign to run."""
    await open_shop(database)
    return database


@pytest.fixture
async def one_shop(sqlite_database: Database) -> Database:
    """The same on SQLite alone, for what does not depend on the database."""
    await open_shop(sqlite_database)
    return sqlite_database


async def let_leases_run_out(database: Database) -> None:
    """As time would."""
    async with database.session() as session:
        for chunk in (await session.execute(select(ChunkRow).where(ChunkRow.owner != ""))).scalars():
            chunk.lease_until = clock.now() - timedelta(minutes=1)


async def taken(watch: Watch, run_id: str, number: int = 0) -> Hold:
    """This chunk, in the hands of that process."""
    hold = await watch.take(run_id, number)
    assert hold is not None
    return hold


async def test_a_killed_process_loses_nobody_and_what_it_had_in_flight_is_written_once_more(shop: Database) -> None:
    run = await start_run(shop, 300)
    alive = True
    composing = ScriptedComposing(
        lambda name, before: "hang" if alive and name >= customer(150) else None, seconds=0.02
    )
    async with killed_later(shop, composing, concurrency=20):
        await run_until(shop, run.id, lambda run: run.tally.composed >= 40)
    stored = (await read_run(shop, run.id)).tally.composed
    alive = False
    async with working(shop, composing):
        await asyncio.sleep(0.25)
        assert (await read_run(shop, run.id)).tally.composed < 300, "the dead one's lease still holds"
        await let_leases_run_out(shop)
        run = await completed(shop, run.id)
    assert (run.tally.composed, stored < 300) == (300, True)
    assert max(composing.asked.values()) <= 2
    assert sum(composing.asked.values()) - 300 <= 20 + 2 * 40
    async with shop.session(readonly=True) as session:
        assert len(await stored_emails(session)) == 300


async def test_who_lost_their_lease_stores_nothing_more(shop: Database) -> None:
    run = await start_run(shop, 3)
    composing = ScriptedComposing(lambda name, before: "hang" if before == 0 else None)
    slow, fast = (Watch(shop, RunSettings()) for _ in range(2))
    hold = await taken(slow, run.id)
    losing = asyncio.create_task(compose_chunk(composing, slow, hold))
    while composing.writing < 3:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await let_leases_run_out(shop)
    assert await compose_chunk(composing, fast, await taken(fast, run.id)) is ChunkEnd.DONE
    await slow.renew()
    assert await losing is ChunkEnd.LOST
    run = await read_run(shop, run.id)
    assert (run.status, run.tally.composed, composing.writing) == (RunStatus.COMPLETED, 3, 0)


class Overtaken(ScriptedComposing):
    """While it stores, somebody else takes the chunk: what a process looks like that was suspended for a while."""

    def __init__(self, shop: Database) -> None:
        super().__init__()
        self.shop = shop
        self.overtaken = False

    async def write(self, prepared: Prepared) -> Written:
        """As soon as the first is written."""
        written = await super().write(prepared)
        if not self.overtaken:
            self.overtaken = True
            await let_leases_run_out(self.shop)
            await Watch(self.shop, RunSettings()).take_fairest()
        return written


async def test_a_late_group_of_a_lost_chunk_is_not_committed(shop: Database) -> None:
    run = await start_run(shop, 3)
    composing = Overtaken(shop)
    watch = Watch(shop, RunSettings())
    assert await compose_chunk(composing, watch, await taken(watch, run.id)) is ChunkEnd.LOST
    assert await rows_by_status(shop, run.id) == {"pending": 3}
    async with shop.session(readonly=True) as session:
        assert await stored_emails(session) == []


async def test_a_chunk_is_in_one_hand_at_a_time(shop: Database) -> None:
    run = await start_run(shop, 2 * SMALL, chunk_size=SMALL)
    watches = [Watch(shop, RunSettings()) for _ in range(5)]
    holds = await asyncio.gather(*(watch.take_fairest() for watch in watches))
    numbers = sorted(hold.held.number for hold in holds if hold is not None)
    assert numbers == sorted(set(numbers))
    # Who finds a row locked passes it over rather than waits; whoever comes now finds what is left.
    while (hold := await watches[0].take_fairest()) is not None:
        numbers.append(hold.held.number)
    assert sorted(numbers) == [0, 1]
    assert await watches[0].take(run.id, 0) is None


async def test_a_chunk_is_a_takeover_only_where_its_owner_did_not_give_it_back(one_shop: Database) -> None:
    def takeovers() -> float:
        return telemetry.REGISTRY.get_sample_value("penfriend_run_chunk_takeovers_total") or 0.0

    run = await start_run(one_shop, 3)
    composing = ScriptedComposing(lambda name, before: "hang" if before == 0 else None)
    first, second, third = (Watch(one_shop, RunSettings()) for _ in range(3))
    before = takeovers()
    first_hold = await taken(first, run.id)
    first.stop()
    assert await compose_chunk(composing, first, first_hold) is ChunkEnd.RETURNED
    await taken(second, run.id)
    assert takeovers() == before, "given back, then taken"
    await let_leases_run_out(one_shop)
    await taken(third, run.id)
    assert takeovers() == before + 1


async def test_who_works_forgets_those_who_were_killed_long_ago(one_shop: Database) -> None:
    now = clock.now()
    async with one_shop.session() as session:
        for name, ago in (("killed", 25), ("resting", 23)):
            seen = now - timedelta(hours=ago)
            session.add(WorkerRow(id=name, host="", pid=1, version="", started_at=seen, seen_at=seen))

    async def known() -> set[str]:
        async with one_shop.session(readonly=True) as session:
            return set((await session.execute(select(col(WorkerRow.id)))).scalars())

    async with working(one_shop, ScriptedComposing()), asyncio.timeout(PATIENCE_S):
        while "killed" in await known():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
        assert "resting" in await known()


async def test_two_processes_work_on_one_run_and_one_of_them_completes_it(shop: Database) -> None:
    run = await start_run(shop, 8 * SMALL, chunk_size=SMALL)
    both = [ScriptedComposing(seconds=1), ScriptedComposing(seconds=1)]
    async with working(shop, both[0], concurrency=10), working(shop, both[1], concurrency=10):
        seen = await run_until(shop, run.id, lambda run: run.workers == 2)
        assert seen.status is RunStatus.RUNNING
        both[0].seconds = both[1].seconds = 0.02
        run = await completed(shop, run.id)
    assert run.tally.composed == 8 * SMALL
    assert not both[0].asked.keys() & both[1].asked.keys()
    assert all(one.asked for one in both)
    assert await event_kinds(shop, run.id) == ["started", "completed"]


async def test_two_runs_go_on_side_by_side_whatever_their_size(shop: Database) -> None:
    large = await start_run(shop, 10 * SMALL, occasion="large", chunk_size=SMALL)
    composing = ScriptedComposing(seconds=0.02)
    # However long it takes to start the small one, enough of the large one is left.
    composing.most_begun = 2 * SMALL
    async with working(shop, composing, concurrency=5):
        await run_until(shop, large.id, lambda run: run.tally.composed >= SMALL)
        small = await start_run(shop, 3 * SMALL, occasion="small", chunk_size=SMALL)
        composing.most_begun = None
        await completed(shop, small.id)
        await completed(shop, large.id)
    occasions = [request.occasion for request in composing.requests]
    first, last = occasions.index("small"), len(occasions) - 1 - occasions[::-1].index("small")
    others = occasions[first:last].count("large")
    # While the small run's three chunks went on, the large one got as much, give or take the chunks in hand.
    assert SMALL <= others <= 5 * SMALL


async def test_a_resumed_run_does_not_catch_up_at_the_cost_of_others(shop: Database) -> None:
    early = await start_run(shop, 4 * SMALL, occasion="early", chunk_size=SMALL)
    async with shop.session() as session:
        await service.pause(session, early.id)
    late = await start_run(shop, 4 * SMALL, occasion="late", chunk_size=SMALL)
    watch = Watch(shop, RunSettings())
    first_two = [await watch.take_fairest() for _ in range(2)]
    assert {hold.held.run_id for hold in first_two if hold} == {late.id}
    async with shop.session() as session:
        await service.resume(session, early.id)
    next_four = [hold.held.run_id for _ in range(4) if (hold := await watch.take_fairest())]
    assert sorted(next_four) == sorted([early.id, late.id] * 2)


async def test_the_slots_of_a_process_are_kept_full_and_never_exceeded(one_shop: Database) -> None:
    run = await start_run(one_shop, 6 * SMALL, chunk_size=SMALL)
    composing = ScriptedComposing(seconds=1)
    async with working(one_shop, composing, concurrency=40):
        # The first are still written when the last of them begins, on any machine.
        while composing.writing < 40:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        composing.seconds = 0.05
        await completed(one_shop, run.id)
    assert composing.most == 40


async def test_who_hangs_in_one_chunk_does_not_hold_up_the_next(one_shop: Database) -> None:
    composing = ScriptedComposing(lambda name, before: "hang" if name == customer(3) and before == 0 else None)
    run = await start_run(one_shop, 3 * SMALL, chunk_size=SMALL)
    async with working(one_shop, composing, concurrency=10, grace_s=0):
        await run_until(one_shop, run.id, lambda run: run.tally.composed == 3 * SMALL - 1)
    async with working(one_shop, composing):
        assert (await completed(one_shop, run.id)).tally.composed == 3 * SMALL


async def test_a_process_that_ends_finishes_what_it_writes_and_gives_the_rest_back(shop: Database) -> None:
    run = await start_run(shop, 300)
    composing = ScriptedComposing(seconds=0.3)
    async with working(shop, composing, concurrency=10, grace_s=PATIENCE_S):
        await run_until(shop, run.id, lambda run: run.workers == 1)
        while composing.writing < 10:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    run = await read_run(shop, run.id)
    assert run.tally.composed == composing.asked.total() < 300
    async with shop.session(readonly=True) as session:
        assert (await session.execute(select(ChunkRow.owner).distinct())).scalars().all() == [""]
        assert (await session.execute(select(WorkerRow))).first() is None


async def test_after_the_grace_what_is_not_written_is_left_to_others(one_shop: Database) -> None:
    composing = ScriptedComposing(lambda name, before: "hang" if name > customer(4) and before == 0 else None)
    run = await start_run(one_shop, 20)
    async with working(one_shop, composing, concurrency=20, grace_s=0.1):
        await run_until(one_shop, run.id, lambda run: run.tally.composed == 5)
        while composing.writing < 15:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert await rows_by_status(one_shop, run.id) == {"composed": 5, "pending": 15}
    async with working(one_shop, composing):
        assert (await completed(one_shop, run.id)).tally.composed == 20


class Unreachable(ScriptedComposing):
    """The database goes away for a while, whenever something is stored for the first time, before or after it is."""

    def __init__(self) -> None:
        super().__init__()
        self.outages = 3

    async def store(
        self, session: AsyncSession, written: Sequence[Written], *, run_id: str = ""
    ) -> list[ComposeResult | PenfriendError]:
        """Stored, and then not after all."""
        stored = await super().store(session, written, run_id=run_id)
        if self.outages:
            self.outages -= 1
            raise DatabaseUnavailable("The server closed the connection.")
        return stored


async def test_an_outage_of_the_database_is_nobodys_failure(one_shop: Database) -> None:
    run = await start_run(one_shop, 10)
    composing = Unreachable()
    async with working(one_shop, composing):
        run = await completed(one_shop, run.id)
    assert (run.tally.composed, run.tally.failed, composing.outages) == (10, 0, 0)
    assert set(composing.asked.values()) == {1}


async def test_a_server_that_closes_every_connection_again_and_again_loses_nobody(
    postgres_factory: PostgresFactory, keyring: Keyring
) -> None:
    url = await postgres_factory.url()
    database, server = Database.open(url, keyring), Database.open(url, keyring, pool_size=1)
    await open_shop(database)
    run = await start_run(database, 20 * SMALL, chunk_size=SMALL)
    composing = ScriptedComposing(seconds=0.05)
    async with working(database, composing, concurrency=20):
        for _ in range(8):
            await asyncio.sleep(0.1)
            async with server.session() as session:
                await session.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
        await completed(server, run.id)
    run = await read_run(server, run.id)
    assert (run.tally.composed, run.tally.failed) == (20 * SMALL, 0)
    assert set(composing.asked.values()) == {1}
    await database.close()
    await server.close()


async def test_who_hangs_holds_up_no_other_chunk_of_a_queue(
    postgres_factory: PostgresFactory, keyring: Keyring
) -> None:
    url = await postgres_factory.url()
    database = Database.open(url, keyring)
    await open_shop(database)
    run = await start_run(database, 12 * SMALL, chunk_size=SMALL)
    hanging = {customer(number) for number in range(0, 12 * SMALL, SMALL)}
    composing = ScriptedComposing(lambda name, before: "hang" if name in hanging and before == 0 else None)
    settings = RunSettings(concurrency=20, grace_s=0.2)
    runner = QueueRunner(database, url, composing, settings)
    task = asyncio.create_task(runner.run())
    await run_until(database, run.id, lambda run: run.tally.composed == 12 * (SMALL - 1))
    runner.stop()
    await task
    assert await rows_by_status(database, run.id) == {"composed": 12 * (SMALL - 1), "pending": 12}
    async with working(database, composing):
        assert (await completed(database, run.id)).tally.composed == 12 * SMALL
    await database.close()
