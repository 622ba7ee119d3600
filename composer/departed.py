"""E-mails that have left: nothing that is decided afterwards takes them back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.handoff.tables import DeliveryRow
from memory.rebuild import load_states
from memory.tables import Contact
from store.upsert import table_of

_DELIVERY, _CONTACT = table_of(DeliveryRow).c, table_of(Contact).c


async def departed(session: AsyncSession, email_ids: Sequence[str]) -> set[str]:
    """Those of these e-mails (at most some hundred) that a hand-off has delivered, and those that something was
    reported of: a pull does not say whether the e-mail was then sent, its first report does.

    Reports are read off the folded memory, which keeps each customer's newest e-mails (`memory.parts.mails.MAILS`).
    """
    if not email_ids:
        return set()
    handed = select(_DELIVERY.email_id).where(_DELIVERY.email_id.in_(email_ids), _DELIVERY.status == "sent")
    return set((await session.execute(handed)).scalars()) | await _reported(session, email_ids)


async def _reported(session: AsyncSession, email_ids: Sequence[str]) -> set[str]:
    whose = select(_CONTACT.email_id, _CONTACT.customer_id).where(_CONTACT.email_id.in_(email_ids))
    owners = [(email_id, customer) for email_id, customer in await session.execute(whose)]
    states = await load_states(session, {customer for _, customer in owners})
    return {email_id for email_id, customer in owners if customer in states and email_id in states[customer]["mails"]}
