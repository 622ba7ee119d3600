"""What goes wrong with a disk or a server arrives as one of our types, with what to do."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import exc, text

from store.crypto import Keyring
from store.database import BadDatabaseUrl, Database
from store.failures import (
    DatabaseBusy,
    DatabaseCorrupt,
    DatabaseReadOnly,
    DatabaseUnavailable,
    DiskFull,
    NotMigrated,
    NulCharacter,
    translate,
)
from store.tables import Canary
from tests.kit.database import PostgresFactory, SqliteFactory


async def test_a_full_disk_rolls_back_and_says_to_free_space(sqlite_database: Database) -> None:
    async def fill() -> None:
        async with sqlite_database.session() as session:
            # As if the disk ended right behind the file.
            await session.execute(text("PRAGMA max_page_count = 1"))
            session.add_all([Canary(id=n, text="x" * 4000) for n in range(2, 50)])

    with pytest.raises(DiskFull, match="Free some space") as caught:
        await fill()
    assert not caught.value.retryable
    await sqlite_database.check()


async def test_a_writer_that_waits_too_long_gets_busy_and_may_retry(
    sqlite_factory: SqliteFactory, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.database.BUSY_TIMEOUT_MS", 50)
    url = await sqlite_factory.url()
    first, second = Database.open(url, keyring), Database.open(url, keyring)

    async def write() -> None:
        async with second.session() as session:
            await session.execute(text("DELETE FROM store_canary"))

    async with first.session() as session:
        await session.execute(text("DELETE FROM store_canary"))
        with pytest.raises(DatabaseBusy) as caught:
            await write()
    assert caught.value.retryable
    await first.close()
    await second.close()


def _damage(path: Path) -> None:
    """Everything behind the first page becomes noise."""
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xee" * (len(content) - 4096)
    path.write_bytes(content)


async def test_a_damaged_file_is_called_damaged(sqlite_factory: SqliteFactory, keyring: Keyring) -> None:
    url = await sqlite_factory.url()
    _damage(Path(url.removeprefix("sqlite:///")))
    database = Database.open(url, keyring)
    with pytest.raises(DatabaseCorrupt, match="backup"):
        await database.check()
    await database.close()


@pytest.mark.parametrize("url", ["", "hello", "mysql://root@host/db", "sqlite://", "sqlite:///:memory:"])
def test_a_url_we_do_not_speak_says_which_ones_we_do(url: str, keyring: Keyring) -> None:
    with pytest.raises(BadDatabaseUrl, match="sqlite:///path"):
        Database.open(url, keyring)


def test_a_password_in_a_bad_url_is_not_repeated(keyring: Keyring) -> None:
    with pytest.raises(BadDatabaseUrl) as caught:
        Database.open("mysql://root:hunter2@host/db", keyring)
    assert "hunter2" not in str(caught.value)


def _sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("detail")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("orig", "expected"),
    [
        (_sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), DatabaseBusy),
        (_sqlite_error(sqlite3.SQLITE_LOCKED), DatabaseBusy),
        (_sqlite_error(sqlite3.SQLITE_FULL), DiskFull),
        (_sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), DatabaseReadOnly),
        (_sqlite_error(sqlite3.SQLITE_CORRUPT), DatabaseCorrupt),
        (_sqlite_error(sqlite3.SQLITE_NOTADB), DatabaseCorrupt),
        (_sqlite_error(sqlite3.SQLITE_IOERR_WRITE), DatabaseUnavailable),
        (_sqlite_error(sqlite3.SQLITE_CANTOPEN), DatabaseUnavailable),
        (psycopg.errors.DiskFull(), DiskFull),
        (psycopg.errors.ReadOnlySqlTransaction(), DatabaseReadOnly),
        (psycopg.errors.DataCorrupted(), DatabaseCorrupt),
        (psycopg.errors.DeadlockDetected(), DatabaseBusy),
        (psycopg.errors.LockNotAvailable(), DatabaseBusy),
        (psycopg.errors.TooManyConnections(), DatabaseUnavailable),
        (psycopg.errors.UndefinedTable(), NotMigrated),
        (psycopg.OperationalError("connection refused"), DatabaseUnavailable),
    ],
)
def test_each_driver_error_has_one_of_our_types(orig: Exception, expected: type[DatabaseUnavailable]) -> None:
    ours = translate(exc.DBAPIError("SELECT 1", None, orig))
    assert type(ours) is expected
    assert ours.fix


def test_what_looks_damaged_is_looked_into_before_a_backup_is_put_over_it() -> None:
    ours = translate(exc.DBAPIError("SELECT 1", None, _sqlite_error(sqlite3.SQLITE_CORRUPT)))
    assert ours is not None
    assert ours.fix is not None
    first = ("Stop every process", "copy the file with its -wal", "integrity_check", "start again", "backup")
    assert sorted(first, key=ours.fix.index) == list(first)


def test_a_damaged_server_is_not_mended_with_tools_for_a_file() -> None:
    ours = translate(exc.DBAPIError("SELECT 1", None, psycopg.errors.IndexCorrupted()))
    assert isinstance(ours, DatabaseCorrupt)
    assert "REINDEX" in str(ours)
    assert "sqlite3" not in str(ours)


@pytest.mark.parametrize("orig", [_sqlite_error(sqlite3.SQLITE_CONSTRAINT), psycopg.errors.UniqueViolation()])
def test_a_broken_constraint_is_nothing_the_operator_can_mend(orig: Exception) -> None:
    assert translate(exc.IntegrityError("INSERT", None, orig)) is None


def test_a_used_up_pool_is_busy() -> None:
    assert type(translate(exc.TimeoutError("QueuePool limit"))) is DatabaseBusy


@pytest.mark.anyio
@pytest.mark.parametrize("asked", ["SELECT CAST(:text AS text)", "SELECT CAST(:text AS jsonb)"])
async def test_a_nul_that_reaches_the_database_is_no_fault_of_the_database(
    postgres_factory: PostgresFactory, asked: str
) -> None:
    said = "a\x00b" if "jsonb" not in asked else json.dumps("a\x00b")
    async with postgres_factory.opened() as database:
        with pytest.raises(NulCharacter):
            async with database.session(readonly=True) as session:
                await session.execute(text(asked), {"text": said})
