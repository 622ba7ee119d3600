"""Which attribution rules are in force, and which ever were. Never commits."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.facts.rules import AttributionRules
from composer.facts.tables import AttributionRulesRow
from store import clock
from store.upsert import insert_or_replace

BUILT_IN = AttributionRules()
"""Of a shop that never set any."""
_NEWEST = select(AttributionRulesRow).order_by(
    col(AttributionRulesRow.set_at).desc(), col(AttributionRulesRow.version).desc()
)


class Ruling(BaseModel):
    """Rules, and when who put them in force."""

    version: str
    rules: AttributionRules
    set_at: datetime | None = None
    """None: the built-in ones, which nobody set."""
    set_by: str = ""


async def rules_in_force(session: AsyncSession) -> AttributionRules:
    """By which everything is counted from now on."""
    return (await current(session)).rules


async def current(session: AsyncSession) -> Ruling:
    """The same, with who set them."""
    row = (await session.execute(_NEWEST.limit(1))).scalar_one_or_none()
    return Ruling(version=BUILT_IN.version, rules=BUILT_IN) if row is None else _ruling(row)


async def history(session: AsyncSession) -> list[Ruling]:
    """Every version that was ever set, the one set last first."""
    return [_ruling(row) for row in (await session.execute(_NEWEST)).scalars()]


async def put_in_force(session: AsyncSession, rules: AttributionRules, by: str) -> Ruling:
    """Count by these rules from now on; unchanged where they are in force already.

    What was counted before names the rules it was counted by until it is counted anew.
    """
    now_in_force = await current(session)
    if now_in_force.version == rules.version:
        return now_in_force
    row = {"version": rules.version, "document": rules.model_dump(mode="json"), "set_at": clock.now(), "set_by": by}
    await session.execute(insert_or_replace(session, AttributionRulesRow), [row])
    return Ruling(version=rules.version, rules=rules, set_at=row["set_at"], set_by=by)


def _ruling(row: AttributionRulesRow) -> Ruling:
    rules = AttributionRules.model_validate(row.document)
    return Ruling(version=row.version, rules=rules, set_at=row.set_at, set_by=row.set_by)
