"""Whoever is due for a flow, each with their own step and occasion."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from composer.runs.audiences.members import Members
from composer.runs.audiences.model import DueFor
from memory.due.answering import due_now

PAGE = 2_000


async def add_due(session: AsyncSession, members: Members, audience: DueFor) -> None:
    """Those who are due at `members.as_of`, the longest waiting first, as far as their agendas are up to date: the
    edge sees to that before. Raises UnknownFlow, UnknownStep."""
    cursor, more = "", True
    while more:
        page = await due_now(
            session,
            audience.flow,
            members.as_of,
            step=audience.step,
            limit=PAGE,
            cursor=cursor,
            consent_required=audience.consent_required is not False,
        )
        members.add_each((one.customer, one.step, one.occasion) for one in page.due)
        cursor, more = page.cursor, bool(page.cursor)
