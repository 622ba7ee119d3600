"""What is not let into memory, though it is well formed: what the erased did before they were erased, and what is
older than what retention has already folded away (taken again, it would count twice)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from memory.events import Event, EventRejected
from memory.privacy import bases, tombstones


async def of_the_erased(session: AsyncSession, events: Mapping[int, Event]) -> dict[int, EventRejected]:
    """Those of `events` (by place) that happened before their person was erased, and why they are refused."""
    # Not gathered before somebody was erased: `erased` looks first.
    ids = (one for event in events.values() for one in _named_in(event))
    gone = await tombstones.erased(session, ids)
    if not gone:
        return {}
    return {place: _erased() for place, event in events.items() if _is_before(event, gone)}


async def beyond_the_horizon(
    session: AsyncSession, events: Mapping[int, Event], owner_of: Callable[[Event], str]
) -> dict[int, EventRejected]:
    """Those of `events` (by place) from a time of which their customer's events are kept no more."""
    horizons = await bases.horizons(session, {owner_of(event) for event in events.values()})
    if not horizons:
        return {}
    return {
        place: _folded_away()
        for place, event in events.items()
        if (horizon := horizons.get(owner_of(event))) is not None and horizon.hides(event)
    }


def _is_before(event: Event, gone: Mapping[str, datetime]) -> bool:
    moments = (gone.get(one) for one in _named_in(event))
    return any(event.at <= moment for moment in moments if moment is not None)


def _named_in(event: Event) -> tuple[str, ...]:
    return event.known_before_as if event.user_id is None else (event.user_id, *event.known_before_as)


def _erased() -> EventRejected:
    return EventRejected(
        "This happened before the person was erased.",
        pointer="/userId",
        fix="Do not send events again of people who asked to be forgotten; what they do from now on is taken.",
        reason="erased",
    )


def _folded_away() -> EventRejected:
    return EventRejected(
        "This is older than the events that are kept of this customer, and may have been counted before.",
        pointer="/timestamp",
        fix="Import history before retention (`penfriend retention`) deletes events of its time.",
        reason="beyond_retention",
    )
