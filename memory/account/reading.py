"""An account out of the database. Costs as much as the person's memory has parts, never as much as they have events."""

from __future__ import annotations

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.account.consents import consents, contacts
from memory.account.model import Account, Group, Told
from memory.account.sources import with_sources
from memory.account.telling import Known, groups
from memory.account.words import IN_ENGLISH
from memory.parts.forgetting import without_forgotten
from memory.phrases import Phrasebook
from memory.rebuild import load_states
from memory.recall import recall
from memory.state import empty
from memory.tables import Customer, CustomerAlias


async def account_of(
    session: AsyncSession, external_id: str, *, keep_days: int | None = None, say: Phrasebook = IN_ENGLISH
) -> Account | None:
    """Everything remembered of the shop's customer; None when there is no such customer.

    `keep_days`: how long the shop keeps events (`[retention]`); None: for ever. `say`: in whose words
    (`memory.account.words`).
    """
    memory = await recall(session, external_id)
    if memory is None:
        return None
    states = await load_states(session, [memory.customer_id])
    state = without_forgotten(states.get(memory.customer_id) or empty())
    stored = await session.scalar(select(col(Customer.profile)).where(col(Customer.id) == memory.customer_id))
    known = Known(memory, state, orjson.loads(stored) if stored else {}, say)
    told = await with_sources(session, [*groups(known)], say)
    more = await consents(session, memory.customer_id, say), await contacts(session, memory.customer_id, say)
    kept = say["kept.always"] if keep_days is None else say.say("kept.days", n=say.number(keep_days))
    return Account(
        customer=external_id,
        as_of=memory.as_of,
        kept=kept,
        groups=(*told, await _devices(session, memory.customer_id, say), *more),
    )


async def _devices(session: AsyncSession, customer_id: str, say: Phrasebook) -> Group:
    """Visitors who turned out to be this person."""
    query = select(col(CustomerAlias.anonymous_id)).where(col(CustomerAlias.customer_id) == customer_id)
    ids = sorted((await session.execute(query)).scalars())
    told = tuple(
        Told(id=f"device:{place}", text=say.say("device", id=one), use="records") for place, one in enumerate(ids, 1)
    )
    return Group(key="devices", title=say["group.devices"], told=told)
