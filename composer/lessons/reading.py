"""The repository of lessons as people look at them: read, removed, put back, exported."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.lessons.cases import Row, numbered
from composer.lessons.model import Kind, Lesson, Unfit
from composer.lessons.tables import LessonRow
from store import clock
from store.errors import NotFound

_READ_AHEAD = 200


class UnknownLesson(NotFound):
    """No lesson has this id, or no longer."""

    reason = "unknown_lesson"


class Counts(NamedTuple):
    """Of one kind."""

    in_use: int = 0
    unfit: int = 0
    removed: int = 0

    @property
    def all(self) -> int:
        """Whether they have an effect or not."""
        return self.in_use + self.unfit + self.removed


async def counts(session: AsyncSession) -> dict[Kind, Counts]:
    """How many there are, of every kind."""
    row = LessonRow
    state = (col(row.removed_at).is_not(None), col(row.unfit) != "")
    query = select(col(row.kind), *state, func.count()).group_by(col(row.kind), *state)
    found = {kind: Counts() for kind in Kind}
    for kind, removed, unfit, number in (await session.execute(query)).all():
        known = found[Kind(kind)]
        name = "removed" if removed else "unfit" if unfit else "in_use"
        found[Kind(kind)] = known._replace(**{name: getattr(known, name) + number})
    return found


async def lessons(
    session: AsyncSession, *, kind: Kind | None = None, limit: int = 50, before: str = ""
) -> list[Lesson]:
    """The newest first, beginning behind the lesson `before`. Ids are ordered by when their review was made."""
    query = select(LessonRow).order_by(col(LessonRow.id).desc()).limit(limit)
    if kind is not None:
        query = query.where(col(LessonRow.kind) == kind.value)
    if before:
        query = query.where(col(LessonRow.id) < before)
    return [_lesson(row) for row in (await session.execute(query)).scalars()]


async def remove(session: AsyncSession, lesson_id: str, by: str) -> Lesson:
    """It has no effect from the next e-mail on; it stays to be seen. Again changes nothing. Raises UnknownLesson."""
    row = await _row(session, lesson_id)
    if row.removed_at is None:
        row.removed_at, row.removed_by, row.changed_at = clock.now(), by, clock.now()
        await session.flush()
    return _lesson(row)


async def put_back(session: AsyncSession, lesson_id: str) -> Lesson:
    """It has its effect again. Raises UnknownLesson."""
    row = await _row(session, lesson_id)
    if row.removed_at is not None:
        row.removed_at, row.removed_by, row.changed_at = None, "", clock.now()
        await session.flush()
    return _lesson(row)


async def cases(session: AsyncSession) -> AsyncIterator[Row]:
    """Every case that was not removed, oldest first: one line each of a file of labelled cases (`evals.cases`)."""
    query = select(LessonRow).where(col(LessonRow.kind) == Kind.CASE.value, col(LessonRow.removed_at).is_(None))
    ordered = query.order_by(col(LessonRow.id)).execution_options(yield_per=_READ_AHEAD)
    async for row in await session.stream_scalars(ordered):
        for case in numbered(row.id, (row.body or {})["cases"]):
            yield case


async def forget_emails(session: AsyncSession, email_ids: Sequence[str]) -> None:
    """What is left of lessons when their e-mails are kept no more: what was liked, without whom it was written to.

    Cases hold what a customer did, and what could not be made an example may name them: those go.
    """
    row, its = LessonRow, col(LessonRow.email_id).in_(email_ids)
    await session.execute(delete(row).where(its, (col(row.kind) == Kind.CASE.value) | (col(row.unfit) != "")))
    await session.execute(update(row).where(its).values(customer=""))


async def _row(session: AsyncSession, lesson_id: str) -> LessonRow:
    row = await session.get(LessonRow, lesson_id)
    if row is None:
        raise UnknownLesson(
            f"There is no lesson {lesson_id!r}.",
            fix="It goes when its review is undone or its customer erased: see `penfriend lessons list`.",
        )
    return row


def _lesson(row: LessonRow) -> Lesson:
    body = row.body or {"dimension": row.dimension, "arm": row.arm, "good": row.good}
    return Lesson(
        id=row.id,
        kind=Kind(row.kind),
        review_id=row.review_id,
        email_id=row.email_id if row.customer else "",
        campaign_id=row.campaign_id,
        flow=row.flow,
        language=row.language,
        block=row.block,
        reviewer=row.reviewer,
        at=row.at,
        body=body,
        edited=row.kind == Kind.EXAMPLE.value and row.good,
        unfit=Unfit(row.unfit) if row.unfit else None,
        removed_at=row.removed_at,
        removed_by=row.removed_by,
    )
