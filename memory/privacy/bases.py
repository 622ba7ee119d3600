"""What was folded from events that are gone: where every later rebuild of a customer's memory begins.

Memory is a fold whose states merge exactly (`memory.merging`): with A the events that retention deletes and B those
that stay, merge(fold(A), fold(B)) = fold(A ∪ B). So the base keeps fold(A), and a rebuild is the base merged with the
fold of what is stored: the memory of today does not change by a bit. What is lost is the past itself: memory as of a
moment before the horizon can no longer be told, and says so.

A base is folded under the rules of its time (`fold_version`). Rules that change what is folded from old events cannot
be applied to it: a version of Penfriend that raises FOLD_VERSION must say how to bring a base over.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from memory.events import Event
from memory.fold import FOLD_VERSION
from memory.merging import merge
from memory.parts.mails import from_version_2
from memory.privacy.tables import BaseRow
from memory.profile import ProfileState, merge_profiles
from memory.state import State
from store.errors import InvalidInput, Unavailable
from store.upsert import insert_or_replace, table_of

SEARCHED = "Products Searched"
"""Events with words that a person typed, which a shop may want to keep for less long."""
_BASE = table_of(BaseRow)
_ANY = select(exists(select(_BASE.c.customer_id)))


_BEFORE_CLICKS = 2
"""The fold version whose bases are brought over when they are read."""


class BeforeHorizon(InvalidInput):
    """Memory as of a time whose events are kept no more."""

    reason = "beyond_retention"


class OutdatedBase(Unavailable):
    """A base of other rules than today's: this version of Penfriend cannot rebuild from it."""

    reason = "outdated_base"
    retryable = False


@dataclass(frozen=True, slots=True)
class Horizon:
    """Up to when a customer's events may be gone."""

    events: datetime | None = None
    searches: datetime | None = None

    @property
    def latest(self) -> datetime | None:
        """Memory as of an earlier moment cannot be told."""
        return _latest(self.events, self.searches)

    def hides(self, event: Event) -> bool:
        """Is it from a time of which such events may be gone?"""
        until = self.latest if event.name == SEARCHED else self.events
        return until is not None and event.at <= until

    def joined(self, other: Horizon) -> Horizon:
        """The later of both."""
        return Horizon(_latest(self.events, other.events), _latest(self.searches, other.searches))


@dataclass(frozen=True, slots=True)
class Base:
    """State and profile of one customer's deleted events; whoever asks for it owns it."""

    state: State
    profile: ProfileState
    horizon: Horizon


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


async def base_of(session: AsyncSession, customer_id: str) -> Base | None:
    """None where every event of the customer is still there. Raises: OutdatedBase."""
    row = (await session.execute(select(_BASE).where(_BASE.c.customer_id == customer_id))).first()
    if row is None:
        return None
    state: State = orjson.loads(row.state)
    if row.fold_version == _BEFORE_CLICKS:
        state = from_version_2(state)
    elif row.fold_version != FOLD_VERSION:
        raise OutdatedBase(
            f"What was kept of deleted events was folded under rules {row.fold_version}, not {FOLD_VERSION}.",
            fix="Use the version of Penfriend whose changelog says how it brings such memory over.",
        )
    return Base(state, orjson.loads(row.profile), Horizon(row.horizon, row.searches_horizon))


async def save(session: AsyncSession, customer_id: str, base: Base) -> None:
    """Put `base` in the place of the customer's."""
    row = {
        "customer_id": customer_id,
        "fold_version": FOLD_VERSION,
        "state": orjson.dumps(base.state),
        "profile": orjson.dumps(base.profile),
        "horizon": base.horizon.events,
        "searches_horizon": base.horizon.searches,
    }
    await session.execute(insert_or_replace(session, BaseRow), [row])


def joined(left: Base, right: Base) -> Base:
    """The base of both sets of deleted events. Both are consumed."""
    profile = merge_profiles(left.profile, right.profile)
    return Base(merge(left.state, right.state), profile, left.horizon.joined(right.horizon))


async def horizons(session: AsyncSession, customers: Collection[str]) -> dict[str, Horizon]:
    """Up to when events of these customers may be gone; those of whom none are, are left out."""
    if not customers or not (await session.execute(_ANY)).scalar_one():
        return {}
    query = select(_BASE.c.customer_id, _BASE.c.horizon, _BASE.c.searches_horizon)
    rows = await session.execute(query.where(_BASE.c.customer_id.in_(customers)))
    return {row.customer_id: Horizon(row.horizon, row.searches_horizon) for row in rows}


async def move(session: AsyncSession, merges: Sequence[tuple[str, str]]) -> None:
    """Hand the bases of visitors to the customers they turned out to be."""
    if not merges or not (await session.execute(_ANY)).scalar_one():
        return
    for visitor, customer in merges:
        theirs, ours = await base_of(session, visitor), await base_of(session, customer)
        if theirs is None:
            continue
        await save(session, customer, theirs if ours is None else joined(ours, theirs))
        await session.execute(delete(_BASE).where(_BASE.c.customer_id == visitor))
