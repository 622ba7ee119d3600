"""The contact ledger: every decision to write to someone, or not to, with its reason and the rule behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.tables import Contact
from store.ids import CustomerId, EmailId
from store.upsert import insert_or_ignore

Decision = Literal["sent", "skipped", "deferred"]


async def record_contact(
    session: AsyncSession,
    customer_id: CustomerId,
    *,
    key: str,
    campaign: str,
    decision: Decision,
    reason: str,
    rule_version: str,
    at: datetime,
    email_id: EmailId | None = None,
) -> bool:
    """Write one row. `key` is the idempotency key: the first row under it stays; says whether this was the first."""
    result = await session.execute(
        insert_or_ignore(session, Contact)
        .values(
            key=key,
            customer_id=customer_id,
            campaign=campaign,
            decision=decision,
            reason=reason,
            rule_version=rule_version,
            email_id=email_id,
            at=at,
        )
        .returning(col(Contact.key))
    )
    return result.scalar_one_or_none() is not None


async def contacts_since(session: AsyncSession, customer_id: CustomerId, since: datetime) -> int:
    """How many e-mails went to this customer at or after `since`."""
    counts = await contacts_of_many(session, [customer_id], since)
    return counts[customer_id]


async def contacts_of_many(
    session: AsyncSession, customer_ids: Sequence[CustomerId], since: datetime
) -> dict[CustomerId, int]:
    """How many e-mails went to each of these customers at or after `since`, in one read."""
    rows = await session.execute(
        select(col(Contact.customer_id), func.count())
        .where(
            col(Contact.customer_id).in_(customer_ids),
            col(Contact.at) >= since,
            col(Contact.decision) == "sent",
        )
        .group_by(col(Contact.customer_id))
    )
    found = {customer: count for customer, count in rows.all()}  # noqa: C416 - rows are not pairs to dict()
    return {customer_id: found.get(customer_id, 0) for customer_id in customer_ids}
