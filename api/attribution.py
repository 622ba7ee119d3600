"""Attribution rules put in force, with a line in the audit log."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from composer.facts import ruling
from composer.facts.rules import AttributionRules
from composer.facts.ruling import Ruling
from memory.privacy.retention import RetentionSettings


async def set_rules(session: AsyncSession, rules: AttributionRules, retention: RetentionSettings) -> Ruling:
    """From now on; nothing is noted where they are in force already. Raises: BeyondRetention."""
    rules.refuse_beyond(retention.events)
    before = await ruling.current(session)
    after = await ruling.put_in_force(session, rules, audit.actor())
    if after.version != before.version:
        was, is_now = (one.rules.model_dump(mode="json") for one in (before, after))
        await audit.append(session, "attribution.set", after.version, before=was, after=is_now)
    return after
