"""The contact ledger: every decision to write to someone, or not to, with its reason and the rule behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from memory.tables import Contact
from store.ids import CustomerId, EmailId
from store.upsert import insert_or_ignore, table_of

Decision = Literal["sent", "skipped", "deferred"]


_CONTACT = table_of(Contact).c
_SENT = (
    select(_CONTACT.customer_id, func.count())
    .where(
        _CONTACT.customer_id.in_(bindparam("customers", expanding=True)),
        _CONTACT.at >= bindparam("since"),
        _CONTACT.decision == "sent",
    )
    .group_by(_CONTACT.customer_id)
)


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, as the ledger keeps it."""

    key: str
    """Idempotency key: the first row under it stays."""
    customer_id: CustomerId
    campaign: str
    decision: Decision
    reason: str
    rule_version: str
    at: datetime
    email_id: EmailId | None = None
    flow: str = ""
    step: str = ""
    occasion: str = ""


async def record_contacts(session: AsyncSession, decided: Sequence[Decided]) -> set[str]:
    """Write one row each, in one statement; the keys of those that were the first under theirs."""
    if not decided:
        return set()
    # In the order of their keys: two writers of the same rows then wait for each other instead of locking up.
    rows = [asdict(one) for one in sorted(decided, key=lambda one: one.key)]
    written = await session.execute(insert_or_ignore(session, Contact).returning(_CONTACT.key), rows)
    return set(written.scalars())


async def contacts_since(session: AsyncSession, customer_id: CustomerId, since: datetime) -> int:
    """How many e-mails went to this customer at or after `since`."""
    counts = await contacts_of_many(session, [customer_id], since)
    return counts[customer_id]


async def contacts_of_many(
    session: AsyncSession, customer_ids: Sequence[CustomerId], since: datetime
) -> dict[CustomerId, int]:
    """How many e-mails went to each of these customers at or after `since`, in one read."""
    rows = (await session.execute(_SENT, {"customers": list(customer_ids), "since": since})).all()
    found = {customer: count for customer, count in rows}  # noqa: C416 - rows are not pairs to dict()
    return {customer_id: found.get(customer_id, 0) for customer_id in customer_ids}
