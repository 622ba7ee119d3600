"""Which alarms stand now: one small read wherever e-mails are decided, so that a fall-back holds in every process."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.harm.model import Level, Scope
from composer.harm.tables import AlarmRow
from store.upsert import table_of

_ROW = table_of(AlarmRow).c
STANDING = select(_ROW.level, _ROW.name).where(_ROW.closed_at.is_(None)).distinct()


class Standing(NamedTuple):
    """Whom alarms stand over."""

    scopes: frozenset[Scope] = frozenset()

    def over(self, *, flow: str, campaign: str) -> bool:
        """Whether one stands over the campaign, its flow, or the whole shop: then what was learned decides nothing."""
        return not self.scopes.isdisjoint((Scope(Level.SHOP), Scope(Level.FLOW, flow), Scope(Level.CAMPAIGN, campaign)))


async def read_standing(session: AsyncSession) -> Standing:
    """As they stand in this transaction."""
    rows = (await session.execute(STANDING)).all()
    return Standing(frozenset(Scope(Level(row.level), row.name) for row in rows))
