"""INSERT … ON CONFLICT DO UPDATE, spoken by both databases but spelled per dialect in SQLAlchemy."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession


async def upsert_rows(session: AsyncSession, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert `rows`, each with every column; a row whose primary key is there already is replaced."""
    if not rows:
        return
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = make(table)
    replaced = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    keys = [column.name for column in table.primary_key]
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=replaced), rows)
