"""Looking for a person in every value of every table: what a logical dump of the database would hold, and more, as
encrypted values are looked into. A person could be hiding in somebody else's record."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession

from store.crypto import Keyring, WrongKey
from store.database import Database
from store.evidence import Form, Found, Progress, Search

BATCH = 500
_BETWEEN = b"\x00"
_ZLIB = b"\x78"


async def search_tables(
    database: Database, search: Search, progress: Progress, *, leave_out: Collection[str] = ()
) -> list[Found]:
    """Where in the database something stands, by `table.column`; `leave_out` names tables that are not looked into."""
    async with database.session(readonly=True) as session:
        connection = await session.connection()
        names = await connection.run_sync(_table_names)
        found: list[Found] = []
        for number, name in enumerate(name for name in names if name not in leave_out):
            progress("looking through tables", number, len(names))
            found += await _search_table(session, search, name, database.keyring)
    return found


def _table_names(connection: Connection) -> list[str]:
    return sorted(inspect(connection).get_table_names())


async def _search_table(session: AsyncSession, search: Search, name: str, keyring: Keyring) -> list[Found]:
    quoted = name.replace('"', '""')
    # Every column there is, whether this version of the code knows it or not.
    rows = await session.stream(text(f'SELECT * FROM "{quoted}"'), execution_options={"yield_per": BATCH})  # noqa: S608
    columns = list(rows.keys())
    counted: Counter[tuple[str, str, Form]] = Counter()
    async for batch in rows.partitions():
        # In a thread: thousands of values to decrypt must not hold up who else uses this event loop.
        counted += await asyncio.to_thread(_look_at, search, columns, [tuple(row) for row in batch], keyring)
    return [Found(f"{name}.{column}", kind, form, count) for (column, kind, form), count in sorted(counted.items())]


def _look_at(
    search: Search, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], keyring: Keyring
) -> Counter[tuple[str, str, Form]]:
    counted: Counter[tuple[str, str, Form]] = Counter()
    for place, column in enumerate(columns):
        values = [plain(row[place], keyring) for row in rows if _may_hold(row[place])]
        if not values or not search.any_in(_BETWEEN.join(values)):
            continue
        for value in values:
            for (kind, form), count in search.in_text(value).items():
                counted[column, kind, form] += count
    return counted


def _may_hold(value: Any) -> bool:
    """Anything but what is no text in any reading."""
    return value is not None and not isinstance(value, bool | float | datetime)


def plain(value: Any, keyring: Keyring) -> bytes:
    """What a value of a row says: decrypted and inflated where it is, JSON where it is structured."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | memoryview):
        return _inflated(_decrypted(bytes(value), keyring))
    return orjson.dumps(value, default=str)


def _decrypted(value: bytes, keyring: Keyring) -> bytes:
    try:
        return keyring.decrypt(value)
    except WrongKey:
        # None of our tokens: bytes of another kind, looked through as they are.
        return value


def _inflated(value: bytes) -> bytes:
    if value[:1] != _ZLIB:
        return value
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value
