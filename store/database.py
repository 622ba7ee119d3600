"""The database: engines, sessions, migration and health. SQLite in WAL mode, or PostgreSQL through psycopg 3.

One `session()` is one transaction: it commits on a clean exit and rolls back on any exception. On SQLite,
writing sessions begin with BEGIN IMMEDIATE and share one connection: writers queue, and no transaction
is refused half-way because it began as a reader (SQLITE_BUSY_SNAPSHOT). Readers have connections of their own
and never wait.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from sqlalchemy import Connection, Engine, event, insert, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlmodel import col

from store import schema
from store.crypto import Keyring, WrongKey
from store.errors import InvalidInput
from store.failures import DatabaseUnavailable, NotMigrated, migrating, not_migrated, translated
from store.files.own import protect_database
from store.postgres_driver import BulkCursor
from store.sqlite_driver import connect
from store.tables import Canary
from store.types import use_keyring

CANARY_ID = 1
CANARY_TEXT = "penfriend"
BUSY_TIMEOUT_MS = 10_000
MIGRATION_TIMEOUT_MS = 300_000
"""How long a migrator waits for another one; on PostgreSQL they wait for each other without an end."""
WAL_PAGES = 8_000
"""Pages of 4 KB in the write-ahead log from which they are copied into the file. A batch of events writes some 2,000:
at SQLite's own 1,000 every commit would wait for a copy and for a second sync."""
WRITER_CACHE_KIB = 32_768
"""Of pages, for the one connection that writes. In SQLite's own 2 MB a batch of events has no room: what it reads is
read again when it is written, and pages go into the log twice."""
POOL_SIZE = 10
_NO_TRANSACTION = "penfriend_no_transaction"


class BadDatabaseUrl(InvalidInput):
    """Not a URL of a database we speak."""

    reason = "bad_database_url"


def _parse(url: str) -> URL:
    """The async URL of `url`; `postgres://`, `postgresql://` and `sqlite://` get their drivers."""
    fix = "Use sqlite:///path/to/file.db or postgresql://user:password@host/name."
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadDatabaseUrl("The database URL cannot be read.", fix=fix) from error
    backend = parsed.drivername.partition("+")[0]
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise BadDatabaseUrl(f"Penfriend does not speak {backend}.", fix=fix)
    if parsed.database in (None, "", ":memory:"):
        raise BadDatabaseUrl("SQLite needs a file: in memory, every connection has its own database.", fix=fix)
    return parsed.set(drivername="sqlite+aiosqlite")


def _need_folder(url: URL) -> None:
    folder = Path(url.database or "").parent
    if not folder.is_dir():
        raise DatabaseUnavailable(
            f"There is no folder {folder} for the database file.", fix="Create it, or check the database URL."
        )


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _switch_to_wal(cursor: Any) -> None:
    """The mode is kept in the file. Who finds it busy need not wait: another connection is switching it."""
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise


def _set_up(cursor: Any, *, readonly: bool) -> None:
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    if readonly:
        cursor.execute("PRAGMA query_only = ON")
    else:
        _switch_to_wal(cursor)
        cursor.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is deleted is overwritten: a person who was erased must not be found in the file's free space.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _prepare_sqlite(engine: Engine, *, readonly: bool) -> None:
    """Set the connection up and begin transactions ourselves: the driver's own begin is deferred and lazy."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        try:
            _set_up(connection.cursor(), readonly=readonly)
        except sqlite3.Error:
            # The pool does not know this connection yet: nobody else would end its thread.
            connection.close()
            raise

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(_NO_TRANSACTION):
            connection.exec_driver_sql("BEGIN DEFERRED" if readonly else "BEGIN IMMEDIATE")


def _sqlite_engine(url: URL, pool_size: int, *, readonly: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        connect_args={"isolation_level": None, "async_creator_fn": connect},
        pool_size=pool_size if readonly else 1,
        max_overflow=0,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )
    _prepare_sqlite(engine.sync_engine, readonly=readonly)
    return engine


def _postgres_engine(url: URL, pool_size: int) -> AsyncEngine:
    return create_async_engine(
        url,
        # Without the encoding, texts go out in that of the server's database; arrays of ours are always in this one.
        connect_args={"cursor_factory": BulkCursor, "client_encoding": "utf8"},
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )


class Database:
    """An open database. Make it with `Database.open`, end it with `close`."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, keyring: Keyring) -> None:
        self.keyring = keyring
        self._writer = writer
        self._reader = reader
        self._write_session = async_sessionmaker(writer, expire_on_commit=False)
        self._read_session = async_sessionmaker(reader, expire_on_commit=False)

    @classmethod
    def open(cls, url: str, keyring: Keyring, *, pool_size: int = POOL_SIZE) -> Self:
        """Prepare engines for `url`; connects on first use.

        `pool_size` is the number of connections (SQLite: of readers) kept and allowed.
        Raises: BadDatabaseUrl, DatabaseUnavailable when the folder of a SQLite file does not exist.
        """
        parsed = _parse(url)
        if parsed.get_backend_name() == "sqlite":
            _need_folder(parsed)
            protect_database(Path(parsed.database or ""))
            writer = _sqlite_engine(parsed, pool_size, readonly=False)
            reader = _sqlite_engine(parsed, pool_size, readonly=True)
        else:
            writer = _postgres_engine(parsed, pool_size)
            reader = writer.execution_options(postgresql_readonly=True)
        use_keyring(writer.dialect, keyring)
        use_keyring(reader.dialect, keyring)
        return cls(writer, reader, keyring)

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Which database this is."""
        return "sqlite" if self._writer.dialect.name == "sqlite" else "postgresql"

    @asynccontextmanager
    async def session(self, *, readonly: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction: commits on a clean exit, rolls back on any exception.

        A `readonly` session never waits for a writer, and the database refuses writes in it.
        Do not open a second writing session inside a writing one: on SQLite it would wait for the first.
        Raises: DatabaseUnavailable and its kinds (`store.failures`), WrongKey.
        """
        make = self._read_session if readonly else self._write_session
        with translated():
            async with make() as session:
                yield session
                await session.commit()

    @asynccontextmanager
    async def maintenance(self) -> AsyncIterator[AsyncConnection]:
        """A writer's connection outside any transaction, for what may not be done in one (VACUUM, checkpoints).

        On SQLite other writers wait meanwhile.
        Raises: DatabaseUnavailable and its kinds.
        """
        sqlite = self.dialect == "sqlite"
        how = {_NO_TRANSACTION: True} if sqlite else {"isolation_level": "AUTOCOMMIT"}
        with translated():
            async with self._writer.execution_options(**how).connect() as connection:
                yield connection

    async def migrate(self) -> None:
        """Bring the schema to head, all or nothing, and plant the canary.

        Raises: DatabaseUnavailable and its kinds (MigrationFailed names the step), WrongKey when the database belongs
        to another keyring.
        """
        await self._wait_for_writers(MIGRATION_TIMEOUT_MS)
        with translated():
            async with self._writer.begin() as connection:
                await connection.run_sync(self._refuse_unknown_revision)
                with migrating():
                    await connection.run_sync(schema.upgrade)
                # In the transaction that holds the migration lock: of two first migrators, one plants it.
                found = await connection.scalar(select(col(Canary.text)).where(col(Canary.id) == CANARY_ID))
                if found is None:
                    await connection.execute(insert(Canary).values(id=CANARY_ID, text=CANARY_TEXT))
        await self._wait_for_writers(BUSY_TIMEOUT_MS)

    async def _wait_for_writers(self, milliseconds: int) -> None:
        """How long the connection that writes waits for those of other processes, on SQLite."""
        if self.dialect == "sqlite":
            async with self.maintenance() as connection:
                await connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")

    async def check(self) -> None:
        """Is the database there, at the right revision, and ours to open?

        Raises: DatabaseUnavailable and its kinds, NotMigrated, WrongKey.
        """
        with translated():
            async with self._reader.connect() as connection:
                await connection.run_sync(self._refuse_unknown_revision)
                found = await connection.run_sync(schema.current_revision)
        if found != schema.head_revision():
            raise not_migrated(found)
        async with self.session(readonly=True) as session:
            canary = await session.get(Canary, CANARY_ID)
        if canary is None:
            raise not_migrated(found)
        if canary.text != CANARY_TEXT:
            raise WrongKey("The canary row does not say what it should.", fix="Restore the database.")

    @staticmethod
    def _refuse_unknown_revision(connection: Connection) -> None:
        found = schema.current_revision(connection)
        if found is not None and found not in schema.known_revisions():
            raise NotMigrated(
                f"The database is at revision {found}, which this version of Penfriend does not know.",
                fix="Upgrade Penfriend to the version that last used this database, or newer.",
                reason="newer_schema",
            )

    async def close(self) -> None:
        """Give every connection back."""
        await self._writer.dispose()
        await self._reader.dispose()
