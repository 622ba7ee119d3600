"""The e-mails written to somebody, and to whom the last ones were written; each with what a reviewer decided of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Row, Select, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from composer.handoff.tables import ONCE, DeliveryRow
from composer.record import unpacked
from composer.reviews.tables import ReviewRow
from composer.tables import EmailRow

Line = Row[str, str, str, bytes, datetime, str]


class Letter(NamedTuple):
    """One e-mail, in a line."""

    id: str
    customer: str
    campaign: str
    flow: str
    subject: str
    at: datetime
    held: str
    """As `EmailRow.held`."""
    decision: str
    """The review that stands (`composer.reviews.model.Decision`); empty where there is none."""
    delivery: str
    """`sent`, or `pending` where it is about to be; empty where it is neither."""


async def letters_of(
    session: AsyncSession, customer: str, *, before: tuple[datetime, str] | None = None, limit: int = 30
) -> list[Letter]:
    """E-mails to the shop's customer before a place (moment, id), the newest first."""
    query = _lines().where(col(EmailRow.customer) == customer)
    if before is not None:
        query = query.where(
            col(EmailRow.created_at) <= before[0], tuple_(col(EmailRow.created_at), col(EmailRow.id)) < tuple_(*before)
        )
    newest = query.order_by(col(EmailRow.created_at).desc(), col(EmailRow.id).desc()).limit(limit)
    return await _letters(session, (await session.execute(newest)).all())


async def last_letters(session: AsyncSession, *, before: str = "", limit: int = 20) -> list[Letter]:
    """Each customer's last e-mail, the newest of all first, behind the e-mail `before`.

    Ids of e-mails begin with their time (UUIDv7): the primary key is read from its end, and no table as a whole.
    """
    later = aliased(EmailRow)
    theirs = col(later.customer) == col(EmailRow.customer)
    newer = tuple_(col(later.created_at), col(later.id)) > tuple_(col(EmailRow.created_at), col(EmailRow.id))
    query = _lines().where(~exists().where(theirs, col(later.created_at) >= col(EmailRow.created_at), newer))
    if before:
        query = query.where(col(EmailRow.id) < before)
    return await _letters(session, (await session.execute(query.order_by(col(EmailRow.id).desc()).limit(limit))).all())


def _lines() -> Select[str, str, str, bytes, datetime, str]:
    return select(
        col(EmailRow.id),
        col(EmailRow.customer),
        col(EmailRow.campaign_id),
        col(EmailRow.result),
        col(EmailRow.created_at),
        col(EmailRow.held),
    )


async def _letters(session: AsyncSession, rows: Sequence[Line]) -> list[Letter]:
    ids = [row.id for row in rows]
    decisions, deliveries = await _decisions(session, ids), await _deliveries(session, ids)
    return [_letter(row, decisions.get(row.id, ""), deliveries.get(row.id, "")) for row in rows]


def _letter(row: Line, decision: str, delivery: str) -> Letter:
    result = unpacked(row.result)
    flow, subject = result["flow"], result["subject"]
    return Letter(row.id, row.customer, row.campaign_id, flow, subject, row.created_at, row.held, decision, delivery)


async def _decisions(session: AsyncSession, emails: Sequence[str]) -> dict[str, str]:
    standing = select(col(ReviewRow.email_id), col(ReviewRow.decision)).where(
        col(ReviewRow.email_id).in_(emails), col(ReviewRow.undone_at).is_(None)
    )
    # The newest last: it is the one that stays.
    rows = (await session.execute(standing.order_by(col(ReviewRow.at), col(ReviewRow.id)))).all()
    return {row.email_id: row.decision for row in rows}


async def _deliveries(session: AsyncSession, emails: Sequence[str]) -> dict[str, str]:
    handed = select(col(DeliveryRow.email_id), col(DeliveryRow.status)).where(col(DeliveryRow.email_id).in_(emails))
    # Word for word what the index of them says, or SQLite does not use it.
    rows = (await session.execute(handed.where(ONCE))).all()
    return {row.email_id: row.status for row in rows}
