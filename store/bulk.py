"""Many rows at once, by the quickest way each database has: on SQLite a prepared statement run for each row, and keys
as one JSON list; on PostgreSQL columns and keys as binary arrays.

SQLAlchemy's own ways build a dictionary for each row and a placeholder for each key, which costs more than the database
takes. Types are honoured all the same: their processors are looked up once a column and called for each value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any, Literal

import orjson
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, LargeBinary, String, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

from store.arrays import packed, packed_texts
from store.failures import storable
from store.types import EncryptedBytes, UtcDateTime, keyring_for, utc_texts
from store.upsert import table_of

OnConflict = Literal["fail", "ignore", "replace"]
_ARRAYS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (LargeBinary, "bytea"),
    (DateTime, "timestamptz"),
    (Date, "date"),
    (Boolean, "boolean"),
    (Integer, "bigint"),
    (String, "text"),
)
"""PostgreSQL's names of the types that rows are made of; every other is cast from text."""
_OTHER = "text"


async def insert_rows(
    session: AsyncSession,
    model: type[SQLModel],
    columns: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    *,
    on_conflict: OnConflict = "fail",
) -> None:
    """Insert `rows`, whose values stand in the order of `columns`, in one statement.

    `on_conflict`: with a row of the same primary key, fail, leave it, or overwrite these columns of it. No two rows
    may have one key. Columns left out take the database's default.
    Raises: IntegrityError where an insert of SQLAlchemy's would, UnstorableValue.
    """
    if not rows:
        return
    dialect = session.get_bind().dialect
    table = table_of(model)
    ready = [
        _bound(table.c[name], dialect, values) for name, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    statement = _statement(table, columns, on_conflict, dialect.name)
    connection = await session.connection()
    with storable():
        if dialect.name == "postgresql":
            arrays = zip((_array_of(table.c[name]) for name in columns), ready, strict=True)
            await connection.exec_driver_sql(statement, tuple(_as_array(kind, values) for kind, values in arrays))
        else:
            await connection.exec_driver_sql(statement, list(zip(*ready, strict=True)))


async def read_rows(
    session: AsyncSession, model: type[SQLModel], columns: tuple[str, ...], key: str, values: Collection[str]
) -> list[tuple[Any, ...]]:
    """`columns` of the rows whose text column `key` has one of `values`, in no particular order.

    Raises: UnstorableValue.
    """
    if not values:
        return []
    dialect = session.get_bind().dialect
    table = table_of(model)
    postgres = dialect.name == "postgresql"
    with storable():
        among = packed_texts([*values]) if postgres else _json_texts(values)
    connection = await session.connection()
    rows = (await connection.exec_driver_sql(_query(table, columns, key, dialect.name), (among,))).all()
    if not rows:
        return []
    found = zip(columns, zip(*rows, strict=True), strict=True)
    return list(zip(*(_read(table.c[name], dialect, column) for name, column in found), strict=True))


async def lock_rows(session: AsyncSession, model: type[SQLModel], key: str, values: Collection[str]) -> set[str]:
    """Keep to this transaction the rows whose text column `key` has one of `values`; which of them are there.

    They are locked in the order of `key`, so that two who want the same rows never wait for each other in a circle. On
    SQLite a transaction that writes is the only one from its beginning (`store.database`): nothing is looked up there.
    """
    if not values or session.get_bind().dialect.name == "sqlite":
        return set(values)
    # Names of our own tables and columns.
    query = f"SELECT {key} FROM {table_of(model).name} WHERE {key} = ANY(%b::text[]) ORDER BY {key} FOR UPDATE"  # noqa: S608
    connection = await session.connection()
    with storable():
        among = packed_texts([*values])
    return set((await connection.exec_driver_sql(query, (among,))).scalars())


def _json_texts(values: Collection[str]) -> str:
    """As a list. orjson's own error for half a character is a bare TypeError."""
    for value in values:
        if not value.isascii():
            value.encode()
    return orjson.dumps([*values]).decode()


@lru_cache(maxsize=100)
def _query(table: Table, columns: tuple[str, ...], key: str, dialect: str) -> str:
    among = "= ANY(%b::text[])" if dialect == "postgresql" else "IN (SELECT value FROM json_each(?))"
    return f"SELECT {', '.join(columns)} FROM {table.name} WHERE {key} {among}"  # noqa: S608 - names of our own


def _read(column: Column[Any], dialect: Dialect, values: Sequence[Any]) -> Sequence[Any]:
    """The values as Python has them."""
    if isinstance(column.type, EncryptedBytes):
        return keyring_for(dialect).decrypt_all(values)
    processor: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return values if processor is None else [processor(value) for value in values]


def _bound(column: Column[Any], dialect: Dialect, values: Sequence[Any]) -> Sequence[Any]:
    """The values as the driver takes them."""
    if isinstance(column.type, EncryptedBytes):
        return keyring_for(dialect).encrypt_all(values)
    if isinstance(column.type, UtcDateTime) and all(value is values[0] for value in values):
        # One moment for all rows of a batch. Not for secrets: each is sealed with a nonce of its own.
        return [*_each(column, dialect, values[:1])] * len(values)
    return _each(column, dialect, values)


def _each(column: Column[Any], dialect: Dialect, values: Sequence[Any]) -> Sequence[Any]:
    if isinstance(column.type, UtcDateTime) and dialect.name == "sqlite":
        return utc_texts(values)
    processor: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return values if processor is None else [processor(value) for value in values]


@lru_cache(maxsize=100)
def _statement(table: Table, columns: tuple[str, ...], on_conflict: OnConflict, dialect: str) -> str:
    names = ", ".join(columns)
    conflict = _conflict(table, columns, on_conflict)
    if dialect == "postgresql":
        arrays = ", ".join(f"%b::{_array_of(table.c[name]) or _OTHER}[]" for name in columns)
        # Names of our own tables and columns, never of anybody's input.
        return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}){conflict}"  # noqa: S608
    marks = ", ".join("?" for _ in columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks}){conflict}"  # noqa: S608


def _conflict(table: Table, columns: tuple[str, ...], on_conflict: OnConflict) -> str:
    if on_conflict == "fail":
        return ""
    if on_conflict == "ignore":
        return " ON CONFLICT DO NOTHING"
    keys = [key.name for key in table.primary_key.columns]
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    return f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"


def _as_array(kind: str | None, values: Sequence[Any]) -> Any:
    """A column for psycopg; packed where we know how."""
    found = None if kind is None else packed(kind, values)
    return [*values] if found is None else found


def _array_of(column: Column[Any]) -> str | None:
    type_ = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return next((name for kind, name in _ARRAYS if isinstance(type_, kind)), None)
