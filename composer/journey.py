"""What happened to one e-mail since it was written: how it was rebuilt, how it counts, what was reported of it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.contract import ComposeResult
from composer.tables import EmailRevisionRow
from memory.mail_events import Reported, reported
from memory.tables import Contact


class Revised(NamedTuple):
    """That it was rebuilt."""

    number: int
    why: tuple[str, ...]
    """Reason codes (`composer.shown.Change`, `composer.edits`)."""
    at: datetime


class Counted(NamedTuple):
    """Its row in the contact ledger: whether it takes a place under the caps."""

    decision: str
    reason: str
    rule_version: str
    at: datetime


class Journey(NamedTuple):
    """In the order in which it happened."""

    revisions: tuple[Revised, ...] = ()
    counted: tuple[Counted, ...] = ()
    reported: tuple[Reported, ...] = ()


async def journey_of(session: AsyncSession, email: ComposeResult) -> Journey:
    """Three reads by index, one less for an e-mail that was never rebuilt."""
    return Journey(
        revisions=await _revisions(session, email.id) if email.revision else (),
        counted=await _counted(session, email.id),
        reported=tuple(await reported(session, email.customer, email.id, email.created_at)),
    )


async def _revisions(session: AsyncSession, email_id: str) -> tuple[Revised, ...]:
    row = EmailRevisionRow
    query = select(col(row.number), col(row.why), col(row.at)).where(col(row.email_id) == email_id)
    found = (await session.execute(query.order_by(col(row.number)))).all()
    return tuple(Revised(number, tuple(why), at) for number, why, at in found)


async def _counted(session: AsyncSession, email_id: str) -> tuple[Counted, ...]:
    query = select(col(Contact.decision), col(Contact.reason), col(Contact.rule_version), col(Contact.at))
    found = await session.execute(query.where(col(Contact.email_id) == email_id).order_by(col(Contact.at)))
    return tuple(Counted(*row) for row in found.all())
