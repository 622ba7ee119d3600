"""E-mails must not outlive the people they were written to: who was erased while an e-mail was on its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.model import CustomerMemory
from memory.privacy.tombstones import erased
from memory.tables import Customer

ERASED = "erased"
"""Reason code of what is not done any more because the person asked to be forgotten."""
ERASED_DETAIL = "This customer was erased."


async def erased_meanwhile(session: AsyncSession, memories: Sequence[CustomerMemory]) -> frozenset[str]:
    """External ids of those who were erased since they were read, whether or not they have come back since.

    What is true of them stays true until the transaction ends where it holds `memory.privacy.tombstones.share`.
    """
    buried = await erased(session, [memory.external_id for memory in memories])
    if not buried:
        return frozenset()
    asked = [memory for memory in memories if memory.external_id in buried]
    query = select(col(Customer.id)).where(col(Customer.id).in_([memory.customer_id for memory in asked]))
    there = set((await session.execute(query)).scalars())
    return frozenset(memory.external_id for memory in asked if memory.customer_id not in there)


async def erased_since(session: AsyncSession, customer: str, at: datetime) -> bool:
    """Whether what was written to `customer` (the shop's id) at a moment is about somebody who was erased; of somebody
    who has come back it is about the one they were. How long it stays true: as of `erased_meanwhile`."""
    if not await erased(session, [customer]):
        return False
    query = select(col(Customer.created_at)).where(col(Customer.external_id) == customer)
    known_since = (await session.execute(query)).scalar_one_or_none()
    return known_since is None or known_since > at
