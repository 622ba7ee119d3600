"""Sessions: one transaction each."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from store.database import Database
from store.failures import DatabaseReadOnly
from store.tables import Canary


async def _count(database: Database) -> int:
    async with database.session(readonly=True) as session:
        return (await session.execute(select(func.count()).select_from(Canary))).scalar_one()


async def test_a_clean_exit_commits(database: Database) -> None:
    async with database.session() as session:
        session.add(Canary(id=7, text="kept"))
    assert await _count(database) == 2


async def test_an_exception_rolls_everything_back_and_passes_through(database: Database) -> None:
    async def fail_halfway() -> None:
        async with database.session() as session:
            session.add(Canary(id=7, text="lost"))
            await session.flush()
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        await fail_halfway()
    assert await _count(database) == 1


async def test_a_cancelled_session_rolls_back(database: Database) -> None:
    written = asyncio.Event()

    async def write_and_hang() -> None:
        async with database.session() as session:
            session.add(Canary(id=7, text="lost"))
            await session.flush()
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_hang())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _count(database) == 1


async def test_a_readonly_session_refuses_writes(database: Database) -> None:
    with pytest.raises(DatabaseReadOnly):
        async with database.session(readonly=True) as session:
            await session.execute(text("DELETE FROM store_canary"))
    assert await _count(database) == 1


async def test_a_reader_sees_the_last_commit_while_a_writer_works(database: Database) -> None:
    async with database.session() as session:
        session.add(Canary(id=7, text="not yet"))
        await session.flush()
        assert await _count(database) == 1
    assert await _count(database) == 2


async def test_writers_that_read_first_never_lose_an_update(database: Database) -> None:
    async with database.session() as session:
        session.add(Canary(id=7, text="0"))

    async def increment() -> None:
        async with database.session() as session:
            row = (await session.execute(select(Canary).where(col(Canary.id) == 7).with_for_update())).scalar_one()
            row.text = str(int(row.text) + 1)

    await asyncio.gather(*(increment() for _ in range(20)))
    async with database.session(readonly=True) as session:
        row = await session.get(Canary, 7)
    assert row is not None
    assert row.text == "20"
