"""An erased person's no outlives them: their address is not written to again because a shop imports it once more.

What is kept is a keyed hash of the address, when the no was said and in which way: what GDPR (article 17(3)(b), recital
65) leaves for it. Only a yes of their own, given later, undoes it (`memory.consent`).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.consent import Change, WithdrawalReason
from memory.privacy.tables import SuppressedRow
from memory.tables import Consent, Customer
from store.upsert import insert_into, table_of

SOURCE = "suppressed_address"
_SUPPRESSED = table_of(SuppressedRow)
_ANY = select(exists(select(_SUPPRESSED.c.email_index)))
_REASONS: Mapping[str, WithdrawalReason] = {"complained": "complained", "bounced": "bounced"}


async def suppress(session: AsyncSession, customer_id: str) -> bool:
    """Before this customer is erased: keep the no they said last, if they said one. True where there was one."""
    query = (
        select(col(Customer.email_index), col(Consent.withdrawn_at), col(Consent.withdrawn_reason))
        .join(Consent, col(Consent.customer_id) == col(Customer.id))
        .where(col(Customer.id) == customer_id, col(Consent.withdrawn_at).is_not(None))
        .where(col(Consent.granted_at).is_(None) | (col(Consent.granted_at) <= col(Consent.withdrawn_at)))
    )
    row = (await session.execute(query)).first()
    if row is None or row.email_index is None:
        return False
    values = {"withdrawn_at": row.withdrawn_at, "reason": row.withdrawn_reason or "unsubscribed"}
    statement = insert_into(session, SuppressedRow).values(email_index=row.email_index, **values)
    later = _SUPPRESSED.c.withdrawn_at < row.withdrawn_at
    await session.execute(statement.on_conflict_do_update(index_elements=["email_index"], set_=values, where=later))
    return True


async def remembered_noes(session: AsyncSession, indexes: Mapping[str, str | None]) -> list[Change]:
    """What to write down about customers (our ids, with the blind indexes of their addresses) who said no before they
    were erased. One look at an empty table where nobody ever did."""
    wanted = {index for index in indexes.values() if index is not None}
    if not wanted or not (await session.execute(_ANY)).scalar_one():
        return []
    query = select(SuppressedRow).where(col(SuppressedRow.email_index).in_(wanted))
    found = {row.email_index: row for row in (await session.execute(query)).scalars()}
    return [
        Change(customer, "withdrawn", found[index].withdrawn_at, SOURCE, _REASONS.get(found[index].reason))
        for customer, index in indexes.items()
        if index in found
    ]
