"""SQLite connections that ask their thread once a statement.

aiosqlite hands every step to the connection's thread: open a cursor, execute, fetch, close. Each way there and back
costs more than a small read itself, and composing an e-mail takes a dozen statements. Here one visit does all four;
what a large result holds beyond its first rows is fetched as it is asked for, so that streams stay streams.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import aiosqlite

FIRST_ROWS = 256
"""Rows fetched along with the statement; a result with fewer is complete by then, and its cursor closed."""


class Cursor:
    """What SQLAlchemy uses of a cursor (PEP 249, with coroutines for what may have to wait)."""

    def __init__(self, connection: Connection) -> None:
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1
        self._connection = connection
        self._rows: list[Any] = []
        self._open: sqlite3.Cursor | None = None
        """The cursor, while it may have more rows."""

    async def __aenter__(self) -> Cursor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement and fetch its first rows."""
        await self._connection.in_thread(self._run, "execute", statement, parameters)

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of `parameters`."""
        await self._connection.in_thread(self._run, "executemany", statement, parameters)

    async def fetchone(self) -> Any:
        """The next row, or None."""
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows, at most `size`."""
        wanted = self.arraysize if size is None else size
        if self._open is not None and len(self._rows) < wanted:
            await self._connection.in_thread(self._fetch, self._open, wanted - len(self._rows))
        taken, self._rows = self._rows[:wanted], self._rows[wanted:]
        return taken

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        if self._open is not None:
            await self._connection.in_thread(self._fetch, self._open, None)
        taken, self._rows = self._rows, []
        return taken

    async def close(self) -> None:
        """Let go of what was not fetched."""
        self._rows = []
        if self._open is not None:
            cursor, self._open = self._open, None
            await self._connection.in_thread(cursor.close)

    def _run(self, method: str, statement: str, parameters: Any) -> None:
        """In the connection's thread."""
        cursor = self._connection.raw.cursor()
        getattr(cursor, method)(statement, parameters)
        self.description, self.lastrowid = cursor.description, cursor.lastrowid
        self._rows, self._open = [], cursor
        self._fetch(cursor, FIRST_ROWS if cursor.description else 0)

    def _fetch(self, cursor: sqlite3.Cursor, size: int | None) -> None:
        """In the connection's thread: `size` more rows, or all; fewer than asked for are the last ones."""
        rows = cursor.fetchall() if size is None else cursor.fetchmany(size)
        self._rows += rows
        self.rowcount = cursor.rowcount
        if not size or len(rows) < size:
            cursor.close()
            self._open = None


class Connection(aiosqlite.Connection):
    """An aiosqlite connection with cursors of ours."""

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection itself: for its own thread."""
        return self._conn

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A cursor that costs nothing until it executes."""
        return Cursor(self)

    async def rollback(self) -> None:
        """To its end: who is told to stop meanwhile hears of it afterwards, at their next await.

        Half-way the pool does not know what is left open, throws the connection away and logs an error. A request's
        deadline often falls here.
        """
        ending, told = asyncio.ensure_future(super().rollback()), False
        while not ending.done():
            try:
                await asyncio.wait([ending])
            except asyncio.CancelledError:
                told = True
        if told and (task := asyncio.current_task()) is not None:
            # Once for once: a timeout counts how often its task was told.
            task.uncancel()
            task.cancel()
        ending.result()

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function` returns, called in the connection's thread."""
        return await self._execute(function, *arguments)  # type: ignore[no-untyped-call]


async def connect(path: str, **options: Any) -> Connection:
    """Open a database file; `options` are those of `sqlite3.connect`."""
    connection = Connection(partial(sqlite3.connect, path, **options), iter_chunk_size=FIRST_ROWS)
    # A thread that outlives the loop must not keep the process: as SQLAlchemy does for connections it opens itself.
    connection._thread.daemon = True
    await connection
    return connection
