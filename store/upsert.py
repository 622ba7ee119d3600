"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps apart."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

ConflictInsert = postgresql.Insert | sqlite.Insert


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def insert_into(session: AsyncSession, model: type[SQLModel]) -> ConflictInsert:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table_of(model))


def insert_or_ignore(session: AsyncSession, model: type[SQLModel]) -> ConflictInsert:
    """An INSERT that leaves a row alone that is already there, under any unique key."""
    return insert_into(session, model).on_conflict_do_nothing()


def insert_or_replace(session: AsyncSession, model: type[SQLModel]) -> ConflictInsert:
    """An INSERT that overwrites every other column of a row with the same primary key."""
    table = table_of(model)
    statement = insert_into(session, model)
    keys = [key.name for key in table.primary_key.columns]
    values = {other.name: statement.excluded[other.name] for other in table.columns if other.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)
