"""What mail providers reported about one e-mail of ours."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.email_hints import EMAIL_EVENTS, email_id_of
from memory.events import Event
from memory.parts.mails import is_machine
from memory.tables import Customer
from memory.tables import Event as EventRow

READ = 200
"""Events about e-mails that are looked through, newest first: an e-mail that is opened for ever stays cheap."""


class Reported(NamedTuple):
    """One event about an e-mail."""

    name: str
    """Segment's: `Email Opened`."""
    at: datetime
    machine: bool
    """No person did it, as far as that can be told."""


async def reported(session: AsyncSession, customer: str, email_id: str, since: datetime) -> list[Reported]:
    """The events of the shop's `customer` that name the e-mail, oldest first, of the newest `READ` after `since`."""
    query = (
        select(col(EventRow.message_id), col(EventRow.name), col(EventRow.at), col(EventRow.payload))
        .join_from(EventRow, Customer, col(Customer.id) == col(EventRow.customer_id))
        .where(
            col(Customer.external_id) == customer,
            col(EventRow.at) >= since,
            col(EventRow.name).in_(sorted(EMAIL_EVENTS)),
        )
        .order_by(col(EventRow.at).desc())
        .limit(READ)
    )
    found = []
    for message_id, name, at, payload in (await session.execute(query)).all():
        event = Event(message_id, "track", name, None, None, at, orjson.loads(payload))
        if email_id_of(event) == email_id:
            found.append(Reported(name, at, is_machine(event)))
    return found[::-1]
