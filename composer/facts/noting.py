"""What is noted beside the facts: from which day on may be counted, and which days' sums are not of their episodes any
more. Whoever asks has their turn (`composer.facts.writing.take_turns`); never commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from memory.learned import Learned, load_learned, save_learned

HORIZON, CHANGED, VERSION = "facts, horizon", "facts, changed days", "1"


async def counted_since(session: AsyncSession) -> datetime | None:
    """The first day that may still be counted; None: all may. Episodes of days before may be gone."""
    horizon = await load_learned(session, HORIZON, VERSION)
    return None if horizon is None else horizon.as_of


async def count_only_since(session: AsyncSession, first: datetime) -> None:
    """Days before `first` are counted and summed up no more."""
    known = await counted_since(session)
    if known is None or known < first:
        await save_learned(session, Learned(HORIZON, VERSION, first, {}))


async def changed_days(session: AsyncSession) -> set[date]:
    """Days that are to be summed up."""
    known = await load_learned(session, CHANGED, VERSION)
    return set() if known is None else {date.fromisoformat(day) for day in known.document}


async def note_changed(session: AsyncSession, days: Collection[date]) -> None:
    """Episodes of these days have changed: with them, or their sums would be wrong where this stops before it sums."""
    known = await changed_days(session)
    if not known.issuperset(days):
        await _save(session, known | set(days))


async def note_summed(session: AsyncSession, day: date) -> None:
    """The day's sums are of its episodes."""
    known = await changed_days(session)
    if day in known:
        await _save(session, known - {day})


async def _save(session: AsyncSession, days: Collection[date]) -> None:
    document = sorted(day.isoformat() for day in days)
    await save_learned(session, Learned(CHANGED, VERSION, datetime.now(UTC), document))
