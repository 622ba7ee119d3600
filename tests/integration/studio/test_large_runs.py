"""What the page of a run asks of the database does not grow with the run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from api.studio import overviewing, running
from composer.runs import service
from composer.runs.model import RecipientStatus
from composer.runs.overview import look
from composer.runs.recipients import LOOKED_THROUGH, look_through
from composer.waiting import waiting
from store.database import Database
from tests.kit.large_runs import add_large_run

pytestmark = pytest.mark.anyio
Asked = list[tuple[str, Any]]


@asynccontextmanager
async def listening(database: Database) -> AsyncIterator[tuple[AsyncSession, Asked]]:
    """A session, and every statement it sends."""
    asked: Asked = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append((statement, parameters))

    async with database.session(readonly=True) as session:
        engine = (await session.connection()).sync_connection
        event.listen(engine, "before_cursor_execute", note)
        yield session, asked
        event.remove(engine, "before_cursor_execute", note)


async def rows_of(database: Database, act: Callable[[AsyncSession], Awaitable[object]]) -> list[int]:
    """How many rows each statement of `act` gets."""
    async with listening(database) as (session, asked):
        await act(session)
        done = list(asked)
        connection = await session.connection()
        return [len((await connection.exec_driver_sql(*one)).fetchall()) for one in done]


def page_of(run_id: str, size: int) -> Callable[[AsyncSession], Awaitable[object]]:
    async def act(session: AsyncSession) -> object:
        shown = await running.show(session, run_id)
        assert shown.rules[0].words == "a price that is not the product's"
        return await look_through(session, run_id, size=size)

    return act


async def overview_of(session: AsyncSession) -> object:
    return overviewing.needs(await look(session), await waiting(session))


@pytest.mark.parametrize("moving", [False, True])
async def test_the_page_of_a_large_run_asks_for_as_many_rows_as_that_of_a_small_one(
    database: Database, moving: bool
) -> None:
    await add_large_run(database, "run_1", 2, in_hand=1 if moving else 0, moving=moving)
    await add_large_run(database, "run_2", 60, in_hand=1 if moving else 0, moving=moving)
    small, large = await rows_of(database, page_of("run_1", 500)), await rows_of(database, page_of("run_2", 15_000))
    assert large == small
    assert sum(large) < 50


async def test_the_overview_asks_for_as_many_rows_beside_a_large_run(
    database: Database,
) -> None:
    await add_large_run(database, "run_1", 1)
    before = await rows_of(database, overview_of)
    await add_large_run(database, "run_2", 60)
    after = await rows_of(database, overview_of)
    assert len(after) == len(before)
    assert sum(after) <= sum(before) + 4


async def test_a_run_is_the_sum_of_what_is_posted_and_what_is_in_hand(database: Database) -> None:
    await add_large_run(database, "run_1", 5, in_hand=2, moving=True)
    async with database.session(readonly=True) as session:
        run = await service.get(session, "run_1")
    assert (run.tally.composed, run.tally.failed, run.tally.reasons["no_consent"]) == (1_000, 25, 225)
    assert (run.tally.rules, run.tally.examples) == ({"price.wrong": 60}, {"price.wrong": ["msg_1"]})


async def test_recipients_are_paged_by_status_and_searched_for_a_reason_in_steps(database: Database) -> None:
    await add_large_run(database, "run_1", 60)
    async with database.session(readonly=True) as session:
        failed = await look_through(session, "run_1", size=15_000, status=RecipientStatus.FAILED, limit=7)
        assert [one.position for one in failed.recipients] == [245, 246, 247, 248, 249, 495, 496]
        assert failed.after == 496
        nobody = await look_through(session, "run_1", size=15_000, reason="unsubscribed")
        assert (nobody.recipients, nobody.after) == ([], LOOKED_THROUGH - 1)
        further = await look_through(session, "run_1", size=15_000, reason="unsubscribed", after=LOOKED_THROUGH - 1)
        assert (further.recipients, further.after) == ([], None)
        last = await look_through(session, "run_1", size=15_000, after=14_998)
        assert ([one.position for one in last.recipients], last.after) == ([14_999], None)
