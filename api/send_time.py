"""When to write to one customer: their window, and the first moment in it that is not quiet."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.customers import remembered
from composer.campaigns import get_brand
from composer.strangers import UnknownCustomer
from memory.contacting.rules import ContactRules
from memory.send_time import SendWindow, send_at
from store import clock
from store.errors import InvalidInput

FURTHEST = timedelta(days=366)
"""Habits change: what they are next week says little of the year after."""


class SendTime(BaseModel):
    """The window by the customer's own clock, and when to send."""

    at: datetime | None
    """The first moment in the window that is not quiet, in UTC; null where none lies between the limits given."""
    window: SendWindow


async def send_time(
    session: AsyncSession,
    external_id: str,
    *,
    brand: str | None = None,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> SendTime:
    """`brand`: whose quiet hours hold, and whose time zone for a customer without one.

    Raises UnknownCustomer, UnknownBrand, InvalidInput for a moment more than a year away.
    """
    now = clock.now()
    if not_before is not None and not_before > now + FURTHEST:
        raise InvalidInput(
            "`not_before` is more than a year away.", pointer="/not_before", fix="Ask again nearer to it."
        )
    memory = await remembered(session, external_id)
    rules = ContactRules() if brand is None else (await get_brand(session, brand)).contact_rules
    window = memory.window_by(None if brand is None else rules.timezone)
    if window is None:
        raise UnknownCustomer(f"Nothing is remembered of {external_id!r}.")
    at = send_at(now, window, rules, not_before=not_before, not_after=not_after)
    return SendTime(at=at, window=window)
