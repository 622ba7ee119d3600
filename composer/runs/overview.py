"""What was written lately, over all runs and one by one: who wrote it, what was held back, what it took.

Cheap however much there is: runs hold their own tallies, and of what was composed one by one only the newest is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.contract import Path, Usage
from composer.record import unpacked
from composer.runs import progress
from composer.runs.model import Run, RunStatus, Tally
from composer.runs.outcomes import summed
from composer.runs.tables import RunRow
from composer.tables import EmailRow
from evals.verdict import Severity, Status
from store import clock
from store.upsert import table_of

DAYS = 28
RECENT = timedelta(days=7)
"""What is compared with the weeks before."""
MOST_RUNS = 400
ALONE = 1_000
"""E-mails composed one by one that are counted by day: the newest."""
READ = 60
"""Of these, so many are looked into."""
NEWEST = 6
_EMAIL = table_of(EmailRow)


@dataclass(frozen=True, slots=True)
class Day:
    """E-mails of one day (UTC); those of a run count on the day it began."""

    day: date
    emails: int
    templates: int
    """Of these, written from templates alone."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What the last `DAYS` days came to."""

    moving: Sequence[Run]
    """Running or paused, newest first, however old."""
    newest: Sequence[Run]
    days: Sequence[Day]
    """Oldest first, without a gap; the last one is today."""
    lately: Tally
    """Of the newest `RECENT`; of e-mails composed one by one, those looked into."""
    before: Tally
    """Of the days before that."""
    alone: int
    """E-mails composed one by one, `ALONE` at most."""

    @property
    def tally(self) -> Tally:
        """Of all these days."""
        return summed([self.lately, self.before])

    @property
    def empty(self) -> bool:
        """Was nothing ever written or begun?"""
        return not self.newest and not self.alone


async def look(session: AsyncSession) -> Overview:
    """Six statements, whose answers do not grow with what there is."""
    now = clock.now()
    first = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = await _runs(session, first)
    runs = await progress.runs_of(session, rows)
    alone = await _alone(session, first)
    documents = await _documents(session, first)
    parts = [(run.created_at, run.tally) for run in runs if run.created_at >= first]
    parts += [(document_at, _tally_of(document)) for document_at, document in documents]
    return Overview(
        moving=[run for run in runs if run.ended_at is None],
        newest=runs[:NEWEST],
        days=_days(first, now, runs, alone),
        lately=summed(tally for at, tally in parts if at >= now - RECENT),
        before=summed(tally for at, tally in parts if at < now - RECENT),
        alone=len(alone),
    )


async def _runs(session: AsyncSession, since: datetime) -> list[RunRow]:
    """Newest first: those since, those that move, and the newest whatever their age."""
    by_age = select(RunRow).order_by(col(RunRow.id).desc())
    moving = (RunStatus.RUNNING, RunStatus.PAUSED)
    queries = (
        by_age.where(col(RunRow.created_at) >= since).limit(MOST_RUNS),
        by_age.where(col(RunRow.status).in_(moving)).limit(MOST_RUNS),
        by_age.limit(NEWEST),
    )
    found = {row.id: row for query in queries for row in (await session.execute(query)).scalars()}
    return [found[run_id] for run_id in sorted(found, reverse=True)]


async def _alone(session: AsyncSession, since: datetime) -> list[tuple[datetime, str]]:
    """When each of the newest was composed, and by which path."""
    query = select(_EMAIL.c.created_at, _EMAIL.c.path).where(_EMAIL.c.run_id == "", _EMAIL.c.created_at >= since)
    rows = await session.execute(query.order_by(_EMAIL.c.created_at.desc()).limit(ALONE))
    return [(row.created_at, row.path) for row in rows]


async def _documents(session: AsyncSession, since: datetime) -> list[tuple[datetime, dict[str, Any]]]:
    query = select(_EMAIL.c.created_at, _EMAIL.c.result).where(_EMAIL.c.run_id == "", _EMAIL.c.created_at >= since)
    rows = await session.execute(query.order_by(_EMAIL.c.created_at.desc()).limit(READ))
    return [(row.created_at, unpacked(row.result)) for row in rows]


def _tally_of(document: Mapping[str, Any]) -> Tally:
    """Of one stored e-mail; read from its JSON, as a whole `ComposeResult` would take ten times as long."""
    held = sorted({verdict["rule"] for verdict in document["verdicts"] if _holds_back(verdict)})
    return Tally(
        composed=1,
        paths={document["path"]: 1},
        rungs=dict(Counter(block["rung"] for block in document["blocks"])),
        rules=dict.fromkeys(held, 1),
        examples={rule: [document["id"]] for rule in held},
        usage=Usage.model_validate(document["usage"]),
    )


def _holds_back(verdict: Mapping[str, Any]) -> bool:
    """As `evals.verdict.Verdict.holds_back`."""
    return bool(verdict["status"] == Status.FAIL and verdict["severity"] != Severity.WARN)


def _days(first: datetime, now: datetime, runs: Iterable[Run], alone: Iterable[tuple[datetime, str]]) -> list[Day]:
    emails: dict[date, int] = defaultdict(int)
    templates: dict[date, int] = defaultdict(int)
    for run in runs:
        emails[run.created_at.date()] += run.tally.composed
        templates[run.created_at.date()] += run.tally.paths.get(Path.TEMPLATE, 0)
    for at, path in alone:
        emails[at.date()] += 1
        templates[at.date()] += path == Path.TEMPLATE
    count = (now.date() - first.date()).days + 1
    days = (first.date() + timedelta(days=place) for place in range(count))
    return [Day(day, emails[day], templates[day]) for day in days]
