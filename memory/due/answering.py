"""Who is due for a flow now: read off the agenda by its index, with what the contact ledger says against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, exists, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from memory.due.contacted import HELD_OUT, IN_HAND, Contacted, contacted
from memory.due.following import rules_in_force
from memory.due.rules import FlowTimes
from memory.due.stale import count_stale
from memory.due.tables import AgendaRow
from memory.due.wording import reason
from memory.tables import Contact, Customer
from store.errors import InvalidInput
from store.upsert import table_of

ASK_AGAIN = timedelta(minutes=5)
COUNTED = 100_000
"""Agendas that are behind are counted up to here."""
_READ_AT_ONCE = 500
_AGENDA, _CONTACT, _CUSTOMER = table_of(AgendaRow).c, table_of(Contact).c, table_of(Customer).c
_ORDER = (_AGENDA.from_at, _AGENDA.customer_id, _AGENDA.occasion, _AGENDA.step)


class BadCursor(InvalidInput):
    """Not a place in a list of who is due."""

    reason = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Due:
    """A customer is due for a step of a flow: all that a request to compose needs, and why."""

    customer: str
    """The shop's own customer id."""
    flow: str
    step: str
    occasion: str
    due_since: datetime
    until: datetime
    reason: str
    """For the marketer, in plain words. Never for the e-mail."""
    product_id: str
    """What it is about, where that is one product; else empty."""


@dataclass(frozen=True, slots=True)
class DuePage:
    """Some of those who are due, the longest waiting first."""

    due: tuple[Due, ...]
    cursor: str
    """To ask on with; empty at the end."""
    behind: int
    """Customers of whom something changed that is not in the answer yet, counted up to `COUNTED`."""
    next_ask_after: datetime


class Place(NamedTuple):
    """Where a page ends: a key of the agenda, in the order of the answer."""

    from_at: datetime
    customer_id: str
    occasion: str
    step: str

    @property
    def cursor(self) -> str:
        """As text."""
        return "\n".join((self.from_at.isoformat(), *self[1:]))

    @classmethod
    def of(cls, cursor: str) -> Place:
        """Raises BadCursor."""
        parts = cursor.split("\n")
        try:
            from_at = datetime.fromisoformat(parts[0])
            return cls(from_at, *parts[1:])
        except (ValueError, TypeError) as error:
            raise BadCursor(
                "This is no cursor of who is due.", pointer="/cursor", fix="Use `next_cursor` unchanged."
            ) from error


@dataclass(frozen=True, slots=True)
class _Question:
    flow: str
    step: str
    """Empty: any."""
    times: FlowTimes
    now: datetime
    consent_required: bool


async def due_now(
    session: AsyncSession,
    flow: str,
    now: datetime,
    *,
    step: str = "",
    limit: int = 500,
    cursor: str = "",
    consent_required: bool = True,
) -> DuePage:
    """Who is due for the flow, or for one step of it, at most `limit`, beginning behind `cursor`. Only reads.

    A customer comes once, with the step that waits longest; the same ones come again until they are contacted.
    `consent_required` False takes in those who never said anything about e-mail, never those who said no.
    Raises UnknownFlow, UnknownStep, BadCursor.
    """
    rules = await rules_in_force(session)
    place = Place.of(cursor) if cursor else None
    found: list[Due] = []
    if rules is not None:
        times = rules.flow(flow)
        if step:
            times.place(step)
        question = _Question(flow, step, times, now, consent_required)
        found, place = await _collect(session, question, limit, place)
    return DuePage(
        due=tuple(found),
        cursor=place.cursor if place is not None else "",
        behind=await count_stale(session, COUNTED),
        next_ask_after=now + ASK_AGAIN,
    )


async def _collect(
    session: AsyncSession, question: _Question, limit: int, place: Place | None
) -> tuple[list[Due], Place | None]:
    """As many as were asked for, and where they end; None at the end of all."""
    query, found = _waiting(question), list[Due]()
    while rows := await _page(session, query, place):
        chosen = await _sift(session, question, rows)
        for row in rows:
            place = _place(row)
            if place in chosen and question.step in ("", row.step):
                found.append(_due(row))
            if len(found) == limit:
                return found, place
    return found, None


def _waiting(question: _Question) -> Select[Any]:
    """The flow's moments of now that nothing was sent for, by how long they wait."""
    now = question.now
    query = (
        select(*_AGENDA, _CUSTOMER.external_id)
        .join_from(table_of(AgendaRow), table_of(Customer), _CUSTOMER.id == _AGENDA.customer_id)
        .where(_AGENDA.flow == question.flow, _AGENDA.from_at <= now, _AGENDA.until_at > now)
        .where(_CUSTOMER.external_id.is_not(None), ~exists().where(_settled(now)))
    )
    return query.where(_AGENDA.consented) if question.consent_required else query


def _settled(now: datetime) -> Any:
    """Is there a row in the ledger by which this step of this occasion is done with, or in somebody's hands?

    An e-mail that was sent without saying what occasion it was about counts for the one that there was then.
    """
    about = (_CONTACT.occasion == _AGENDA.occasion) | ((_CONTACT.occasion == "") & (_CONTACT.at >= _AGENDA.since_at))
    done = or_(
        _CONTACT.decision == "sent",
        _CONTACT.reason.in_(HELD_OUT),
        (_CONTACT.decision == "deferred") & (_CONTACT.at > now - IN_HAND),
    )
    return (
        (_CONTACT.customer_id == _AGENDA.customer_id)
        & (_CONTACT.flow == _AGENDA.flow)
        & (_CONTACT.step == _AGENDA.step)
        & about
        & done
    )


async def _page(session: AsyncSession, query: Select[Any], place: Place | None) -> Sequence[Row[Any]]:
    if place is not None:
        behind = (literal(value, column.type) for value, column in zip(place, _ORDER, strict=True))
        query = query.where(tuple_(*_ORDER) > tuple_(*behind))
    found: Sequence[Row[Any]] = (await session.execute(query.order_by(*_ORDER).limit(_READ_AT_ONCE))).all()
    return found


async def _sift(session: AsyncSession, question: _Question, rows: Sequence[Row[Any]]) -> set[Place]:
    """The places of those of `rows` that are due: of each customer the first that no other e-mail is too near to."""
    customers = sorted({row.customer_id for row in rows})
    # All that waits for these customers, whatever page it is on. The flow is disguised: told of it, SQLite would look
    # through everyone who is due for it, for each page again, rather than by these customers' ids.
    query = select(*_FREE).where(_AGENDA.customer_id.in_(customers), _AGENDA.flow + "" == question.flow)
    agendas = [_Agenda(*row) for row in await session.execute(query)]
    contacts = await contacted(session, customers)
    chosen: dict[str, Place] = {}
    for one in sorted(agendas, key=_place):
        if one.customer_id not in chosen and _is_free(one, contacts[one.customer_id], question):
            chosen[one.customer_id] = _place(one)
    return set(chosen.values())


class _Agenda(NamedTuple):
    """A row of the agenda, as far as it matters here."""

    customer_id: str
    flow: str
    occasion: str
    step: str
    since_at: datetime
    from_at: datetime
    until_at: datetime
    consented: bool


_FREE = _AGENDA[_Agenda._fields]


def _is_free(one: _Agenda, contacts: Sequence[Contacted], question: _Question) -> bool:
    """It is due, nothing was sent for it, and nothing else of its flow is too near."""
    if not one.from_at <= question.now < one.until_at:
        return False
    if question.consent_required and not one.consented:
        return False
    return not any(contact.flow == one.flow and _stands_in_its_way(contact, one, question) for contact in contacts)


def _stands_in_its_way(contact: Contacted, one: _Agenda, question: _Question) -> bool:
    """The same was sent, or is in somebody's hands; or an e-mail just went out: the step before, or something else."""
    if contact.settles(one.flow, one.step, one.occasion, one.since_at):
        return True
    same, age = contact.is_about(one.occasion, one.since_at), question.now - contact.at
    if contact.decision == "deferred":
        return same and contact.step == one.step and age < IN_HAND
    return contact.decision == "sent" and age < (question.times.spacing(one.step) if same else question.times.pace.rest)


def _place(row: Row[Any] | _Agenda) -> Place:
    return Place(row.from_at, row.customer_id, row.occasion, row.step)


def _due(row: Row[Any]) -> Due:
    return Due(
        customer=row.external_id,
        flow=row.flow,
        step=row.step,
        occasion=row.occasion,
        due_since=row.from_at,
        until=row.until_at,
        reason=reason(row.flow, row.since_at, row.product_id),
        product_id=row.product_id,
    )
