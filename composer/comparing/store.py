"""The repository of comparisons. Takes a session, never commits."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.comparing.model import Comparison, NewComparison, Pair, Side
from composer.comparing.tables import ComparedRow, ComparisonRow
from composer.contract import ComposeResult
from composer.record import canonical, deflated, unpacked
from store import clock
from store.errors import NotFound
from store.ids import new_comparison_id


class UnknownComparison(NotFound):
    """There is no such comparison, or not this pair of it."""

    reason = "unknown_comparison"


async def create(session: AsyncSession, new: NewComparison, *, by: str) -> Comparison:
    """A comparison without pairs."""
    row = ComparisonRow(
        id=new_comparison_id(),
        name=new.name,
        sides=[new.a.model_dump(), new.b.model_dump()],
        wanted=new.pairs,
        created_at=clock.now(),
        created_by=by,
        moved_at=clock.now(),
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


async def newest(session: AsyncSession, *, limit: int = 50) -> list[Comparison]:
    """The newest first."""
    query = select(ComparisonRow).order_by(col(ComparisonRow.id).desc()).limit(limit)
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
    return [_pair(row) for row in (await session.execute(query)).scalars()]


async def add_pair(
    session: AsyncSession,
    comparison_id: str,
    position: int,
    customer: str,
    a: ComposeResult,
    b: ComposeResult,
    lifecycle: str,
    same: bool,
) -> None:
    """Keep a pair, and that the comparison moves."""
    session.add(
        ComparedRow(
            comparison_id=comparison_id,
            position=position,
            customer=customer,
            lifecycle=lifecycle,
            same=same,
            a=_packed(a),
            b=_packed(b),
        )
    )
    await session.flush()
    await _set(session, comparison_id, {"moved_at": clock.now()})


async def finish(session: AsyncSession, comparison_id: str, found: int, wanted: int) -> None:
    """All pairs are there, or all that there are."""
    detail = "" if found >= wanted else f"Only {found} customers may be written to by these campaigns."
    await _set(session, comparison_id, {"status": "ready", "detail": detail, "moved_at": clock.now()})


async def stop(session: AsyncSession, comparison_id: str, detail: str) -> None:
    """Writing ended early; it can go on."""
    await _set(session, comparison_id, {"status": "stopped", "detail": detail[:500], "moved_at": clock.now()})


async def go_on(session: AsyncSession, comparison_id: str) -> Comparison:
    """Writing begins again. Raises UnknownComparison."""
    await _set(session, comparison_id, {"status": "writing", "detail": "", "moved_at": clock.now()})
    return await get(session, comparison_id)


async def _set(session: AsyncSession, comparison_id: str, values: Mapping[str, object]) -> None:
    moved = update(ComparisonRow).where(col(ComparisonRow.id) == comparison_id).values(**values)
    await session.execute(moved.execution_options(synchronize_session=False))


async def _counts(session: AsyncSession, ids: list[str]) -> dict[str, int]:
    query = select(ComparedRow.comparison_id, func.count()).where(col(ComparedRow.comparison_id).in_(ids))
    rows = (await session.execute(query.group_by(col(ComparedRow.comparison_id)))).all()
    return {row[0]: row[1] for row in rows}


def _read(row: ComparisonRow, pairs: int) -> Comparison:
    a, b = (Side.model_validate(side) for side in row.sides)
    names = ("id", "name", "wanted", "status", "detail", "created_at", "created_by", "moved_at")
    return Comparison(a=a, b=b, pairs=pairs, **{name: getattr(row, name) for name in names})


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
