"""The queue's tables: those of the procrastinate that is installed, on PostgreSQL only, and gone without a trace."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from store import schema
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import PostgresFactory, SqliteFactory

FROZEN = Path(schema.__file__).parent / "migrations" / "sql" / "procrastinate_3_10.sql"
TRACES = """
SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE '%procrastinate%')
     + (SELECT count(*) FROM pg_proc WHERE proname LIKE 'procrastinate%')
     + (SELECT count(*) FROM pg_type WHERE typname LIKE '%procrastinate%')
"""


def test_the_frozen_schema_is_that_of_the_installed_procrastinate() -> None:
    """Where this fails after an upgrade, the new version's own migrations belong into one of ours."""
    assert FROZEN.read_text(encoding="utf-8").endswith(SchemaManager.get_schema())


async def test_taking_the_queue_back_leaves_nothing_of_it(postgres_factory: PostgresFactory, keyring: Keyring) -> None:
    database = Database.open(await postgres_factory.url(), keyring)
    assert await _traces(database) > 0
    async with database.session() as session:
        await (await session.connection()).run_sync(_downgrade)
    assert await _traces(database) == 0
    await database.migrate()
    await database.check()
    await database.close()


async def test_sqlite_has_no_queue(sqlite_factory: SqliteFactory, keyring: Keyring) -> None:
    database = Database.open(await sqlite_factory.url(), keyring)
    async with database.session(readonly=True) as session:
        found = await session.execute(text("SELECT name FROM sqlite_master WHERE name LIKE '%procrastinate%'"))
        assert list(found) == []
    await database.close()


def _downgrade(connection: Connection) -> None:
    config = schema._config()
    config.attributes["connection"] = connection
    command.downgrade(config, "0010_runs")


async def _traces(database: Database) -> int:
    async with database.session(readonly=True) as session:
        return int(await session.scalar(text(TRACES)) or 0)
