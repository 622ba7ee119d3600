"""The log of decisions, read in pages: whoever reads a million of them holds some, and no session for minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from composer.bandit.tables import DecisionRow
from store.database import Database
from store.upsert import table_of

BATCH = 2_000
_ROW = table_of(DecisionRow).c
OUTCOME = (
    *(_ROW.delivered, _ROW.bounced, _ROW.opened, _ROW.clicked),
    *(_ROW.unsubscribed, _ROW.complained, _ROW.orders, _ROW.unpriced, _ROW.revenue, _ROW.kept),
)
"""What an e-mail came to."""


async def pages(
    database: Database, columns: Sequence[Any], where: Sequence[ColumnElement[bool]]
) -> AsyncIterator[Sequence[Any]]:
    """Decisions, oldest first, each page in a session of its own. `at` and `email_id` have to be among the columns."""
    first = select(*columns).where(*where).order_by(_ROW.at, _ROW.email_id).limit(BATCH)
    page = first
    while True:
        async with database.session(readonly=True) as session:
            rows = (await session.execute(page)).all()
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        last = rows[-1]
        # The first of the two leads into the index of times.
        later = or_(_ROW.at > last.at, (_ROW.at == last.at) & (_ROW.email_id > last.email_id))
        page = first.where(_ROW.at >= last.at, later)
