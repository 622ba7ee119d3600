"""States out of the database: as folded, or folded again from events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.events import Event
from memory.fold import FOLD_VERSION, fold
from memory.privacy.bases import BeforeHorizon, base_of
from memory.profile import ProfileState, fold_profile
from memory.state import State, empty
from memory.tables import Event as EventRow
from memory.tables import MemoryState
from store.bulk import read_rows

READ_AHEAD = 500


async def load_states(session: AsyncSession, customers: Collection[str]) -> dict[str, State]:
    """The states of those customers that have one. Rows of older rules are folded again from events."""
    stored = await stored_states(session, customers)
    return {customer: orjson.loads(state) for customer, state in stored.items()}


async def stored_states(session: AsyncSession, customers: Collection[str]) -> dict[str, bytes]:
    """`load_states` as JSON, for who needs one after the other and not all at once."""
    rows = await read_rows(session, MemoryState, ("customer_id", "fold_version", "state"), "customer_id", customers)
    states: dict[str, bytes] = {}
    for customer, version, stored in rows:
        current = version == FOLD_VERSION
        states[customer] = stored if current else orjson.dumps((await rebuild(session, customer))[0])
    return states


async def rebuild(
    session: AsyncSession, customer_id: str, *, as_of: datetime | None = None
) -> tuple[State, ProfileState]:
    """State and profile from the events that happened up to `as_of` (all of them when None), and from what retention
    folded away.

    Raises: BeforeHorizon where events up to `as_of` are kept no more, OutdatedBase.
    """
    base = await base_of(session, customer_id)
    horizon = None if base is None else base.horizon.latest
    if horizon is not None and as_of is not None and as_of < horizon:
        raise BeforeHorizon(
            "Events of that time are kept no more, so memory as of then cannot be told.",
            pointer="as_of",
            fix=f"Ask for a moment after {horizon.isoformat(timespec='seconds')}.",
        )
    state, profile = (empty(), ProfileState()) if base is None else (base.state, base.profile)
    async for event in events_of(session, customer_id, as_of=as_of):
        fold(state, [event])
        fold_profile(profile, [event])
    return state, profile


async def events_of(session: AsyncSession, customer_id: str, *, as_of: datetime | None = None) -> AsyncIterator[Event]:
    """The stored events of a customer, oldest first."""
    query = (
        select(
            col(EventRow.message_id),
            col(EventRow.kind),
            col(EventRow.name),
            col(EventRow.at),
            col(EventRow.payload),
        )
        .where(col(EventRow.customer_id) == customer_id)
        .order_by(col(EventRow.at), col(EventRow.message_id))
    )
    if as_of is not None:
        query = query.where(col(EventRow.at) <= as_of)
    rows = await session.stream(query.execution_options(yield_per=READ_AHEAD))
    async for message_id, kind, name, at, payload in rows:
        body = orjson.loads(payload)
        yield Event(message_id, kind, name, body.get("userId"), body.get("anonymousId"), at, body)
