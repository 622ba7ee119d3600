"""What is written while memories are folded ends with them: all of a batch is taken or nothing, and no connection is
given back while a statement runs on it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from memory import ingest as ingesting
from memory.ingest import IngestReport, ingest
from memory.rebuild import load_states
from memory.state import NEWEST_VIEWS
from memory.tables import Event, MemoryState
from store.database import Database
from store.failures import DatabaseUnavailable
from tests.kit.database import PostgresFactory, until_somebody_waits
from tests.kit.events import NOW, TEA, track
from tests.kit.patience import PATIENCE_S


class Broken(Exception):
    """What folding met."""


async def _take(database: Database, *messages: Any) -> IngestReport:
    async with database.session() as session:
        return await ingest(session, messages, received_at=NOW)


def _views(user: str = "u1", count: int = 3) -> list[Any]:
    return [track("Product Viewed", TEA, user=user, days_ago=days, message_id=f"m{days}") for days in range(count)]


async def _counted(database: Database) -> tuple[int, int]:
    """Events, and memories."""
    async with database.session(readonly=True) as session:
        events = await session.scalar(select(func.count()).select_from(Event))
        memories = await session.scalar(select(func.count(col(MemoryState.customer_id))))
    return int(events or 0), int(memories or 0)


def _breaking(error: BaseException) -> Callable[..., Any]:
    def fold(*_: Any) -> Any:
        raise error

    return fold


async def test_what_cannot_be_folded_is_not_stored_and_may_come_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(ingesting, "fold", _breaking(Broken()))
        with pytest.raises(Broken):
            await _take(database, *_views())
    assert await _counted(database) == (0, 0)
    assert (await _take(database, *_views())).accepted == 3
    assert await _counted(database) == (3, 1)


@pytest.fixture
async def contended(postgres_factory: PostgresFactory) -> AsyncIterator[Database]:
    """A database in which others hold what is to be written."""
    async with postgres_factory.opened() as database:
        yield database


async def test_nobody_waits_for_a_lock_on_behalf_of_a_fold_that_failed(
    contended: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _take(contended, *_views(count=1))

    async def broken_once_the_server_waits(*_: Any) -> None:
        await until_somebody_waits(contended)
        raise Broken

    async with contended.session() as other:
        await other.execute(text("LOCK TABLE event IN SHARE MODE"))
        with monkeypatch.context() as broken:
            broken.setattr(ingesting, "_fold", broken_once_the_server_waits)
            async with asyncio.timeout(PATIENCE_S):
                with pytest.raises(Broken):
                    await _take(contended, *_views())
    assert (await _take(contended, *_views())).accepted == 2
    assert await _counted(contended) == (3, 1)


async def test_who_is_cancelled_while_the_server_writes_leaves_nothing_and_no_connection_in_use(
    contended: Database,
) -> None:
    await _take(contended, *_views(count=1))
    async with contended.session() as other:
        await other.execute(text("LOCK TABLE event IN SHARE MODE"))
        taking = asyncio.create_task(_take(contended, *_views()))
        await until_somebody_waits(contended)
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
    assert await _counted(contended) == (1, 1)
    taken = await asyncio.gather(*(_take(contended, *_views()) for _ in range(8)))
    assert sum(report.accepted for report in taken) == 2
    assert await _counted(contended) == (3, 1)


async def test_a_connection_that_dies_meanwhile_takes_the_batch_with_it(contended: Database) -> None:
    async with contended.session() as other:
        await other.execute(text("LOCK TABLE event IN SHARE MODE"))
        taking = asyncio.create_task(_take(contended, *_views()))
        await until_somebody_waits(contended)
        await other.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            )
        )
        with pytest.raises(DatabaseUnavailable):
            await taking
    assert await _counted(contended) == (0, 0)
    assert (await _take(contended, *_views())).accepted == 3
    assert await _counted(contended) == (3, 1)


async def test_two_batches_with_one_event_of_two_people_end_with_one_of_them(contended: Database) -> None:
    """Neither waits for the other's customer; of the event itself one is the second, and hears that it is known."""
    taken = await asyncio.gather(*(_take(contended, *_views(user)) for user in ("u1", "u2")))
    assert sorted((report.accepted, report.duplicates) for report in taken) == [(0, 3), (3, 0)]
    assert await _counted(contended) == (3, 1)


async def test_of_events_that_many_send_for_others_each_is_taken_once_and_every_own_one_too(
    contended: Database,
) -> None:
    """In whatever order they stand in the batch."""
    users = [f"u{number}" for number in range(6)]
    shared = 400
    batches = [[*_views(user, shared)[:: number % 2 * 2 - 1], _own(user)] for number, user in enumerate(users)]
    for batch in batches:
        await _take(contended, track("Product Viewed", TEA, user=str(batch[0]["userId"]), days_ago=9))
    taken = await asyncio.gather(*(_take(contended, *batch) for batch in batches))
    assert sum(report.accepted for report in taken) == shared + len(users)
    assert sum(report.duplicates for report in taken) == shared * (len(users) - 1)
    async with contended.session(readonly=True) as session:
        owners = Counter((await session.execute(select(col(Event.customer_id)))).scalars())
        states = await load_states(session, [*owners])
    assert {one: len(state["views"]) for one, state in states.items()} == {
        one: min(count, NEWEST_VIEWS) for one, count in owners.items()
    }
    assert sum(owners.values()) == shared + 2 * len(users)


def _own(user: str) -> Any:
    return track("Product Viewed", TEA, user=user, days_ago=5, message_id=f"own-{user}")
