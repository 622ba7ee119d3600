"""What is read of a batch of customers to keep the shop's line: where chance put them, orders, what is kept already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.experiments.model import Holdout
from composer.facts.drawing import Drawn, drawn, known, statements
from composer.facts.episodes import Span, midnight
from composer.facts.orders import NAMES
from composer.facts.people import as_first_told, events_of, known_since
from composer.facts.rules import AttributionRules
from composer.facts.spent import BEFORE, Before, Key, Line, Merged, Sum, Theirs
from composer.facts.tables import DrawnRow, SpentRow
from memory.events import Event
from memory.rebuild import load_states
from memory.tables import Customer
from store.upsert import table_of

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_DRAWN, _SPENT, _CUSTOMER = table_of(DrawnRow).c, table_of(SpentRow).c, table_of(Customer).c


@dataclass(frozen=True, slots=True)
class Basis:
    """What everybody is counted by."""

    rules: AttributionRules
    now: datetime
    kept_since: datetime | None
    """The first day that may be counted; None: all may."""


async def read(
    session: AsyncSession, batch: Mapping[str, datetime | None], periods: Sequence[Holdout], basis: Basis
) -> list[Theirs]:
    """Those of them whom these periods drew, in some reads for all. `batch`: our ids, each with the first moment that
    something new was said about; None: nothing about what they bought."""
    lines = await _lines(session, [*batch], periods)
    new = await _new(session, lines, [*batch], periods)
    for customer_id, some in new.items():
        lines[customer_id] += [Line(one.holdout.id, one.since, one.holdout.ends_at) for one in some]
    since = {
        customer_id: asked
        for customer_id, theirs in lines.items()
        if (asked := _asked(theirs, new.get(customer_id, ()), batch[customer_id], basis)) is not None
    }
    found = await _bought(session, since, basis)
    return [
        Theirs(customer_id, new.get(customer_id, ()), theirs, *found.get(customer_id, _Bought()))
        for customer_id, theirs in lines.items()
    ]


async def _lines(
    session: AsyncSession, customers: Sequence[str], periods: Sequence[Holdout]
) -> defaultdict[str, list[Line]]:
    ends = {one.id: one.ends_at for one in periods}
    query = select(_DRAWN.customer_id, _DRAWN.holdout_id, _DRAWN.since, _DRAWN.before, _DRAWN.currency)
    rows = await session.execute(query.where(_DRAWN.customer_id.in_(customers), _DRAWN.holdout_id.in_(ends)))
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for customer_id, holdout_id, since, *before in rows.all():
        found[customer_id].append(Line(holdout_id, since, ends[holdout_id], Before(*before)))
    return found


async def _new(
    session: AsyncSession, lines: Mapping[str, Sequence[Line]], customers: Sequence[str], periods: Sequence[Holdout]
) -> Mapping[str, list[Drawn]]:
    """Where they are drawn, and not kept yet."""
    lacking = {
        customer_id: missing for customer_id in customers if (missing := _without(periods, lines.get(customer_id, ())))
    }
    said = await statements(session, [*lacking])
    people = await known(session, [*said])
    found = {who.customer_id: drawn(who, said[who.customer_id], lacking[who.customer_id]) for who in people}
    return {customer_id: some for customer_id, some in found.items() if some}


def _without(periods: Sequence[Holdout], lines: Sequence[Line]) -> list[Holdout]:
    there = {one.holdout_id for one in lines}
    return [one for one in periods if one.id not in there]


def _asked(lines: Sequence[Line], new: Sequence[Drawn], first: datetime | None, basis: Basis) -> datetime | None:
    """The midnight from which on what they bought is to be known, for rows of days and what they spent before."""
    if first is None and not new:
        return None
    begins = [one.since for one in new]
    if first is not None:
        # What is said of a moment changes orders placed up to so long before.
        begins += [first - basis.rules.returns]
    since = min(begins)
    far_back = [one.since - BEFORE for one in lines if one.since >= since]
    return midnight(min([since, *far_back]))


class _Bought(NamedTuple):
    """What is known of what one customer bought."""

    since: datetime | None = None
    events: Sequence[Event] = ()
    told: Mapping[str, int] = {}
    stored: Mapping[Key, Sum] = {}
    merged: Merged | None = None


async def _bought(session: AsyncSession, since: Mapping[str, datetime], basis: Basis) -> Mapping[str, _Bought]:
    """Of those of whom something of that time is still known."""
    if not since:
        return {}
    span = Span(min(since.values()), NEVER)
    kept = await known_since(session, [*since], span)
    first = {one: max(since[one], kept[one], basis.kept_since or since[one]) for one in kept}
    events = await events_of(session, first, NAMES, *span)
    states = await load_states(session, events)
    told = await as_first_told(session, states)
    stored = await _stored(session, first)
    merged = await _merged(session, first)
    return {
        one: _Bought(
            at,
            [event for event in events.get(one, ()) if event.at >= at],
            told.get(one, {}),
            {key: row for key, row in stored.get(one, {}).items() if key.day >= at.date()},
            merged.get(one),
        )
        for one, at in first.items()
    }


async def _merged(session: AsyncSession, customers: Iterable[str]) -> Mapping[str, Merged]:
    """Of those whom others turned out to be."""
    who = select(_CUSTOMER.id, _CUSTOMER.merged_at, _CUSTOMER.external_id)
    query = who.where(_CUSTOMER.id.in_(customers), _CUSTOMER.merged_at.is_not(None))
    found = {row.id: row for row in (await session.execute(query)).all()}
    if not found:
        return {}
    names: dict[str, set[str]] = {one: {row.external_id or ""} for one, row in found.items()}
    drawn = select(_DRAWN.customer_id, _DRAWN.customer, _DRAWN.guests).where(_DRAWN.customer_id.in_(found))
    for customer_id, customer, guests in (await session.execute(drawn)).all():
        names[customer_id] |= {customer, *(guests or ())}
    return {one: Merged(row.merged_at, frozenset(names[one])) for one, row in found.items()}


async def _stored(session: AsyncSession, since: Mapping[str, datetime]) -> Mapping[str, dict[Key, Sum]]:
    query = select(
        _SPENT.customer_id, _SPENT.holdout_id, _SPENT.day, _SPENT.currency, _SPENT.orders, _SPENT.revenue
    ).where(_SPENT.customer_id.in_(since), _SPENT.day >= min(since.values()).date())
    found: dict[str, dict[Key, Sum]] = defaultdict(dict)
    for customer_id, holdout_id, day, currency, orders, revenue in (await session.execute(query)).all():
        found[customer_id][Key(holdout_id, day, currency)] = Sum(orders, revenue)
    return found
