"""The repository of comparisons. Takes a session, never commits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, func, or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.comparing.model import LEASE, Comparison, NewComparison, Pair, Place, Side
from composer.comparing.tables import ComparedRow, ComparisonRow
from composer.contract import ComposeResult
from composer.record import canonical, deflated, unpacked
from store import clock
from store.errors import Conflict, NotFound
from store.ids import new_comparison_id

SHOWN = 50


class UnknownComparison(NotFound):
    """There is no such comparison, or not this pair of it."""

    reason = "unknown_comparison"


class AlreadyWritten(Conflict):
    """Its pairs are there, or somebody writes them right now."""

    reason = "already_written"


class TakenOver(Conflict):
    """Whoever wrote pairs gave no sign of life for so long that another process goes on with them."""

    reason = "taken_over"


GONE = "Whatever wrote it has ended before it was done."


async def create(session: AsyncSession, new: NewComparison, *, by: str) -> Comparison:
    """A comparison without pairs, claimed by whoever makes it."""
    now = clock.now()
    row = ComparisonRow(
        id=new_comparison_id(),
        name=new.name,
        sides=[new.a.model_dump(), new.b.model_dump()],
        wanted=new.pairs,
        created_at=now,
        created_by=by,
        moved_at=now,
    )
    session.add(row)
    await session.flush()
    return _read(row, 0)


async def get(session: AsyncSession, comparison_id: str) -> Comparison:
    """Raises UnknownComparison."""
    row = await session.get(ComparisonRow, comparison_id)
    if row is None:
        raise UnknownComparison(f"There is no comparison {comparison_id!r}.", fix="Open it from the list.")
    return _read(row, (await _counts(session, [row.id])).get(row.id, 0))


async def newest(session: AsyncSession) -> list[Comparison]:
    """The newest first, `SHOWN` of them."""
    query = select(ComparisonRow).order_by(col(ComparisonRow.id).desc()).limit(SHOWN)
    rows = list((await session.execute(query)).scalars())
    counts = await _counts(session, [row.id for row in rows])
    return [_read(row, counts.get(row.id, 0)) for row in rows]


async def get_pair(session: AsyncSession, comparison_id: str, position: int) -> Pair:
    """Raises UnknownComparison."""
    row = await session.get(ComparedRow, (comparison_id, position))
    if row is None:
        raise UnknownComparison(
            f"The comparison {comparison_id!r} has no pair {position}.", fix="Open a pair from the comparison's page."
        )
    return _pair(row)


async def pairs(session: AsyncSession, comparison_id: str) -> list[Pair]:
    """All, in order."""
    query = select(ComparedRow).where(ComparedRow.comparison_id == comparison_id).order_by(col(ComparedRow.position))
    found = []
    for row in (await session.execute(query)).scalars():
        found.append(_pair(row))
        # A millisecond each: whoever else uses the event loop need not wait for all of them.
        await asyncio.sleep(0)
    return found


async def places(session: AsyncSession, comparison_id: str) -> list[Place]:
    """Where its pairs are, in order: without reading what was written."""
    row = ComparedRow
    query = select(row.position, row.votable, row.customer, row.lifecycle).where(row.comparison_id == comparison_id)
    return [Place(*found) for found in await session.execute(query.order_by(col(row.position)))]


async def add_pair(session: AsyncSession, claim: datetime, pair: Pair) -> datetime:
    """Keep a pair; the claim to go on with. Raises TakenOver."""
    moved = await move(session, pair.comparison, claim)
    session.add(
        ComparedRow(
            comparison_id=pair.comparison,
            position=pair.position,
            customer=pair.customer,
            lifecycle=pair.lifecycle,
            same=pair.same,
            votable=pair.votable,
            a=_packed(pair.a),
            b=_packed(pair.b),
        )
    )
    await session.flush()
    return moved


async def claim(session: AsyncSession, comparison_id: str) -> Comparison:
    """Go on with one that stopped, or whose writer is gone: its `moved_at` is the claim.

    Raises UnknownComparison, AlreadyWritten.
    """
    now = clock.now()
    ended = or_(
        col(ComparisonRow.status) == "stopped",
        (col(ComparisonRow.status) == "writing") & (col(ComparisonRow.moved_at) < now - LEASE),
    )
    taken = await _set(session, comparison_id, ended, {"status": "writing", "detail": "", "moved_at": now})
    found = await get(session, comparison_id)
    if not taken:
        raise AlreadyWritten("This comparison is written, or is being written now.", fix="Load the page again.")
    return found


async def move(session: AsyncSession, comparison_id: str, claim: datetime, **values: object) -> datetime:
    """A sign of life, with what else becomes of it; the claim to go on with. Raises TakenOver."""
    now = clock.now()
    if not await _set(session, comparison_id, _ours(claim), {**values, "moved_at": now}):
        raise TakenOver("Another process goes on with this comparison.", fix="Look at its page.")
    return now


async def finish(session: AsyncSession, comparison_id: str, claim: datetime, found: int, wanted: int) -> None:
    """All pairs are there, or all that there are. Raises TakenOver."""
    few = "No customer was" if not found else "Only one customer was" if found == 1 else f"Only {found} customers were"
    detail = "" if found >= wanted else f"{few} found whom these campaigns write to."
    await move(session, comparison_id, claim, status="ready", detail=detail)


async def stop(session: AsyncSession, comparison_id: str, claim: datetime, detail: str) -> None:
    """Writing ended early; it can go on. Nothing becomes of one that another process has taken over."""
    values = {"status": "stopped", "detail": detail[:500], "moved_at": clock.now()}
    await _set(session, comparison_id, _ours(claim), values)


def _ours(claim: datetime) -> ColumnElement[bool]:
    return (col(ComparisonRow.status) == "writing") & (col(ComparisonRow.moved_at) == claim)


async def _set(
    session: AsyncSession, comparison_id: str, condition: ColumnElement[bool], values: Mapping[str, object]
) -> bool:
    moved = update(ComparisonRow).where(col(ComparisonRow.id) == comparison_id, condition).values(**values)
    done = await session.execute(moved.execution_options(synchronize_session=False))
    return cast(CursorResult[Any], done).rowcount == 1


async def _counts(session: AsyncSession, ids: list[str]) -> dict[str, int]:
    query = select(ComparedRow.comparison_id, func.count()).where(col(ComparedRow.comparison_id).in_(ids))
    rows = (await session.execute(query.group_by(col(ComparedRow.comparison_id)))).all()
    return {row[0]: row[1] for row in rows}


def _read(row: ComparisonRow, pairs: int) -> Comparison:
    a, b = (Side.model_validate(side) for side in row.sides)
    names = ("id", "name", "wanted", "status", "detail", "created_at", "created_by", "moved_at")
    found = Comparison(a=a, b=b, pairs=pairs, **{name: getattr(row, name) for name in names})
    if found.status == "writing" and found.moved_at < clock.now() - LEASE:
        return found.model_copy(update={"status": "stopped", "detail": GONE})
    return found


def _pair(row: ComparedRow) -> Pair:
    return Pair(
        comparison=row.comparison_id,
        position=row.position,
        customer=row.customer,
        lifecycle=row.lifecycle,
        same=row.same,
        a=ComposeResult.model_validate(unpacked(row.a)),
        b=ComposeResult.model_validate(unpacked(row.b)),
    )


def _packed(result: ComposeResult) -> bytes:
    return deflated(canonical(result.model_dump(mode="json")))
