"""The shop's holdout: set for a period, ended, and what it was. Takes a session, never commits.

Each period draws anew: whoever was held out may be written to in the next one, and nobody is left out for ever.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.experiments.board import begin_change, holdout_of
from composer.experiments.model import Holdout
from composer.experiments.tables import HoldoutRow
from store import clock
from store.errors import InvalidInput
from store.ids import new_holdout_id

MOST = 0.5
"""Who holds out more than half of a shop measures what writing to the rest brings, and hardly writes."""


class WrongHoldout(InvalidInput):
    """A holdout that cannot be set."""

    reason = "wrong_holdout"


async def periods(session: AsyncSession) -> list[Holdout]:
    """All there were and will be, the newest first."""
    rows = await session.execute(select(HoldoutRow).order_by(col(HoldoutRow.starts_at).desc()))
    return [holdout_of(row) for row in rows.scalars()]


async def current(session: AsyncSession) -> Holdout | None:
    """The one in force now, or else the next that is set."""
    now = clock.now()
    ahead = [one for one in await periods(session) if one.ends_at > now]
    return ahead[-1] if ahead else None


async def set_holdout(
    session: AsyncSession, share: float, *, until: datetime, starts: datetime | None = None, by: str
) -> Holdout:
    """Hold out a share of the shop's customers from `starts` (now) to `until`; what was set so far ends there.

    Raises WrongHoldout.
    """
    now = clock.now()
    begins = max(starts or now, now)
    if not 0 < share <= MOST:
        raise WrongHoldout(
            "The holdout has to be more than nothing and at most half of the customers.",
            pointer="/share",
            fix="Give a share between 0 and 0.5: 0.05 is one customer in twenty. To have none, end it.",
        )
    if until <= begins:
        raise WrongHoldout(
            "The holdout ends before it begins.", pointer="/until", fix="Give a day in the future, after it begins."
        )
    await begin_change(session)
    await _end(session, begins)
    identity = new_holdout_id()
    row = HoldoutRow(
        id=identity, share=share, salt=identity, starts_at=begins, ends_at=until, set_by=by, changed_at=now
    )
    session.add(row)
    await session.flush()
    return holdout_of(row)


async def end_holdout(session: AsyncSession) -> Holdout | None:
    """From now on nobody is held out; the one that was in force or set, None where there was none."""
    await begin_change(session)
    found = await current(session)
    await _end(session, clock.now())
    return found


async def _end(session: AsyncSession, at: datetime) -> None:
    """Periods that reach beyond a moment end there; those that were only to begin are as if never set."""
    query = select(HoldoutRow).where(col(HoldoutRow.ends_at) > at)
    for row in (await session.execute(query)).scalars():
        if row.starts_at >= at:
            await session.delete(row)
        else:
            row.ends_at, row.changed_at = at, clock.now()
    await session.flush()
