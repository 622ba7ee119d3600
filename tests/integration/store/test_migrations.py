"""Migrations build what the code expects, all or nothing, however often and from wherever they are run."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from memory.tables import MemoryState
from store import schema
from store.bulk import insert_rows, read_rows
from store.crypto import Keyring, WrongKey
from store.database import Database
from store.failures import DatabaseCorrupt, DatabaseUnavailable, MigrationFailed, NotMigrated
from store.tables import Canary
from tests.kit.database import DatabaseFactory

ROOT = Path(__file__).parents[3]


def _import_every_table() -> None:
    for room in ("api", "catalog", "composer", "memory", "store"):
        for path in sorted((ROOT / room).rglob("tables.py")):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
    return list(compare_metadata(context, SQLModel.metadata))


async def test_the_migrated_schema_is_the_one_the_tables_describe(database: Database) -> None:
    _import_every_table()
    async with database.session(readonly=True) as session:
        connection = await session.connection()
        assert await connection.run_sync(_differences) == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    await database.migrate()
    await database.check()


async def test_migrators_that_start_at_once_take_turns(database_factory: DatabaseFactory, keyring: Keyring) -> None:
    url = await database_factory.url(migrated=False)
    databases = [Database.open(url, keyring) for _ in range(3)]
    await asyncio.gather(*(database.migrate() for database in databases))
    for database in databases:
        await database.check()
        await database.close()


async def test_a_database_without_schema_says_to_migrate(database_factory: DatabaseFactory, keyring: Keyring) -> None:
    database = Database.open(await database_factory.url(migrated=False), keyring)
    with pytest.raises(NotMigrated, match="penfriend migrate"):
        await database.check()
    with pytest.raises(NotMigrated):
        await _read_canary(database)
    await database.close()


async def _at(database: Database, revision: str, *statements: str) -> None:
    """As if a version of that revision had been at work."""

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.execute(text(statement))

    async with database.session() as session:
        await (await session.connection()).run_sync(upgrade)


async def test_a_home_that_never_had_a_table_of_counts_is_brought_to_this_version(
    database_factory: DatabaseFactory, keyring: Keyring
) -> None:
    database = Database.open(await database_factory.url(migrated=False), keyring)
    await _at(database, "0031_own_page", "DROP TABLE result_count")
    await database.migrate()
    await database.check()
    await database.close()


async def test_a_migration_that_fails_says_at_what_and_changes_nothing(
    database_factory: DatabaseFactory, keyring: Keyring
) -> None:
    database = Database.open(await database_factory.url(migrated=False), keyring)
    await _at(database, "0031_own_page", "DROP TABLE contact")
    with pytest.raises(MigrationFailed, match=r"contact.* at: ALTER TABLE contact"):
        await database.migrate()
    async with database.session(readonly=True) as session:
        found = await (await session.connection()).run_sync(schema.current_revision)
    assert found == "0031_own_page"
    await database.close()


async def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    for attempt in (database.check, database.migrate):
        with pytest.raises(NotMigrated) as caught:
            await attempt()
        assert caught.value.reason == "newer_schema"


async def test_another_keyring_is_refused_before_any_data_is_touched(
    database_factory: DatabaseFactory, keyring: Keyring
) -> None:
    url = await database_factory.url()
    stranger = Database.open(url, Keyring.generate())
    for attempt in (stranger.check, stranger.migrate):
        with pytest.raises(WrongKey, match="key file"):
            await attempt()
    await stranger.close()


async def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path, keyring: Keyring) -> None:
    path = tmp_path / "not.db"
    path.write_bytes(b"This is a letter, not a database. " * 100)
    database = Database.open(f"sqlite:///{path}", keyring)
    with pytest.raises(DatabaseCorrupt, match="backup"):
        await database.check()
    await database.close()


def test_a_missing_folder_is_named(tmp_path: Path, keyring: Keyring) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"nowhere.*Create it"):
        Database.open(f"sqlite:///{tmp_path}/nowhere/x.db", keyring)


async def test_a_missing_server_says_what_to_check(keyring: Keyring) -> None:
    database = Database.open("postgresql://nobody@127.0.0.1:1/none", keyring)
    with pytest.raises(DatabaseUnavailable, match="Check the database URL"):
        await database.check()
    await database.close()


async def _read_canary(database: Database) -> None:
    async with database.session() as session:
        await session.get(Canary, 1)


async def test_memories_of_the_version_before_are_read_and_folded_on(
    database_factory: DatabaseFactory, keyring: Keyring
) -> None:
    """They lay in a table beside theirs on PostgreSQL, and are kept in their rows from then on."""
    database = Database.open(await database_factory.url(migrated=False), keyring)
    await _at(database, "0042_not_sent", "INSERT INTO customer (id, created_at) VALUES ('cus_1', '2026-03-01')")
    columns, state = ("customer_id", "fold_version", "state"), bytes(range(256)) * 24
    async with database.session() as session:
        await insert_rows(session, MemoryState, columns, [("cus_1", 1, state)])
    await database.migrate()
    async with database.session() as session:
        assert await read_rows(session, MemoryState, columns, "customer_id", ["cus_1"]) == [("cus_1", 1, state)]
        await insert_rows(session, MemoryState, columns, [("cus_1", 2, state[1:])], on_conflict="replace")
        assert await read_rows(session, MemoryState, columns, "customer_id", ["cus_1"]) == [("cus_1", 2, state[1:])]
    await database.close()
