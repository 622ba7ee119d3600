"""Answers of `judging` over the contact ledger, for many customers in one read; under a lock where they are acted on.

Two e-mails that are written for one customer at the same time each see room for one. So whoever is about to record a
contact asks again in the transaction that records it, with the customers locked: the second one finds the first's row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from memory.contacting.judging import NO_WISH, Asked, Verdict, Wish, judge
from memory.contacting.rules import ContactRules
from memory.ledger import Sent, contacts_of_many
from memory.tables import Customer
from store.ids import CustomerId
from store.upsert import table_of

_CUSTOMER = table_of(Customer).c
# In the order of their ids, as everybody locks customers; rows that refer to them may be written meanwhile.
_LOCK = (
    select(_CUSTOMER.id)
    .where(_CUSTOMER.id.in_(bindparam("customers", expanding=True)))
    .order_by(_CUSTOMER.id)
    .with_for_update(key_share=True)
)


@dataclass(frozen=True, slots=True)
class Claim:
    """An e-mail for a customer, and the rules it is under."""

    key: str
    """Of its own row in the ledger, which does not count against it."""
    customer_id: CustomerId
    """Empty for somebody memory does not know: nothing was sent to them."""
    rules: ContactRules
    asked: Asked
    timezone: str | None = None
    wish: Wish = NO_WISH
    learned: int | None = None
    """See `judge`."""


async def verdicts(
    session: AsyncSession, claims: Mapping[str, Claim], now: datetime, *, lock: bool = False
) -> dict[str, Verdict]:
    """An answer to each claim, under its name; with `lock` nobody else's contact comes between this and the commit."""
    counting = [one for one in claims.values() if one.customer_id and one.asked.kind != "transactional"]
    memory = max((max(one.rules.memory, one.wish.memory) for one in counting), default=None)
    if not memory:
        return {name: _verdict(claim, {}, now) for name, claim in claims.items()}
    customers = list({one.customer_id for one in counting})
    # On SQLite whoever writes is alone.
    if lock and session.get_bind().dialect.name != "sqlite":
        await session.execute(_LOCK, {"customers": customers})
    sent = await contacts_of_many(session, customers, now - memory)
    return {name: _verdict(claim, sent, now) for name, claim in claims.items()}


def _verdict(claim: Claim, sent: Mapping[CustomerId, Sequence[Sent]], now: datetime) -> Verdict:
    history = [one.contacted for one in sent.get(claim.customer_id, ()) if one.key != claim.key]
    return judge(claim.rules, claim.asked, now, history, claim.timezone, wish=claim.wish, learned=claim.learned)
