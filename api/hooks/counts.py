"""How much came from each provider, and what became of it: nothing that is not remembered goes unseen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import BaseModel
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.hooks.model import Passed
from api.hooks.tables import HookCountRow
from store import clock
from store.upsert import insert_into, table_of

KEPT = timedelta(days=400)
"""A year can be held against the one before; older counts go when new ones come."""
_TABLE = table_of(HookCountRow)
_COUNT = _TABLE.c


class HookCount(BaseModel):
    """Reports of one kind of one provider that came to the same."""

    provider: str
    kind: str
    reason: str
    """Empty: placed."""
    n: int


async def add(session: AsyncSession, provider: str, counted: Mapping[Passed, int]) -> None:
    """Count, on the day of today (UTC). Last in a transaction: others who count wait for its end."""
    day = clock.now().date()
    rows = [
        {"provider": provider, "day": day, "kind": one.kind, "reason": one.reason, "n": n}
        # In one order: two who count the same then wait for each other instead of locking up.
        for one, n in sorted(counted.items())
    ]
    if not rows:
        return
    await session.execute(delete(_TABLE).where(_COUNT.provider == provider, _COUNT.day < day - KEPT))
    insert = insert_into(session, HookCountRow)
    keys = ["provider", "day", "kind", "reason"]
    await session.execute(
        insert.on_conflict_do_update(index_elements=keys, set_={"n": _COUNT.n + insert.excluded.n}), rows
    )


async def since(session: AsyncSession, day: date) -> list[HookCount]:
    """Sums from `day` on, by provider and kind, the most first."""
    total = func.sum(_COUNT.n)
    query = (
        select(_COUNT.provider, _COUNT.kind, _COUNT.reason, total)
        .where(_COUNT.day >= day)
        .group_by(_COUNT.provider, _COUNT.kind, _COUNT.reason)
        .order_by(_COUNT.provider, total.desc(), _COUNT.kind, _COUNT.reason)
    )
    rows = (await session.execute(query)).all()
    return [HookCount(provider=provider, kind=kind, reason=reason, n=int(n)) for provider, kind, reason, n in rows]
