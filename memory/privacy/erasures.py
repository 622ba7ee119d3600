"""Erasures as rows: begun, resumed, finished. Takes a session, never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.privacy.tables import ErasureRow
from memory.privacy.tombstones import index_of
from store import clock
from store.errors import NotFound
from store.evidence import Found, Wanted
from store.ids import new_erasure_id
from store.types import keyring_of


class UnknownErasure(NotFound):
    """No erasure has this id."""

    reason = "unknown_erasure"


class ErasureStatus(StrEnum):
    """Closed."""

    WIPING = "wiping"
    """The rows are gone; the files they were in are being wiped and looked through."""
    PROVED = "proved"
    """Nothing was found any more."""
    FOUND = "found"
    """Something was found: `found` says where. A person has to look, then prove it again."""


class Erasure(BaseModel):
    """One erasure, as it is shown. Names nobody."""

    id: str
    status: ErasureStatus
    asked_at: datetime
    finished_at: datetime | None
    removed: dict[str, int]
    """Rows by table; those of runs and hand-offs stay, without the person."""
    found: list[dict[str, str | int]]

    @classmethod
    def of(cls, row: ErasureRow) -> Self:
        """As the row has it."""
        return cls.model_validate(row, from_attributes=True)


async def begin(
    session: AsyncSession, asked_for: str, *, actor: str, removed: Mapping[str, int], wanted: Wanted, at: datetime
) -> ErasureRow:
    """Write down that the rows of whoever `asked_for` names are gone, in the transaction in which they go."""
    row = ErasureRow(
        id=new_erasure_id(),
        person=index_of(keyring_of(session), asked_for),
        status=ErasureStatus.WIPING,
        asked_at=at,
        actor=actor,
        removed=dict(removed),
        wanted=wanted.to_json(),
        found=[],
    )
    session.add(row)
    await session.flush()
    return row


async def get(session: AsyncSession, erasure_id: str) -> ErasureRow:
    """Raises UnknownErasure."""
    row = await session.get(ErasureRow, erasure_id, populate_existing=True)
    if row is None:
        raise UnknownErasure(f"There is no erasure {erasure_id!r}.", fix="Erasure ids start with era_.")
    return row


async def newest_of(session: AsyncSession, asked_for: str) -> ErasureRow | None:
    """The last erasure that was asked for by this id."""
    query = select(ErasureRow).where(col(ErasureRow.person) == index_of(keyring_of(session), asked_for))
    return (await session.execute(query.order_by(col(ErasureRow.id).desc()).limit(1))).scalars().first()


async def unfinished(session: AsyncSession) -> list[str]:
    """Ids of erasures whose proof is still to come, the oldest first."""
    query = select(col(ErasureRow.id)).where(col(ErasureRow.status) == ErasureStatus.WIPING)
    return list((await session.execute(query.order_by(col(ErasureRow.id)))).scalars())


async def finish(session: AsyncSession, erasure_id: str, found: Sequence[Found]) -> ErasureRow:
    """Write down what the proof came to. What it looked for is dropped where nothing was found."""
    row = await get(session, erasure_id)
    row.status = ErasureStatus.FOUND if found else ErasureStatus.PROVED
    row.found = [one.to_json() for one in found]
    row.finished_at = clock.now()
    if not found:
        row.wanted = None
    await session.flush()
    return row
