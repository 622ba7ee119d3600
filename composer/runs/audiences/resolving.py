"""Who a run is for: found in one pass that only reads, written as the run's recipients in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import BinaryIO

import orjson
from sqlalchemy import String, Subquery, func, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from composer.runs.audiences.due import add_due
from composer.runs.audiences.files import add_filed
from composer.runs.audiences.members import Members
from composer.runs.audiences.model import Audience, DueFor, Everyone, Filed, Listed, Ruled, kept, moment_of
from composer.runs.audiences.reading import CUSTOMER, IS_CUSTOMER, Progress, add_everyone, add_ruled, silent
from composer.runs.tables import RecipientRow
from memory.tables import Customer
from store import clock
from store.errors import InvalidInput
from store.upsert import table_of

__all__ = ["Audience", "EmptyAudience", "FileNotAtHand", "OpenFile", "kept", "resolve", "snapshot"]

INSERTED = 5_000
"""Recipients a statement."""
_FIELDS = ("customer", "step", "occasion")

OpenFile = Callable[[str], BinaryIO]
"""Opens a file that an audience names; raises FileNotAtHand for one that it has not got."""


class EmptyAudience(InvalidInput):
    """Nobody is meant: there is nothing to run."""

    reason = "empty_audience"


class FileNotAtHand(InvalidInput):
    """The audience names a file whose content did not come with it."""

    reason = "file_not_at_hand"


def no_files(name: str) -> BinaryIO:
    """Nothing is at hand: a request over HTTP cannot name files of this machine."""
    raise FileNotAtHand(
        f"The content of {name!r} is not at hand.", pointer="/audience/name", fix="Send the file with the request."
    )


async def resolve(
    session: AsyncSession, audience: Audience, *, open_file: OpenFile = no_files, progress: Progress = silent
) -> Members:
    """Who is meant, once each; the caller closes it. Only reads: give it a `readonly` session.

    Raises FileNotAtHand, AudienceFileUnreadable.
    """
    members = Members(moment_of(audience))
    try:
        await _add(session, members, audience, open_file, progress)
        if audience.exclude is not None:
            with await resolve(session, audience.exclude, open_file=open_file) as others:
                for batch in others.batches(INSERTED):
                    members.remove(batch)
        if audience.limit is not None:
            await asyncio.to_thread(members.keep, audience.limit, audience.draw)
    except BaseException:
        members.close()
        raise
    return members


async def snapshot(
    session: AsyncSession, run_id: str, audience: Audience, *, chunk_size: int, members: Members | None = None
) -> int:
    """Write one pending row for each customer of the audience, once each; returns how many.

    Positions go from 0 without a gap, and `chunk` is position // chunk_size. In the caller's transaction, whose time
    a rule over many customers may be too long for: `resolve` it before and hand over its `members`.
    Raises EmptyAudience, and what `resolve` raises.
    """
    if members is not None:
        written = await _write(session, run_id, members, chunk_size)
    elif audience == Everyone():
        written = await _copy_everyone(session, run_id, chunk_size)
    else:
        with await resolve(session, audience) as found:
            written = await _write(session, run_id, found, chunk_size)
    if not written:
        raise EmptyAudience(
            "Nobody is in this audience.", pointer="/audience", fix="Widen the rule, or import customers first."
        )
    return written


async def _add(
    session: AsyncSession, members: Members, audience: Audience, open_file: OpenFile, progress: Progress
) -> None:
    match audience:
        case Everyone():
            await add_everyone(session, members)
        case Listed():
            members.add(audience.customers)
        case Filed():
            with open_file(audience.name) as file:
                await asyncio.to_thread(add_filed, file, audience, members)
        case Ruled():
            past = audience.as_of is not None
            await add_ruled(session, members, audience.where, past=past, progress=progress)
        case DueFor():
            await add_due(session, members, audience)


async def _write(session: AsyncSession, run_id: str, members: Members, chunk_size: int) -> int:
    written = 0
    for batch in members.each(INSERTED):
        named = _named(session, batch)
        await _insert(session, run_id, named, written, chunk_size)
        written += len(batch)
    return written


def _named(session: AsyncSession, batch: Sequence[tuple[str, str, str]]) -> Subquery:
    """A table of `number`, from 0, `customer`, `step` and `occasion`: one parameter for all of them, or one a column,
    where rows of an INSERT are one each. That takes a fifth of the time on PostgreSQL and half of it on SQLite."""
    if session.get_bind().dialect.name == "sqlite":
        each = func.json_each(orjson.dumps(batch).decode()).table_valued("key", "value")
        fields = (func.json_extract(each.c.value, f"$[{place}]").label(name) for place, name in enumerate(_FIELDS))
        return select(each.c.key.label("number"), *fields).subquery()
    columns = (literal(list(column), postgresql.ARRAY(String)) for column in zip(*batch, strict=True))
    rows = func.unnest(*columns).table_valued(*_FIELDS, with_ordinality="place").render_derived()
    return select((rows.c.place - 1).label("number"), *(rows.c[name] for name in _FIELDS)).subquery()


async def _copy_everyone(session: AsyncSession, run_id: str, chunk_size: int) -> int:
    """The ids never leave the database."""
    position = func.row_number().over(order_by=CUSTOMER.external_id) - 1
    own = (literal("").label(name) for name in ("step", "occasion"))
    ranked = (
        select(CUSTOMER.external_id.label("customer"), position.label("number"), *own)
        .select_from(table_of(Customer))
        .where(IS_CUSTOMER)
        .subquery()
    )
    await _insert(session, run_id, ranked, 0, chunk_size)
    recipient = table_of(RecipientRow)
    found = await session.scalar(select(func.count()).where(recipient.c.run_id == run_id))
    return int(found or 0)


async def _insert(session: AsyncSession, run_id: str, named: Subquery, first: int, chunk_size: int) -> None:
    """INSERT … SELECT of pending rows, at positions from `first` on."""
    recipient = table_of(RecipientRow)
    columns = ["run_id", "customer", "step", "occasion", "position", "chunk", "status", "updated_at"]
    now = literal(clock.now(), recipient.c.updated_at.type)
    position = first + named.c.number
    places = (position, position // chunk_size, literal("pending"), now)
    chosen = select(literal(run_id), *(named.c[name] for name in _FIELDS), *places)
    await session.execute(recipient.insert().from_select(columns, chosen, include_defaults=False))
