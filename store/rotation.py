"""Key rotation: every encrypted column under the newest key, in batches, while the service runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Row,
    Table,
    TableClause,
    bindparam,
    column,
    select,
    table,
    tuple_,
)
from sqlalchemy import update as sql_update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from store.crypto import Keyring, WrongKey
from store.database import Database
from store.errors import Conflict
from store.types import ENCRYPTED_TYPES

BATCH = 500
"""Rows a transaction: short enough that other writers hardly wait."""


@dataclass(frozen=True, slots=True)
class RotationProgress:
    """After one batch of one table: rows looked at and values re-encrypted in it so far."""

    table: str
    rows: int
    rewritten: int


@dataclass(frozen=True, slots=True)
class _Target:
    """A table with encrypted columns, described without their types so that raw tokens pass through."""

    raw: TableClause
    keys: tuple[str, ...]
    encrypted: tuple[str, ...]


def encrypted_columns(source: Table) -> tuple[str, ...]:
    """Names of the columns of `source` that are encrypted."""
    return tuple(found.name for found in source.columns if isinstance(found.type, ENCRYPTED_TYPES))


def _target(source: Table) -> _Target:
    keys = tuple(key.name for key in source.primary_key.columns)
    encrypted = encrypted_columns(source)
    plain = [column(key.name, key.type) for key in source.primary_key.columns]
    tokens = [column(name, LargeBinary()) for name in encrypted]
    return _Target(table(source.name, *plain, *tokens), keys, encrypted)


async def rotate(database: Database, old: Keyring, new: Keyring) -> AsyncGenerator[RotationProgress, None]:
    """Re-encrypt with the first key of `new` what `old` or `new` can read; yields after each batch.

    Resumable: each batch commits on its own, values already under the newest key are left alone, so a stopped
    rotation is simply run again. Run it with the service on `new` (which still holds the old keys), and drop
    the old keys afterwards (`new.newest_only()`). Every room's tables must have been imported.
    Raises: Conflict when the rings differ in their secret, WrongKey when neither opens a value.
    """
    if not old.same_secret(new):
        raise Conflict(
            "The new keyring has another secret, so no customer could be found by e-mail address afterwards.",
            fix="Make the new keyring with `penfriend keys rotate`, from the old one.",
        )
    for source in SQLModel.metadata.sorted_tables:
        if encrypted_columns(source):
            async for progress in _rotate_table(database, _target(source), old, new):
                yield progress


async def _rotate_table(
    database: Database, target: _Target, old: Keyring, new: Keyring
) -> AsyncIterator[RotationProgress]:
    after: tuple[Any, ...] | None = None
    rows = rewritten = 0
    while True:
        async with database.session() as session:
            batch = await _read(session, target, after)
            changes = [change for row in batch if (change := _reencrypt(target, row, old, new))]
            await _write(session, target, changes)
        if batch:
            rows, rewritten = rows + len(batch), rewritten + len(changes)
            after = tuple(batch[-1][: len(target.keys)])
            yield RotationProgress(target.raw.name, rows, rewritten)
        # Not until there is no row left: a busy shop adds one during every batch, under the newest key already.
        if len(batch) < BATCH:
            return


async def _read(
    session: AsyncSession, target: _Target, after: tuple[Any, ...] | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    keys: list[ColumnElement[Any]] = [target.raw.c[name] for name in target.keys]
    query = select(*keys, *(target.raw.c[name] for name in target.encrypted)).order_by(*keys).limit(BATCH)
    if after is not None:
        query = query.where(tuple_(*keys) > after)
    if session.get_bind().dialect.name == "postgresql":
        # A concurrent update must not be overwritten with the value we read before it.
        query = query.with_for_update()
    return (await session.execute(query)).all()


def _reencrypt(target: _Target, row: Row[*tuple[Any, ...]], old: Keyring, new: Keyring) -> dict[str, Any] | None:
    """Parameters for one UPDATE, or None where nothing is to do."""
    tokens = dict(zip(target.encrypted, row[len(target.keys) :], strict=True))
    stale = {name for name, token in tokens.items() if token is not None and not new.is_current(token)}
    if not stale:
        return None
    keys = {f"key_{name}": value for name, value in zip(target.keys, row, strict=False)}
    values = {f"new_{n}": new.encrypt(_open(t, old, new)) if n in stale else t for n, t in tokens.items()}
    return keys | values


def _open(token: bytes, old: Keyring, new: Keyring) -> bytes:
    try:
        return new.decrypt(token)
    except WrongKey:
        return old.decrypt(token)


async def _write(session: AsyncSession, target: _Target, changes: list[dict[str, Any]]) -> None:
    if not changes:
        return
    statement = (
        sql_update(target.raw)
        .where(*(target.raw.c[name] == bindparam(f"key_{name}") for name in target.keys))
        .values({name: bindparam(f"new_{name}") for name in target.encrypted})
    )
    connection = await session.connection()
    await connection.execute(statement, changes)
