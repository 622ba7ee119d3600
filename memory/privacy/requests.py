"""What customers ask the shop for on their own page: to be erased, to have a copy of everything. People answer it.

Nothing is done at once: the link to the page may have been passed on. The list is who asked and has not been answered.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.privacy.tables import OwnRequestRow
from memory.tables import Customer
from store import clock
from store.errors import NotFound
from store.upsert import insert_or_ignore


class UnknownRequest(NotFound):
    """Nobody waits for this."""

    reason = "unknown_request"


class Kind(StrEnum):
    """Closed."""

    ERASE = "erase"
    COPY = "copy"


class Request(NamedTuple):
    """One that waits for an answer."""

    customer: str
    """The shop's id."""
    kind: Kind
    asked_at: datetime


async def ask(session: AsyncSession, customer_id: str, kind: Kind) -> None:
    """Put it on the list; asked twice, or by two at once, it stands there once, with its first moment."""
    now = clock.now()
    row = {"customer_id": customer_id, "kind": kind.value, "asked_at": now, "answered_by": ""}
    await session.execute(insert_or_ignore(session, OwnRequestRow), [row])
    kept = await session.get_one(OwnRequestRow, (customer_id, kind.value), populate_existing=True)
    if kept.answered_at is not None:
        kept.asked_at, kept.answered_at, kept.answered_by = now, None, ""
    await session.flush()


async def waiting(session: AsyncSession, limit: int = 50) -> list[Request]:
    """The oldest first: they have waited longest."""
    open_ones = select(col(Customer.external_id), col(OwnRequestRow.kind), col(OwnRequestRow.asked_at))
    open_ones = open_ones.join(Customer, col(Customer.id) == col(OwnRequestRow.customer_id))
    open_ones = open_ones.where(col(OwnRequestRow.answered_at).is_(None), col(Customer.external_id).is_not(None))
    rows = await session.execute(open_ones.order_by(col(OwnRequestRow.asked_at)).limit(limit))
    return [Request(str(customer), Kind(kind), at) for customer, kind, at in rows]


async def count_waiting(session: AsyncSession) -> int:
    """How many have no answer yet."""
    unanswered = select(func.count()).where(col(OwnRequestRow.answered_at).is_(None)).select_from(OwnRequestRow)
    return int(await session.scalar(unanswered) or 0)


async def waiting_of(session: AsyncSession, customer_id: str) -> list[Kind]:
    """What this customer waits for."""
    theirs = select(col(OwnRequestRow.kind)).where(col(OwnRequestRow.customer_id) == customer_id)
    found = await session.scalars(theirs.where(col(OwnRequestRow.answered_at).is_(None)))
    return sorted(Kind(kind) for kind in found)


async def answer(session: AsyncSession, customer_id: str, kind: Kind, by: str) -> None:
    """Take it off the list: somebody saw to it. Raises UnknownRequest."""
    row = await session.get(OwnRequestRow, (customer_id, kind.value), with_for_update=True)
    if row is None or row.answered_at is not None:
        raise UnknownRequest("Nobody waits for this any more.", fix="Load the list again.")
    row.answered_at, row.answered_by = clock.now(), by
    await session.flush()
