"""Events in: checked, deduplicated, stored and folded in the caller's one transaction.

A batch costs a fixed number of statements whatever its size: one read of the known message ids, one of the
customers and one of their states, and one bulk write each of events and states.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from memory import aliasing, consent, identity, readable
from memory.due.stale import note_change
from memory.email_hints import EmailsKnown, add_email_hints
from memory.events import Event, EventRejected, parse
from memory.fold import FOLD_VERSION, fold
from memory.lines import Enrich, add_hints
from memory.merging import merge
from memory.privacy import bases, gate, tombstones
from memory.privacy.suppression import remembered_noes
from memory.profile import CORRECTING, email_index, fold_profile, merge_profiles, phone_index, to_profile
from memory.rebuild import stored_states
from memory.state import State, empty
from memory.tables import Customer, MemoryState
from memory.tables import Event as EventRow
from store import clock
from store.bulk import insert_rows, read_rows
from store.failures import DatabaseBusy, is_there_already
from store.types import keyring_of
from store.upsert import table_of

CHUNK = 1_000
"""Events handled together: enough to make statements cheap, few enough to bound parameters and memory."""
TRIES = 3
"""Of storing a chunk while others store the same events. The second finds them; a third is for who meets two others."""
FOLDED_AT_ONCE = 50
"""Customers: about a millisecond."""
_EVENT = ("message_id", "customer_id", "kind", "name", "at", "received_at", "payload")
_STATE = ("customer_id", "fold_version", "state")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one message was not taken. `index` is its place in the list that was sent."""

    index: int
    reason: str
    message: str
    pointer: str | None
    fix: str | None


@dataclass(slots=True)
class IngestReport:
    """What became of a list of messages: accepted + duplicates + rejected = all of them."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)

    def add(self, other: IngestReport) -> None:
        """What became of further messages of the list."""
        self.accepted += other.accepted
        self.duplicates += other.duplicates
        self.rejected += other.rejected


async def ingest(
    session: AsyncSession,
    messages: Sequence[Any],
    *,
    received_at: datetime | None = None,
    enrich: Enrich | None = None,
    emails: EmailsKnown | None = None,
) -> IngestReport:
    """Take Segment messages (see `memory.events.messages_of` for the requests they come in).

    Bad messages are reported and the others taken; a message id seen before counts as a duplicate and changes
    nothing. `enrich` adds product data that events lack, `emails` what the e-mails they name were like. All or nothing
    with the caller's transaction.
    """
    now = received_at or clock.now()
    report = IngestReport()
    await tombstones.share(session)
    for start in range(0, len(messages), CHUNK):
        events = dict(_accepted(messages[start : start + CHUNK], start, now, report))
        _refuse(events, await gate.of_the_erased(session, events), report)
        _refuse(events, await aliasing.of_two_customers(session, events), report)
        if events:
            report.add(await _take(session, events, now, enrich, emails))
    return report


def _accepted(messages: Sequence[Any], start: int, now: datetime, report: IngestReport) -> Iterator[tuple[int, Event]]:
    """Parse, with each one's place; the first of several with one message id counts."""
    seen: set[str] = set()
    for index, message in enumerate(messages, start):
        try:
            event = parse(message, now)
            readable.check(event)
        except EventRejected as error:
            report.rejected.append(_rejection(index, error))
            continue
        if event.message_id in seen:
            report.duplicates += 1
            continue
        seen.add(event.message_id)
        yield index, event


def _refuse(events: dict[int, Event], refused: Mapping[int, EventRejected], report: IngestReport) -> None:
    for place, error in refused.items():
        del events[place]
        report.rejected.append(_rejection(place, error))


def _rejection(index: int, error: EventRejected) -> Rejection:
    return Rejection(index, error.reason, error.message, error.pointer, error.fix)


async def _take(
    session: AsyncSession, events: dict[int, Event], now: datetime, enrich: Enrich | None, emails: EmailsKnown | None
) -> IngestReport:
    """Take events, also those that somebody else takes for another person at this moment.

    No lock that we hold keeps them apart: whoever stores a message id second finds out only then. By then it is known,
    so that what was done is undone and done again.
    """
    if session.get_bind().dialect.name == "sqlite":
        return await _take_new(session, events, now, enrich, emails)
    for _ in range(TRIES):
        try:
            async with session.begin_nested():
                return await _take_new(session, events, now, enrich, emails)
        except IntegrityError as error:
            if not is_there_already(error, table_of(EventRow).name):
                raise
    raise DatabaseBusy("Others send the same events all the time.", fix="Send the batch again.")


async def _take_new(
    session: AsyncSession, events: dict[int, Event], now: datetime, enrich: Enrich | None, emails: EmailsKnown | None
) -> IngestReport:
    report = IngestReport()
    # Locks before looking for duplicates: whoever sent the same events at the same time has committed by then.
    owners = await identity.resolve(session, [*events.values()], now)
    known = await _known(session, [event.message_id for event in events.values()])
    new = {place: event for place, event in events.items() if event.message_id not in known}
    report.duplicates += len(events) - len(new)
    _refuse(new, await gate.beyond_the_horizon(session, new, owners.of), report)
    fresh = [*new.values()]
    report.accepted += len(fresh)
    if emails is not None:
        await add_email_hints(session, fresh, emails)
    if enrich is not None:
        for event in fresh:
            add_hints(event, enrich)
    by_customer: dict[str, list[Event]] = defaultdict(list)
    for event in fresh:
        by_customer[owners.of(event)].append(event)
    await _remember(session, by_customer, owners.merges, now)
    return report


async def _remember(
    session: AsyncSession, by_customer: dict[str, list[Event]], merges: Sequence[tuple[str, str]], now: datetime
) -> None:
    states = await _states(session, [*by_customer], merges)
    await _merge_profiles(session, merges)
    await bases.move(session, merges)
    for visitor, customer in merges:
        await identity.move(session, visitor, customer, now)
    changed = {*states, *by_customer, *(visitor for visitor, _ in merges)}
    await _store_and_fold(session, by_customer, states, changed, now)
    await _save_states(session, states)
    addresses = await _identify(session, by_customer)
    said = [change for customer, theirs in by_customer.items() for change in consent.changes_in(customer, theirs)]
    await consent.record(session, said + await remembered_noes(session, addresses))


async def _known(session: AsyncSession, message_ids: Sequence[str]) -> set[str]:
    return {
        message_id for (message_id,) in await read_rows(session, EventRow, ("message_id",), "message_id", message_ids)
    }


async def _states(
    session: AsyncSession, customers: Sequence[str], merges: Sequence[tuple[str, str]]
) -> dict[str, bytes]:
    """States to fold into, as JSON; those of merged visitors already joined to their customers'."""
    wanted = {*customers, *(customer for pair in merges for customer in pair)}
    states = await stored_states(session, wanted)
    for visitor, customer in merges:
        theirs = states.pop(visitor, None)
        if theirs is not None:
            states[customer] = orjson.dumps(merge(_read(states.get(customer)), orjson.loads(theirs)))
    return states


def _read(stored: bytes | None) -> State:
    state: State = empty() if stored is None else orjson.loads(stored)
    return state


async def _store_and_fold(
    session: AsyncSession,
    by_customer: dict[str, list[Event]],
    states: dict[str, bytes],
    changed: Collection[str],
    now: datetime,
) -> None:
    """A server writes the events while their memories are folded here. SQLite's thread needs the interpreter for each
    row: there, one after the other is quicker."""
    storing = _store(session, by_customer, changed, now)
    if session.get_bind().dialect.name == "sqlite":
        await storing
        await _fold(states, by_customer)
        return
    beside = asyncio.create_task(storing)
    try:
        await _fold(states, by_customer)
    except BaseException:
        # The connection is in use until the statement has ended. It may wait for a lock: nobody waits for it here.
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
        raise
    await beside


async def _fold(states: dict[str, bytes], by_customer: dict[str, list[Event]]) -> None:
    """Fold the events into `states`, with pauses in which what is being written is sent.

    Each is read, folded and written down before the next: a thousand states at once are a million small objects, which
    no processor's cache holds and every collection of garbage walks through.
    """
    for number, (customer, theirs) in enumerate(by_customer.items()):
        if number % FOLDED_AT_ONCE == 0:
            await asyncio.sleep(0)
        states[customer] = orjson.dumps(fold(_read(states.get(customer)), theirs))


async def _store(
    session: AsyncSession, by_customer: dict[str, list[Event]], changed: Collection[str], now: datetime
) -> None:
    """The events, and a note of whose memory is another for them."""
    # In one order, so that two who store the same ones do not wait for each other in a circle.
    rows = sorted(
        (event.message_id, customer, event.kind, event.name, event.at, now, orjson.dumps(event.body))
        for customer, events in by_customer.items()
        for event in events
    )
    await insert_rows(session, EventRow, _EVENT, rows)
    await note_change(session, changed, now)


async def _save_states(session: AsyncSession, states: dict[str, bytes]) -> None:
    rows = [(customer, FOLD_VERSION, state) for customer, state in states.items()]
    await insert_rows(session, MemoryState, _STATE, rows, on_conflict="replace")


async def _merge_profiles(session: AsyncSession, merges: Sequence[tuple[str, str]]) -> None:
    profiles = await _profiles(session, [customer for pair in merges for customer in pair])
    changed: dict[str, dict[str, Any]] = {}
    for visitor, customer in merges:
        if profiles[visitor]:
            profiles[customer] = changed[customer] = merge_profiles(profiles[customer], profiles[visitor])
    await _save_profiles(session, changed)


async def _identify(session: AsyncSession, by_customer: dict[str, list[Event]]) -> dict[str, str | None]:
    """Fold what `identify` events say; blind indexes of the addresses of those who said anything."""
    said = {
        customer: events
        for customer, events in by_customer.items()
        if any(event.kind == "identify" or event.name in CORRECTING for event in events)
    }
    profiles = await _profiles(session, [*said])
    return await _save_profiles(
        session, {customer: fold_profile(profiles[customer], events) for customer, events in said.items()}
    )


async def _profiles(session: AsyncSession, customers: Sequence[str]) -> dict[str, dict[str, Any]]:
    rows = await read_rows(session, Customer, ("id", "profile"), "id", customers)
    return {customer: orjson.loads(profile) if profile else {} for customer, profile in rows}


async def _save_profiles(session: AsyncSession, profiles: dict[str, dict[str, Any]]) -> dict[str, str | None]:
    if not profiles:
        return {}
    keyring = keyring_of(session)
    rows: list[dict[str, Any]] = []
    for customer, state in profiles.items():
        profile = to_profile(state)
        rows.append(
            {
                "customer": customer,
                "profile": orjson.dumps(state),
                "email_index": email_index(keyring, profile.email) if profile.email else None,
                "phone_index": phone_index(keyring, profile.phone) if profile.phone else None,
                "locale": profile.locale,
                "timezone": profile.timezone,
            }
        )
    table = table_of(Customer)
    values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "customer"}
    statement = update(table).where(table.c.id == bindparam("customer")).values(values)
    await (await session.connection()).execute(statement, rows)
    return {row["customer"]: row["email_index"] for row in rows}
