"""Sums of decisions by the month they were made in, kept so that old e-mails are not read again.

A month's days that are older than `CLOSED_AFTER` are summed and kept with a mark of the e-mails they are of: how many
were counted when. Where one was counted anew, came in late or was erased the mark is another, and the month is summed
anew; so what is kept equals what all e-mails say now. Months of which retention took e-mails stay as they were kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Self

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.learned import VERSION
from composer.bandit.money import UsualOrders
from composer.bandit.reward import ONE_ORDER, kind_of
from composer.bandit.statistics import Segment, Statistics, Told
from composer.bandit.tables import DecisionRow
from memory.learned import Learned, learned_names, load_learned, save_learned
from store.upsert import table_of

MATURE = timedelta(days=8)
"""The week in which what somebody does is put down to an e-mail, and a day for late reports."""
CLOSED_AFTER = timedelta(days=45)
"""Few e-mails are sent so long after they were decided, and little comes of those that were."""
KEPT = "decisions of "
"""The month follows: 2026-05."""
HORIZON = "decisions, horizon"
"""Under which it is noted before when decisions may be gone."""
_MONTH = "%Y-%m"
_ROW = table_of(DecisionRow).c
_FIRST = select(func.min(_ROW.at))
# Answered by the index alone.
_COUNTED = select(_ROW.counted_at, func.count()).group_by(_ROW.counted_at)


@dataclass(slots=True)
class MonthSums:
    """What e-mails of one month came to."""

    until: datetime
    """Of those decided before this moment all are in it."""
    mark: str = ""
    amounts: Mapping[str, int] = field(default_factory=dict)
    """What usual orders came to that they are told in (`UsualOrders`)."""
    ripens: datetime | None = None
    """From when on an e-mail counts that was left out for being sent too late; None where none was."""
    arrived: Statistics = field(default_factory=Statistics)
    """Of e-mails that were reported as delivered."""
    unreported: Statistics = field(default_factory=Statistics)
    """Of those that were not, and did not bounce."""

    def add(self, rows: Iterable[Any], usual: UsualOrders, sent_by: datetime) -> None:
        """What they came to; those sent after `sent_by` have had no time to, those that never left cannot."""
        for row in rows:
            if row.sent_at is None:
                continue
            if row.sent_at > sent_by:
                self.ripens = min(self.ripens or row.sent_at + MATURE, row.sent_at + MATURE)
                continue
            kind = kind_of(row, reported=False)
            if kind is not None:
                brought = usual.brought(row.campaign_id, row) if row.orders else ONE_ORDER
                sums = self.arrived if row.delivered else self.unreported
                sums.add(Told(Segment(row.flow, row.lifecycle), row.at, kind, row.choices, brought))

    def told(self) -> Statistics:
        """Where anything was reported as delivered in that month, what was not did not arrive: it is missing."""
        return self.arrived if self.arrived.emails else self.unreported

    def holds(self, until: datetime, mark: str, usual: UsualOrders, as_of: datetime) -> bool:
        """It is what these e-mails say as of a moment."""
        same = (self.until, self.mark, self.amounts) == (until, mark, usual.amounts)
        return same and (self.ripens is None or as_of < self.ripens)

    def to_plain(self) -> dict[str, Any]:
        """JSON."""
        return {
            "mark": self.mark,
            "amounts": dict(self.amounts),
            "ripens": None if self.ripens is None else self.ripens.isoformat(),
            "arrived": self.arrived.to_plain(),
            "unreported": self.unreported.to_plain(),
        }

    @classmethod
    def from_plain(cls, until: datetime, plain: Mapping[str, Any]) -> Self:
        """What `to_plain` wrote."""
        ripens = None if plain["ripens"] is None else datetime.fromisoformat(plain["ripens"])
        arrived, unreported = (Statistics.from_plain(plain[name]) for name in ("arrived", "unreported"))
        return cls(until, plain["mark"], plain["amounts"], ripens, arrived, unreported)


def month_of(at: datetime) -> datetime:
    """Its first moment, UTC."""
    return datetime.combine(at.astimezone(UTC).date().replace(day=1), time(), UTC)


def after(month: datetime) -> datetime:
    """The first moment of the next one."""
    return month_of(month + timedelta(days=31))


async def months(session: AsyncSession, until: datetime) -> list[datetime]:
    """Those of which sums are kept or decisions are there, up to a moment, oldest first."""
    kept = await learned_names(session, KEPT, VERSION)
    found = {datetime.strptime(name.removeprefix(KEPT), _MONTH).replace(tzinfo=UTC) for name in kept}
    month = await session.scalar(_FIRST)
    month = None if month is None else month_of(month)
    while month is not None and month <= until:
        found.add(month)
        month = after(month)
    return sorted(found)


async def kept_of(session: AsyncSession, month: datetime) -> MonthSums | None:
    """None where none are."""
    known = await load_learned(session, _name(month), VERSION)
    return None if known is None else MonthSums.from_plain(known.as_of, known.document)


async def keep(session: AsyncSession, month: datetime, sums: MonthSums) -> None:
    """In the place of what was kept of it."""
    await save_learned(session, Learned(_name(month), VERSION, sums.until, sums.to_plain()))


async def mark_of(session: AsyncSession, since: datetime, until: datetime) -> str:
    """Of the e-mails decided from `since` on, before `until`: changes with what they came to, and whose they are."""
    rows = (await session.execute(_COUNTED.where(_ROW.at >= since, _ROW.at < until))).all()
    counted = sorted(f"{'' if at is None else at.isoformat()} {number}" for at, number in rows)
    return hashlib.sha256("\n".join(counted).encode()).hexdigest()[:16]


async def note_horizon(session: AsyncSession, before: datetime) -> None:
    """Decisions of before that moment may be deleted from now on. Never commits."""
    known = await horizon(session)
    if known is None or known < before:
        await save_learned(session, Learned(HORIZON, "1", before, {}))


async def horizon(session: AsyncSession) -> datetime | None:
    """Before when decisions may be gone; None: all are there."""
    known = await load_learned(session, HORIZON, "1")
    return None if known is None else known.as_of


def _name(month: datetime) -> str:
    return KEPT + month.strftime(_MONTH)
