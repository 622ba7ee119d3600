"""Recipients of a run as they are looked through: a page at a time, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.runs.model import Recipient, RecipientStatus
from composer.runs.tables import RecipientRow

LOOKED_THROUGH = 10_000
"""Positions that are searched for a reason at a time: no index is kept for that, which every e-mail would pay for."""


class Page(NamedTuple):
    """Some recipients, and where to look on."""

    recipients: Sequence[Recipient]
    after: int | None
    """Position to look on behind; None where there is nobody left."""


async def look_through(
    session: AsyncSession,
    run_id: str,
    *,
    size: int,
    status: RecipientStatus | None = None,
    reason: str = "",
    after: int = -1,
    limit: int = 25,
) -> Page:
    """By position, beginning behind `after`; `size` is how many the run has. A page may be empty and yet not the last,
    where a reason is looked for."""
    query = select(RecipientRow).where(col(RecipientRow.run_id) == run_id, col(RecipientRow.position) > after)
    if status is not None:
        query = query.where(col(RecipientRow.status) == status)
    end = size if not reason else after + LOOKED_THROUGH
    if reason:
        query = query.where(col(RecipientRow.reason) == reason, col(RecipientRow.position) <= end)
    rows = (await session.execute(query.order_by(col(RecipientRow.position)).limit(limit))).scalars()
    found = [Recipient.model_validate(row, from_attributes=True) for row in rows]
    if len(found) == limit:
        return Page(found, found[-1].position)
    return Page(found, end if end < size - 1 else None)
