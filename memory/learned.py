"""What jobs learned from all customers' histories, by name: one row each, replaced as a whole. Names no person."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.tables import LearnedRow
from store.upsert import insert_or_replace


@dataclass(frozen=True, slots=True)
class Learned:
    """One thing learned."""

    name: str
    version: str
    """Of the code that learned it: another version's is not read."""
    as_of: datetime
    """Events up to then were seen."""
    document: Any
    """Plain JSON."""


async def save_learned(session: AsyncSession, learned: Learned) -> None:
    """Replace what was known under the name."""
    row = {
        "name": learned.name,
        "version": learned.version,
        "as_of": learned.as_of,
        "document": zlib.compress(orjson.dumps(learned.document)),
    }
    await session.execute(insert_or_replace(session, LearnedRow), [row])


async def load_learned(session: AsyncSession, name: str, version: str) -> Learned | None:
    """What is known under the name; None when nothing is, or other code learned it."""
    query = select(col(LearnedRow.as_of), col(LearnedRow.document)).where(
        col(LearnedRow.name) == name, col(LearnedRow.version) == version
    )
    row = (await session.execute(query)).first()
    if row is None:
        return None
    as_of, document = row
    return Learned(name, version, as_of, orjson.loads(zlib.decompress(document)))


async def learned_names(session: AsyncSession, prefix: str, version: str) -> list[str]:
    """The names that begin so of what that code learned, in order."""
    name = col(LearnedRow.name)
    query = select(name).where(name.startswith(prefix, autoescape=True), col(LearnedRow.version) == version)
    return list((await session.execute(query.order_by(name))).scalars())


async def forget_learned(session: AsyncSession, name: str) -> None:
    """Nothing is known under the name any more: whoever learns it begins anew."""
    await session.execute(delete(LearnedRow).where(col(LearnedRow.name) == name))
