"""Retention: what is older than the shop wants goes, a small step at a time, with a line in the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from composer import retention as composed
from composer.facts.forgetting import count_old_episodes, forget_episodes
from composer.facts.rules import BeyondRetention
from composer.facts.ruling import rules_in_force
from memory.privacy import retention as remembered
from memory.privacy.retention import RetentionSettings
from store import clock
from store.database import Database
from store.errors import Unavailable

log = structlog.get_logger("penfriend.retention")

FIRST_AFTER_S = 600.0
"""A process that has just started has other things to do."""
EVERY_S = 24 * 3600.0
_BREATH_S = 0.01
"""Between two steps: whoever else wants to write has their turn."""

Steps = Callable[[Database, datetime], AsyncIterator[int]]
Count = Callable[[AsyncSession, datetime], Awaitable[int]]
Progress = Callable[[str, int, int], None]
"""Hears (kind, how many, of how many)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what is kept."""

    name: str
    """The setting's."""
    what: str
    steps: Steps
    count: Count


KINDS = (
    # Searches first: they may go sooner than other events do.
    Kind(
        "searches",
        "what customers searched for (memory keeps what it learned)",
        partial(remembered.fold_away, kind="searches"),
        partial(remembered.count_events, kind="searches"),
    ),
    Kind(
        "events",
        "events (memory keeps what it learned)",
        partial(remembered.fold_away, kind="events"),
        partial(remembered.count_events, kind="events"),
    ),
    Kind("visitors", "visitors without a name", remembered.forget_visitors, remembered.count_visitors),
    Kind("contacts", "rows of the contact ledger", remembered.forget_contacts, remembered.count_contacts),
    Kind("emails", "e-mails with their records", composed.forget_old_emails, composed.count_old_emails),
    Kind(
        "decisions",
        "how e-mails were decided, and what came of them (what was learned from them stays)",
        composed.forget_decisions,
        composed.count_decisions,
    ),
    Kind("episodes", "what came of campaigns, by customer (sums by day stay)", forget_episodes, count_old_episodes),
    Kind("recipients", "names in runs that ended", composed.forget_recipients, composed.count_recipients),
)


class Kept(BaseModel):
    """One kind, its period, and what is or was older."""

    kind: str
    what: str
    days: int | None
    """None: kept for ever."""
    older: int
    """How many go, or went."""


async def plan(database: Database, settings: RetentionSettings) -> list[Kept]:
    """What is older than its period now; deletes nothing."""
    found = []
    async with database.session(readonly=True) as session:
        for kind in KINDS:
            days = _days(settings, kind)
            older = 0 if days is None else await kind.count(session, _before(days))
            found.append(Kept(kind=kind.name, what=kind.what, days=days, older=older))
    return found


async def apply(database: Database, settings: RetentionSettings, progress: Progress) -> list[Kept]:
    """Delete what is older than its period. Stopped in the middle it has done what it has done: run it again.

    Raises: BeyondRetention where events would go before the attribution rules in force have looked at them.
    """
    async with database.session(readonly=True) as session:
        (await rules_in_force(session)).refuse_beyond(settings.events)
    return [await _apply(database, one, progress) for one in await plan(database, settings)]


async def keep_retention(database: Database, settings: RetentionSettings) -> None:
    """Apply it every day. Ends only when cancelled."""
    await asyncio.sleep(FIRST_AFTER_S)
    while True:
        try:
            await apply(database, settings, lambda *_: None)
        except (Unavailable, BeyondRetention) as error:
            log.warning("retention_waits", reason=error.reason, fix=error.fix)
        await asyncio.sleep(EVERY_S)


async def _apply(database: Database, planned: Kept, progress: Progress) -> Kept:
    if planned.days is None or not planned.older:
        return planned
    kind = next(kind for kind in KINDS if kind.name == planned.kind)
    done = 0
    async for removed in kind.steps(database, _before(planned.days)):
        done += removed
        progress(kind.name, done, planned.older)
        await asyncio.sleep(_BREATH_S)
    async with database.session() as session:
        why = f"{done} older than {planned.days} days"
        await audit.append(session, "retention", kind.name, why=why)
    return planned.model_copy(update={"older": done})


def _days(settings: RetentionSettings, kind: Kind) -> int | None:
    days: int | None = getattr(settings, kind.name)
    return days


def _before(days: int) -> datetime:
    return clock.now() - timedelta(days=days)
