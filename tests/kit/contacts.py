"""The contact ledger in tests."""

from __future__ import annotations

from sqlmodel import col, select

from memory.ingest import ingest
from memory.tables import Contact
from store.database import Database


async def ledger(database: Database) -> list[Contact]:
    """Every decision, oldest first."""
    async with database.session(readonly=True) as session:
        query = select(Contact).order_by(col(Contact.at), col(Contact.decision), col(Contact.customer_id))
        return list((await session.execute(query)).scalars())


async def decisions(database: Database) -> list[tuple[str, str]]:
    """(decision, reason) of each, oldest first."""
    return [(row.decision, row.reason) for row in await ledger(database)]


async def moves_to(database: Database, customer: str, timezone: str) -> None:
    """The customer's device says where it is."""
    message = {"type": "identify", "messageId": f"{customer}-{timezone}", "userId": customer}
    async with database.session() as session:
        await ingest(session, [message | {"traits": {"timezone": timezone}}])
