"""Guests who turned out to be somebody: on which side they count from then on. Takes a session, never commits.

A guest is drawn by another id than the account they open later. More of the mailed may open one, so neither may they
drop out nor change sides: they stay where they were drawn first (intention to treat), though from then on it may be
the account that decides who is written to. What they bought on either id goes on counting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts.spent import Key, Sum
from composer.facts.tables import DrawnRow, SpentRow
from composer.facts.writing import take_turns
from memory.lines import MAX_UNITS
from memory.privacy import tombstones
from memory.tables import CustomerAlias
from store.bulk import insert_rows
from store.upsert import table_of

_DRAWN, _SPENT, _ALIAS = table_of(DrawnRow), table_of(SpentRow), table_of(CustomerAlias).c
_SPENT_COLUMNS = ("customer_id", *Key._fields, *Sum._fields)


class _Place(NamedTuple):
    since: datetime
    customer_id: str
    customer: str
    """The shop's id that they were drawn by."""
    guests: Sequence[str]
    """Others that turned out to be them before."""


async def inherit(session: AsyncSession, customers: Sequence[str]) -> None:
    """Give these customers, whom guests turned out to be, the place of whichever of them was drawn first, and what all
    of them spent, as far as it was counted: what can be is to be counted anew."""
    await tombstones.share(session)
    await take_turns(session)
    guests = await _guests(session, customers)
    drawn = select(_DRAWN.c.customer_id, _DRAWN.c.holdout_id, _DRAWN.c.since, _DRAWN.c.customer, _DRAWN.c.guests)
    rows = (await session.execute(drawn.where(_DRAWN.c.customer_id.in_([*guests, *customers])))).all()
    places: dict[tuple[str, str], list[_Place]] = defaultdict(list)
    for customer_id, holdout_id, since, customer, named in rows:
        place = _Place(since, customer_id, customer, named or ())
        places[guests.get(customer_id, customer_id), holdout_id].append(place)
    for (owner, holdout_id), those in places.items():
        await _take_first(session, owner, holdout_id, those)
    await _add_spent(session, guests)


async def _take_first(session: AsyncSession, owner: str, holdout_id: str, those: Sequence[_Place]) -> None:
    first, *others = sorted(those)
    if first.customer_id == owner and not others:
        return
    for one in others:
        await session.execute(delete(_DRAWN).where(_at(one.customer_id, holdout_id)))
    named = {name for one in those for name in (one.customer, *one.guests)} - {first.customer}
    values = {"customer_id": owner, "guests": sorted(named) or None}
    await session.execute(update(_DRAWN).where(_at(first.customer_id, holdout_id)).values(values))


async def _add_spent(session: AsyncSession, guests: Mapping[str, str]) -> None:
    """What was counted of guests to that of whom they turned out to be: events of these days may be gone."""
    if not guests:
        return
    theirs, owners = _SPENT.c.customer_id.in_(guests), _SPENT.c.customer_id.in_(set(guests.values()))
    sums: dict[tuple[str, Key], Sum] = defaultdict(lambda: Sum(0, 0))
    for row in (await session.execute(select(_SPENT).where(theirs | owners))).mappings():
        of = guests.get(row["customer_id"], row["customer_id"]), Key(*(row[name] for name in Key._fields))
        sums[of] = Sum(sums[of].orders + row["orders"], min(sums[of].revenue + row["revenue"], MAX_UNITS))
    rows = [(of[0], *of[1], *found) for of, found in sums.items()]
    await insert_rows(session, SpentRow, _SPENT_COLUMNS, rows, on_conflict="replace")
    await session.execute(delete(_SPENT).where(theirs))


async def _guests(session: AsyncSession, customers: Sequence[str]) -> dict[str, str]:
    """Our ids of guests who are no more -> whom they turned out to be."""
    query = select(_DRAWN.c.customer_id, _ALIAS.customer_id).where(
        _ALIAS.customer_id.in_(customers),
        _DRAWN.c.customer == _ALIAS.anonymous_id,
        _DRAWN.c.customer_id != _ALIAS.customer_id,
    )
    return {str(guest): str(owner) for guest, owner in (await session.execute(query)).all()}


def _at(customer_id: str, holdout_id: str) -> ColumnElement[bool]:
    return (_DRAWN.c.customer_id == customer_id) & (_DRAWN.c.holdout_id == holdout_id)
