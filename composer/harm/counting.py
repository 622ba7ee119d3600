"""E-mails, complaints and unsubscribes by day, out of the log of decisions. What is reported is counted at once: an
e-mail need not be old, nor its outcome final."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.tables import DecisionRow
from composer.harm.model import Measure, Seen
from store.upsert import table_of

DAY = timedelta(days=1)
_ROW = table_of(DecisionRow).c
LEARNED: ColumnElement[bool] = _ROW.policy.like("thompson-%") & (_ROW.learned != "")
"""Decided by what was learned. All others were drawn evenly or as reviewers like."""


class Count(NamedTuple):
    """E-mails of one campaign that were decided on one day in one way."""

    day: datetime
    flow: str
    campaign: str
    learned: bool
    emails: int
    complaints: int
    unsubscribes: int

    def seen(self, measure: Measure) -> Seen:
        """Of one measure."""
        happened = self.complaints if measure is Measure.COMPLAINTS else self.unsubscribes
        return Seen(self.emails, happened)


async def counts(session: AsyncSession, since: datetime, until: datetime) -> list[Count]:
    """Of all days from midnight `since` on: a statement a day, in its index. E-mails that bounced, or that were taken
    back before they left, are left out.

    Where the sender reports what arrived, what did not is left out too.
    """
    rows = []
    day = since
    while day <= until:
        rows += [(day, *row) for row in (await session.execute(_of(day))).all()]
        day += DAY
    reported = any(row[5] for row in rows)
    return [
        Count(day, flow, campaign, bool(learned), arrived if reported else emails, complaints, unsubscribes)
        for day, flow, campaign, learned, emails, arrived, complaints, unsubscribes in rows
    ]


def midnight(at: datetime) -> datetime:
    """Of its day, UTC."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def within(found: Sequence[Count], since: datetime, until: datetime) -> list[Count]:
    """Of days from `since` on, before `until`."""
    return [one for one in found if since <= one.day < until]


def _of(day: datetime) -> Select[Any]:
    def number(column: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((column, 1), else_=0))

    learned = case((LEARNED, 1), else_=0).label("by_learned")
    return (
        select(
            _ROW.flow,
            _ROW.campaign_id,
            learned,
            func.count(),
            number(_ROW.delivered),
            number(_ROW.complained),
            number(_ROW.unsubscribed),
        )
        .where(_ROW.at >= day, _ROW.at < day + DAY, _ROW.sent_at.is_not(None), _ROW.bounced.is_(False))
        .group_by(_ROW.flow, _ROW.campaign_id, learned)
    )
