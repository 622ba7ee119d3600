"""How long the composer keeps what: e-mails with their records, how they were decided, and who was in a run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.months import note_horizon
from composer.bandit.tables import DecisionRow
from composer.comparing.tables import ComparedRow, ComparisonRow
from composer.erasing import forget_emails
from composer.handoff.tables import DeliveryRow, HandoffRow
from composer.lessons import reading
from composer.reviews.tables import ReviewRow, SampleItemRow, SampleRow
from composer.runs.tables import RecipientRow, RunRow
from composer.tables import EmailRow
from store.database import Database
from store.upsert import table_of

AT_ONCE = 500
FORGOTTEN = "forgotten"
"""The beginning of the name that somebody has in a run once who they were is kept no more."""
_EMAIL, _RECIPIENT, _RUN = table_of(EmailRow), table_of(RecipientRow), table_of(RunRow)
_DECISION = table_of(DecisionRow)
_COMPARISON, _COMPARED = table_of(ComparisonRow), table_of(ComparedRow)
_ITEM, _SAMPLE, _REVIEW = table_of(SampleItemRow), table_of(SampleRow), table_of(ReviewRow)
_DELIVERY, _HANDOFF = table_of(DeliveryRow), table_of(HandoffRow)


async def forget_old_emails(database: Database, before: datetime) -> AsyncIterator[int]:
    """Delete e-mails written before a moment, but for those that a hand-off still has to deliver or an open sample
    still has to show, and the pairs of comparisons, whose votes stay; what was decided about them stays as a number.
    Yields how many at a time."""
    while True:
        async with database.session() as session:
            query = select(_EMAIL.c.id).where(_is_old(before)).order_by(_EMAIL.c.created_at).limit(AT_ONCE)
            emails = list((await session.execute(query)).scalars())
            await forget_emails(session, emails)
            await reading.forget_emails(session, emails)
            await _forget_reviews(session, emails)
        if not emails:
            break
        yield len(emails)
    async with database.session() as session:
        pairs = await session.scalar(_old_pairs(before)) or 0
        await session.execute(delete(_COMPARED).where(_COMPARED.c.comparison_id.in_(_old_comparisons(before))))
    if pairs:
        yield int(pairs)


async def count_old_emails(session: AsyncSession, before: datetime) -> int:
    """How many `forget_old_emails` would delete."""
    emails = await session.scalar(select(func.count()).select_from(_EMAIL).where(_is_old(before)))
    return int(emails or 0) + int(await session.scalar(_old_pairs(before)) or 0)


async def forget_decisions(database: Database, before: datetime) -> AsyncIterator[int]:
    """Delete how e-mails were decided before a moment, with what came of them; yields how many at a time.

    What was learned from them stays.
    """
    async with database.session() as session:
        await note_horizon(session, before)
    while True:
        async with database.session() as session:
            query = select(_DECISION.c.email_id).where(_DECISION.c.at < before).order_by(_DECISION.c.at).limit(AT_ONCE)
            emails = list((await session.execute(query)).scalars())
            await session.execute(delete(_DECISION).where(_DECISION.c.email_id.in_(emails)))
        if not emails:
            return
        yield len(emails)


async def count_decisions(session: AsyncSession, before: datetime) -> int:
    """How many `forget_decisions` would delete."""
    query = select(func.count()).select_from(_DECISION).where(_DECISION.c.at < before)
    return int(await session.scalar(query) or 0)


async def forget_recipients(database: Database, before: datetime) -> AsyncIterator[int]:
    """Take the names out of runs that ended before a moment, and of their hand-offs; yields how many at a time."""
    while True:
        async with database.session() as session:
            runs = select(_RUN.c.id).where(_RUN.c.ended_at < before, _has_names()).order_by(_RUN.c.id).limit(1)
            run_id = await session.scalar(runs)
            if run_id is None:
                return
            removed = await _without_names(session, str(run_id))
        yield removed


async def count_recipients(session: AsyncSession, before: datetime) -> int:
    """How many `forget_recipients` would make a number of."""
    ended = select(_RUN.c.id).where(_RUN.c.ended_at < before)
    query = select(func.count()).select_from(_RECIPIENT).where(_RECIPIENT.c.run_id.in_(ended), _is_named(_RECIPIENT))
    return int(await session.scalar(query) or 0)


def _old_comparisons(before: datetime) -> Select[str]:
    return select(_COMPARISON.c.id).where(_COMPARISON.c.created_at < before)


def _old_pairs(before: datetime) -> Select[int]:
    old = _COMPARED.c.comparison_id.in_(_old_comparisons(before))
    return select(func.count()).select_from(_COMPARED).where(old)


def _is_old(before: datetime) -> ColumnElement[bool]:
    waits = exists(
        select(_DELIVERY.c.position).where(_DELIVERY.c.email_id == _EMAIL.c.id, _DELIVERY.c.status == "pending")
    )
    drawn = select(_ITEM.c.position).join(_SAMPLE, _SAMPLE.c.id == _ITEM.c.sample_id)
    is_read = exists(drawn.where(_ITEM.c.email_id == _EMAIL.c.id, _SAMPLE.c.status == "open"))
    return (_EMAIL.c.created_at < before) & ~waits & ~is_read


async def _forget_reviews(session: AsyncSession, emails: Sequence[str]) -> None:
    """What people said about e-mails that are gone, and whom these were written to; how they decided still counts."""
    blank = {"customer": FORGOTTEN, "words": None, "before": None, "after": None}
    await session.execute(update(_REVIEW).where(_REVIEW.c.email_id.in_(emails)).values(blank))
    nobody = literal(f"{FORGOTTEN}:") + cast(_ITEM.c.position, String)
    items = update(_ITEM).where(_ITEM.c.email_id.in_(emails))
    await session.execute(items.values(customer=nobody, email_id=""))


def _is_named(table: Any) -> ColumnElement[bool]:
    named: ColumnElement[bool] = table.c.customer.not_like(f"{FORGOTTEN}:%")
    return named


def _has_names() -> ColumnElement[bool]:
    return exists(select(_RECIPIENT.c.position).where(_RECIPIENT.c.run_id == _RUN.c.id, _is_named(_RECIPIENT)))


async def _without_names(session: AsyncSession, run_id: str) -> int:
    named = (_RECIPIENT.c.run_id == run_id) & _is_named(_RECIPIENT)
    count = await session.scalar(select(func.count()).select_from(_RECIPIENT).where(named))
    nobody = literal(f"{FORGOTTEN}:")
    place = cast(_RECIPIENT.c.position, String)
    await session.execute(update(_RECIPIENT).where(named).values(customer=nobody + place, detail=""))
    handoffs = select(_HANDOFF.c.id).where(_HANDOFF.c.run_id == run_id)
    delivered = _DELIVERY.c.handoff_id.in_(handoffs) & (_DELIVERY.c.status != "pending") & _is_named(_DELIVERY)
    place = cast(_DELIVERY.c.position, String)
    await session.execute(update(_DELIVERY).where(delivered).values(customer=nobody + place, answer=None))
    return int(count or 0)
