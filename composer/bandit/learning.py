"""The job that learns from what came of decisions, batch by batch: bounded memory, whatever the shop has sent.

An e-mail counts from `MATURE` after it was sent. The age is the same for every arm, so that an early look says
nothing against a new one, whose e-mails have had no time to be clicked: they are no failures, and nothing so far
(delayed feedback: Joulani, György & Szepesvári 2013). What comes back later is taken off when its outcome changes.

Sums of old months are kept, those of later days made each time (`composer.bandit.months`). Sums are exact, so that
this equals learning from all e-mails, and two who learn at once write the same bytes. Where what a usual order comes to
has changed by about a fifth, everything is learned anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Any

from composer.bandit.evidence import REMEMBERED
from composer.bandit.learned import Lesson, save
from composer.bandit.money import UsualOrders, usual_orders
from composer.bandit.months import CLOSED_AFTER, MATURE, MonthSums, after, horizon, keep, kept_of, mark_of, months
from composer.bandit.paging import OUTCOME, pages
from composer.bandit.statistics import Statistics
from composer.bandit.tables import DecisionRow
from memory.responses.priors import read_responses
from store.database import Database
from store.upsert import table_of

Progress = Callable[[int], None]
"""Hears how many e-mails were read."""
_ROW = table_of(DecisionRow).c
_COLUMNS = (
    *(_ROW.email_id, _ROW.campaign_id, _ROW.flow, _ROW.lifecycle, _ROW.at, _ROW.choices, _ROW.sent_at),
    *OUTCOME,
)


def unseen(emails: int) -> None:
    """Progress for nobody."""


async def learn_decisions(
    database: Database, as_of: datetime, progress: Progress = unseen, *, everything: bool = False
) -> Lesson:
    """Learn from all decisions, and save it. Two who learn as of the same moment write the same bytes.

    Outcomes have been counted up to `as_of`. `everything`: sums that were kept are made anew too, as far back as
    decisions are. Stopped at any moment, it goes on from the months that were done.
    """
    async with database.session(readonly=True) as session:
        usual = await usual_orders(session)
        found = await months(session, as_of - MATURE)
    learner = _Learner(database, as_of, usual, progress, everything)
    for month in found:
        await learner.month(month)
    async with database.session() as session:
        priors = await read_responses(session)
        return await save(session, learner.told, _persons(priors.spreads), as_of)


class _Learner:
    """One pass, month by month."""

    def __init__(
        self, database: Database, as_of: datetime, usual: UsualOrders, progress: Progress, everything: bool
    ) -> None:
        self.told = Statistics()
        """Of the months so far."""
        self._database = database
        self._as_of = as_of
        self._closed = datetime.combine((as_of - CLOSED_AFTER).astimezone(UTC).date(), time(), UTC)
        self._usual = usual
        self._progress = progress
        self._everything = everything
        self._read = 0

    async def month(self, month: datetime) -> None:
        """Its closed days, as they are kept where nothing has changed, and what is mature of the others."""
        end = after(month)
        closed = min(end, self._closed)
        sums = await self._closed_days(month, closed) if month < closed else MonthSums(month)
        if closed < end:
            await self._add(sums, max(month, closed), min(end, self._as_of - MATURE))
        self.told.merge(sums.told())

    async def _closed_days(self, month: datetime, until: datetime) -> MonthSums:
        async with self._database.session(readonly=True) as session:
            gone, known = await horizon(session), await kept_of(session, month)
            # Taken before they are read: whatever is counted meanwhile is noticed the next time.
            mark = await mark_of(session, month, until)
        lost = gone is not None and month < gone
        if known is not None and (lost or (not self._everything and self._holds(known, until, mark))):
            return known
        sums = MonthSums(until, mark, self._usual.amounts)
        await self._add(sums, month, until)
        async with self._database.session() as session:
            if await horizon(session) == gone:
                await keep(session, month, sums)
        return sums

    def _holds(self, known: MonthSums, until: datetime, mark: str) -> bool:
        return known.holds(until, mark, self._usual, self._as_of)

    async def _add(self, sums: MonthSums, since: datetime, until: datetime) -> None:
        async for rows in pages(self._database, _COLUMNS, (_ROW.at >= since, _ROW.at < until)):
            # In a thread: whoever is served by this event loop has their turn.
            await asyncio.to_thread(sums.add, rows, self._usual, self._as_of - MATURE)
            self._read += len(rows)
            self._progress(self._read)


def _persons(spreads: Mapping[Any, float]) -> dict[str, float]:
    """How much people differ in what is remembered of each."""
    return {dimension: spread for dimension, spread in spreads.items() if dimension in REMEMBERED}
