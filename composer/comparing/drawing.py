"""The customers of a comparison: drawn by lot, without walking through all of them."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from typeid import TypeID
from uuid_utils import UUID

from memory.tables import Customer
from store.database import Database
from store.upsert import table_of

TRIES = 20
"""Times the customers wanted that are looked at before there are said to be no more."""
_CUSTOMER = table_of(Customer).c


async def draw(database: Database, seed: str, wanted: int) -> AsyncIterator[str]:
    """The shop's ids of customers, each once, in an order that the seed decides.

    Places between the first and the last id are drawn and whoever comes next is taken: as ids are in the order of time
    (UUIDv7), somebody who came in a quiet week is drawn more often than one of many who were imported at once. Both
    sides get the same ones, so neither is favoured.
    """
    lot, seen = random.Random(seed), set[str]()  # noqa: S311  # no secret
    async with database.session(readonly=True) as session:
        ends = await _ends(session)
    if ends is None:
        return
    for _ in range(wanted * TRIES):
        place = str(TypeID.from_uuid(UUID(int=lot.randint(*ends)), prefix="cus"))
        async with database.session(readonly=True) as session:
            found = await _next(session, place)
        if found is not None and found not in seen:
            seen.add(found)
            yield found


async def _ends(session: AsyncSession) -> tuple[int, int] | None:
    first, last = (await session.execute(select(func.min(_CUSTOMER.id), func.max(_CUSTOMER.id)))).one()
    if first is None:
        return None
    return int(TypeID.from_string(first).uuid), int(TypeID.from_string(last).uuid)


async def _next(session: AsyncSession, place: str) -> str | None:
    query = select(_CUSTOMER.external_id).where(_CUSTOMER.id >= place, _CUSTOMER.external_id.is_not(None))
    found: str | None = (await session.execute(query.order_by(_CUSTOMER.id).limit(1))).scalar_one_or_none()
    return found
