"""What was deleted leaves the files, and nobody is held up for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.engine import make_url
from sqlmodel import col

from store.compaction import StillBeingRead, wipe
from store.crypto import Keyring
from store.database import Database
from store.tables import Canary
from tests.kit.database import SqliteFactory

pytestmark = pytest.mark.anyio


def silently(*_: object) -> None:
    """Nobody watches."""


async def write(database: Database, number: int) -> None:
    async with database.session() as session:
        session.add(Canary(id=number, text=f"secret {number}"))


def log_size(url: str) -> int:
    """Bytes in the write-ahead log."""
    return Path(f"{make_url(url).database}-wal").stat().st_size


async def test_the_log_is_cut_once_nobody_reads_what_was_before(
    sqlite_factory: SqliteFactory, keyring: Keyring
) -> None:
    url = await sqlite_factory.url()
    database = Database.open(url, keyring)
    await write(database, 2)
    async with database.session(readonly=True) as reader:
        assert (await reader.execute(select(func.count()).select_from(Canary))).scalar_one() == 2
        await write(database, 3)
        with pytest.raises(StillBeingRead, match="long reader"):
            await wipe(database, [], silently, patience_s=0.1)
        await write(database, 4)
    await wipe(database, [], silently)
    assert log_size(url) == 0
    await database.close()


async def test_tables_are_vacuumed_outside_any_transaction(database: Database) -> None:
    await write(database, 2)
    async with database.session() as session:
        await session.execute(delete(Canary).where(col(Canary.id) == 2))
    await wipe(database, ["store_canary"], silently)
    await database.check()
