"""What the shop's line comes to, into the place of what was kept before. Takes a session, never commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts.noting import counted_since
from composer.facts.spent import Kept
from composer.facts.tables import DrawnRow, SpentRow, UncountedRow
from composer.facts.writing import take_turns
from memory.privacy import tombstones
from memory.tables import Customer
from store.bulk import insert_rows
from store.upsert import insert_or_replace, table_of

_DRAWN, _SPENT, _CUSTOMER = table_of(DrawnRow), table_of(SpentRow), table_of(Customer).c
_UNCOUNTED = table_of(UncountedRow)
_DRAWN_COLUMNS = ("customer_id", "holdout_id", "customer", "side", "since", "day", "before", "currency")
_SPENT_COLUMNS = ("customer_id", "holdout_id", "day", "currency", "orders", "revenue")
_KEY = _SPENT_COLUMNS[:4]
_GONE = delete(_SPENT).where(*(_SPENT.c[name] == bindparam(f"of_{name}") for name in _KEY))
_BEFORE = (
    update(_DRAWN)
    .where(_DRAWN.c.customer_id == bindparam("of_customer_id"), _DRAWN.c.holdout_id == bindparam("of_holdout_id"))
    .values(before=bindparam("new_before"), currency=bindparam("new_currency"))
)


class Tried(NamedTuple):
    """Whoever could not be counted, now or before."""

    failed: Mapping[str, datetime | None]
    """Our ids, each with the first moment that something not counted yet was said about."""
    mended: Collection[str]
    """Of whom all is counted, or nothing is to be."""


async def uncounted(session: AsyncSession) -> Mapping[str, datetime | None]:
    """Our ids of whoever could not be counted, each with the first moment that something was said about."""
    rows = (await session.execute(select(_UNCOUNTED.c.customer_id, _UNCOUNTED.c.since))).all()
    return {row.customer_id: row.since for row in rows}


async def put(session: AsyncSession, counted: Sequence[Kept], tried: Tried) -> None:
    """Whoever else counts at the same time read a moment earlier or later; the next pass looks a quarter of an hour
    back, so that the later one's figures stay."""
    await tombstones.share(session)
    await take_turns(session)
    theirs = [*(one.customer_id for one in counted), *tried.failed]
    # Who was erased, or merged into another, since they were read must not come back.
    there = set((await session.execute(select(_CUSTOMER.id).where(_CUSTOMER.id.in_(theirs)))).scalars())
    counted = [one for one in counted if one.customer_id in there]
    await _put_drawn(session, counted)
    await _put_spent(session, counted)
    if tried.mended:
        await session.execute(delete(_UNCOUNTED).where(_UNCOUNTED.c.customer_id.in_(tried.mended)))
    failed = [{"customer_id": one, "since": at} for one, at in tried.failed.items() if one in there]
    if failed:
        await session.execute(insert_or_replace(session, UncountedRow), failed)


async def _put_drawn(session: AsyncSession, counted: Sequence[Kept]) -> None:
    rows = [
        (
            of.customer_id,
            one.holdout.id,
            one.customer,
            one.side.value,
            one.since,
            one.since.astimezone(UTC).date(),
            0,
            "",
        )
        for of in counted
        for one in of.drawn
    ]
    await insert_rows(session, DrawnRow, _DRAWN_COLUMNS, rows, on_conflict="ignore")
    before = [
        {
            "of_customer_id": of.customer_id,
            "of_holdout_id": holdout,
            "new_before": one.revenue,
            "new_currency": one.currency,
        }
        for of in counted
        for holdout, one in of.before.items()
    ]
    if before:
        await (await session.connection()).execute(_BEFORE, before)


async def _put_spent(session: AsyncSession, counted: Sequence[Kept]) -> None:
    gone = [
        {f"of_{name}": value for name, value in zip(_KEY, (of.customer_id, *key), strict=True)}
        for of in counted
        for key in of.gone
    ]
    if gone:
        await (await session.connection()).execute(_GONE, gone)
    # Retention may have moved on since they were read: of days before nothing comes back.
    kept = await counted_since(session)
    rows = [
        (of.customer_id, *key, *one)
        for of in counted
        for key, one in of.spent.items()
        if kept is None or key.day >= kept.date()
    ]
    await insert_rows(session, SpentRow, _SPENT_COLUMNS, rows, on_conflict="replace")
