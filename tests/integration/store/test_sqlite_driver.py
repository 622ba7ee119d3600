"""SQLite connections that ask their thread once a statement: results large and small arrive whole and in order."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from store.sqlite_driver import FIRST_ROWS, Connection, connect

pytestmark = pytest.mark.anyio
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"


@pytest.fixture
async def connection(tmp_path: Path) -> Connection:
    return await connect(str(tmp_path / "a.db"), isolation_level=None)


@pytest.mark.parametrize("count", [0, 1, FIRST_ROWS - 1, FIRST_ROWS, FIRST_ROWS + 1, 3 * FIRST_ROWS])
async def test_every_row_arrives_once_and_in_order_however_it_is_fetched(connection: Connection, count: int) -> None:
    found: list[list[int]] = []
    for size in (None, 1, 100, FIRST_ROWS):
        async with connection.cursor() as cursor:
            await cursor.execute(NUMBERS.replace("SELECT i FROM n", "SELECT i FROM n WHERE i <= ?"), (count, count))
            rows: list[int] = []
            while taken := [row[0] for row in await (cursor.fetchall() if size is None else cursor.fetchmany(size))]:
                assert size is None or len(taken) <= size
                rows += taken
            assert await cursor.fetchone() is None
            found.append(rows)
    await connection.close()

    assert found == [list(range(1, count + 1))] * 4


async def test_a_half_read_result_lets_others_write_when_it_is_closed(connection: Connection) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute("CREATE TABLE kept (i INTEGER)")
        await cursor.executemany("INSERT INTO kept VALUES (?)", [(number,) for number in range(2 * FIRST_ROWS)])
        rowcount = cursor.rowcount
    async with connection.cursor() as cursor:
        await cursor.execute("SELECT i FROM kept ORDER BY i")
        first = await cursor.fetchone()
    async with connection.cursor() as cursor:
        await cursor.execute("DROP TABLE kept")
    await connection.close()

    assert (rowcount, first) == (2 * FIRST_ROWS, (0,))


async def test_an_error_of_the_database_arrives_as_itself_and_leaves_the_connection_usable(
    connection: Connection,
) -> None:
    async with connection.cursor() as cursor:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await cursor.execute("SELECT * FROM nowhere")
        await cursor.execute("SELECT 1")
        assert await cursor.fetchall() == [(1,)]
    await connection.close()


async def test_who_runs_out_of_time_while_giving_back_gives_back_whole_and_hears_of_it_then(
    connection: Connection,
) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute("BEGIN")
    busy = threading.Event()
    before_it = asyncio.create_task(connection.in_thread(busy.wait))
    given_back = went_on = False

    async def ask() -> None:
        nonlocal given_back, went_on
        async with asyncio.timeout(None) as limit:
            limit.reschedule(asyncio.get_running_loop().time())
            asyncio.get_running_loop().call_later(0.01, busy.set)
            await connection.rollback()
            given_back = not connection.in_transaction
            await asyncio.sleep(0)
            went_on = True

    with pytest.raises(TimeoutError):
        await ask()
    await before_it
    still_told = asyncio.current_task()
    await connection.close()

    assert given_back
    assert not went_on
    assert still_told is not None
    assert still_told.cancelling() == 0


async def test_who_is_cancelled_twice_while_giving_back_is_cancelled(connection: Connection) -> None:
    busy = threading.Event()
    before_it = asyncio.create_task(connection.in_thread(busy.wait))

    async def ask() -> None:
        await connection.rollback()
        await asyncio.sleep(0)

    asking = asyncio.create_task(ask())
    for _ in range(2):
        await asyncio.sleep(0)
        asking.cancel()
    await asyncio.sleep(0)
    assert not asking.done()
    busy.set()
    with suppress(asyncio.CancelledError):
        await asking
    await before_it
    await connection.close()

    assert asking.cancelled()
