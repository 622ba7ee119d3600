"""A yes or no to marketing e-mail as it is kept, whatever it was said by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from memory.consent import Change, record, withdraw
from store import clock
from store.ids import CustomerId


async def grant(session: AsyncSession, customer_id: CustomerId, *, at: datetime, proof: Any) -> None:
    """The person said yes in a form."""
    await record(session, [Change(customer_id, "granted", at, "form", proof=proof)])


async def unsubscribe(session: AsyncSession, customer_id: CustomerId, *, at: datetime | None = None) -> None:
    """The person used an unsubscribe link."""
    await withdraw(session, customer_id, reason="unsubscribed", source="one_click", at=at or clock.now())
