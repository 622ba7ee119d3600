"""What is read of a batch of customers to count some days of theirs: ledger, events, folded memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts import mails, orders
from composer.facts.episodes import DAY, LOOK_BACK, Row, Span, ledger_of, midnight
from composer.facts.orders import Order
from composer.facts.rules import AttributionRules
from memory.events import Event
from memory.privacy.bases import base_of, horizons
from memory.rebuild import load_states
from memory.state import State, micros
from memory.tables import Event as EventRow
from store.upsert import table_of

NAMES = sorted(orders.NAMES | mails.NAMES)
_EVENT = table_of(EventRow).c
_EVENTS = select(_EVENT.customer_id, _EVENT.message_id, _EVENT.name, _EVENT.at, _EVENT.payload).where(
    _EVENT.customer_id.in_(bindparam("customers", expanding=True)),
    _EVENT.at >= bindparam("since"),
    _EVENT.at < bindparam("until"),
    _EVENT.name.in_(bindparam("names", expanding=True)),
)
_REPORTS = select(_EVENT.customer_id, _EVENT.message_id, _EVENT.name).where(
    _EVENT.customer_id.in_(bindparam("customers", expanding=True)), _EVENT.name.in_((orders.COMPLETED, orders.UPDATED))
)
_SUPERSEDED = select(_EVENT.customer_id, _EVENT.message_id, _EVENT.name, _EVENT.at, _EVENT.payload).where(
    _EVENT.message_id.in_(bindparam("messages", expanding=True))
)
AT_ONCE = 500
"""Messages that are asked for in one read."""
FirstTold = Mapping[str, int]
"""Order id -> the moment of its first report, in microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Person:
    """One customer."""

    customer_id: str
    span: Span
    """The days of which all is known."""
    ledger: Sequence[Row]
    events: Sequence[Event]
    """What says what came of e-mails, from `LOOK_BACK` before `span` on."""
    state: State | None
    """As it is now, but for when orders were placed: at their first reports."""
    told: FirstTold
    """Of every order."""


async def people(session: AsyncSession, customers: Sequence[str], span: Span, rules: AttributionRules) -> list[Person]:
    """These of them of whom something of that time is still known, with what counting it takes; some reads for all.

    Of days whose events retention has taken away the figures stay as they were counted.
    """
    known = await known_since(session, customers, span)
    since, until = span.since - LOOK_BACK, span.until + rules.settled
    ledger = await ledger_of(session, [*known], since, until)
    events = await events_of(session, known, NAMES, since, until)
    states = await load_states(session, known)
    told = await as_first_told(session, states)
    return [
        Person(
            one, Span(first, span.until), ledger.get(one, ()), events.get(one, ()), states.get(one), told.get(one, {})
        )
        for one, first in known.items()
    ]


async def known_since(session: AsyncSession, customers: Sequence[str], span: Span) -> Mapping[str, datetime]:
    """From which moment on; without those of whom nothing of that time is."""
    gone = await horizons(session, customers)
    lost = {one: horizon.events for one, horizon in gone.items() if horizon.events is not None}
    # A day that is known in part is not known.
    known = {one: max(span.since, midnight(lost[one]) + DAY) if one in lost else span.since for one in customers}
    return {one: since for one, since in known.items() if since < span.until}


async def as_first_told(session: AsyncSession, states: Mapping[str, State]) -> Mapping[str, FirstTold]:
    """By customer, when each order was first told of, those that memory's bounds have dropped too; the same is put into
    the orders of `states`, where the moment of the newest report stands: a shop that tells of last year's orders again
    has not sold anything.

    Which messages memory keeps says which reports are to be read: most orders are told once. Of events that are gone it
    knows as many orders as memory keeps.
    """
    first_told = {
        one: {order_id: entry[0] for order_id, entry in state["orders"].items()} for one, state in states.items()
    }
    newest = {entry[1] for state in states.values() for entry in state["orders"].values()}
    told = (await session.execute(_REPORTS, {"customers": list(states)})).all()
    superseded = [one.message_id for one in told if one.name == orders.COMPLETED and one.message_id not in newest]
    for first in range(0, len(superseded), AT_ONCE):
        messages = {"messages": superseded[first : first + AT_ONCE]}
        for customer_id, event in await _read(session, _SUPERSEDED, messages):
            _earlier(first_told[customer_id], orders.order_id_of(event), micros(event.at))
    # What is not told any more was told before.
    for customer_id in await horizons(session, {one.customer_id for one in told}):
        base = await base_of(session, customer_id)
        for order_id, entry in {} if base is None else base.state["orders"].items():
            _earlier(first_told[customer_id], order_id, entry[0])
    for customer_id, state in states.items():
        _place(state, first_told[customer_id])
    return first_told


def placed_since(found: Iterable[Order], told: FirstTold, since: datetime) -> list[Order]:
    """Without those of which only a later report was read, from `since` on: they were placed before."""
    first = micros(since)
    return [one for one in found if told.get(one.order_id, first) >= first]


def _earlier(told: dict[str, int], order_id: str, at: int) -> None:
    told[order_id] = min(at, told.get(order_id, at))


def _place(state: State, told: FirstTold) -> None:
    for order_id, entry in state["orders"].items():
        if told[order_id] < entry[0]:
            state["orders"][order_id] = [told[order_id], *entry[1:]]


async def events_of(
    session: AsyncSession, customers: Iterable[str], names: Collection[str], since: datetime, until: datetime
) -> Mapping[str, list[Event]]:
    """Their events of these names and that time, in one read."""
    found: dict[str, list[Event]] = defaultdict(list)
    span = {"customers": list(customers), "names": list(names), "since": since, "until": until}
    for customer_id, event in await _read(session, _EVENTS, span):
        found[customer_id].append(event)
    return found


async def _read(session: AsyncSession, query: Select[Any], asked: Mapping[str, Any]) -> list[tuple[str, Event]]:
    """(customer, event)."""
    return [
        (customer_id, Event(message_id, "track", name, body.get("userId"), body.get("anonymousId"), at, body))
        for customer_id, message_id, name, at, payload in (await session.execute(query, asked)).all()
        for body in (orjson.loads(payload),)
    ]
