"""What came of campaigns and was bought longer ago than the shop wants to keep: gone, while sums by day stay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, literal, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from composer.experiments.tables import HoldoutRow
from composer.facts.episodes import midnight
from composer.facts.noting import count_only_since
from composer.facts.tables import DrawnRow, EpisodeRow, SpentRow
from composer.facts.writing import take_turns
from store.database import Database
from store.upsert import table_of

AT_ONCE = 1_000
_EPISODE, _DRAWN, _SPENT = table_of(EpisodeRow), table_of(DrawnRow), table_of(SpentRow)
_HOLDOUT = table_of(HoldoutRow).c


async def forget_episodes(database: Database, before: datetime) -> AsyncIterator[int]:
    """Delete episodes that began on days before a moment, what drawn customers bought on such days, and who was drawn
    for periods of the holdout that were over then; yields how many at a time."""
    # Days go whole, or their sums would be of what is left.
    first = midnight(before)
    async with database.session() as session:
        # Whoever counts right now has written before this, or sees it when they write.
        await take_turns(session)
        await count_only_since(session, first)
    for table, old in _old(first):
        keys = list(table.primary_key.columns)
        gone = delete(table).where(old, *(key == bindparam(f"of_{key.name}") for key in keys))
        async for rows in _keys(database, table, old):
            async with database.session() as session:
                await take_turns(session)
                await (await session.connection()).execute(gone, rows)
            yield len(rows)


async def _keys(database: Database, table: Table, old: ColumnElement[bool]) -> AsyncIterator[list[dict[str, Any]]]:
    """Of rows that are to go, some at a time, in the order in which they are found: each is looked for once, and nobody
    who writes waits for it."""
    # By day where there is an index of days, which goes on in the order of the key.
    by_day = [] if table is _DRAWN else [table.c.day]
    order = [*by_day, *(key for key in table.primary_key.columns if key.name != "day")]
    query = select(*(key.label(f"of_{key.name}") for key in order)).where(old).order_by(*order).limit(AT_ONCE)
    after: ColumnElement[bool] = true()
    while True:
        async with database.session(readonly=True) as session:
            rows = [dict(row) for row in (await session.execute(query.where(after))).mappings()]
        if not rows:
            return
        yield rows
        after = tuple_(*order) > tuple_(*(literal(rows[-1][f"of_{key.name}"], key.type) for key in order))


async def count_old_episodes(session: AsyncSession, before: datetime) -> int:
    """How many `forget_episodes` would delete."""
    counts = [
        await session.scalar(select(func.count()).select_from(table).where(old))
        for table, old in _old(midnight(before))
    ]
    return sum(int(count or 0) for count in counts)


def _old(first: datetime) -> Sequence[tuple[Table, ColumnElement[bool]]]:
    """Whoever is in a period of the holdout that is not over stays in it."""
    over = _DRAWN.c.holdout_id.in_(select(_HOLDOUT.id).where(_HOLDOUT.ends_at <= first))
    return (_EPISODE, _EPISODE.c.day < first.date()), (_SPENT, _SPENT.c.day < first.date()), (_DRAWN, over)
