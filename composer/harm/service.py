"""Raising alarms, closing them, and listing them. Never commits."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import CursorResult, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.harm import judging, wording
from composer.harm.counting import Count, counts, midnight
from composer.harm.model import VERSION, Alarm, Finding, Key, Limits, Seen
from composer.harm.tables import AlarmRow
from memory.learned import Learned, load_learned, save_learned
from store import clock
from store.errors import Conflict, InvalidInput, NotFound
from store.upsert import insert_or_ignore

ITSELF = "penfriend"
"""Who closes what is over."""
LONGEST_REASON = 500
_LOOKED = "harm, last look"


class UnknownAlarm(NotFound):
    """There is no such alarm."""

    reason = "unknown_alarm"


class AlarmClosed(Conflict):
    """It is closed already."""

    reason = "alarm_closed"


@dataclass(slots=True)
class Looked:
    """What one look came to."""

    raised: list[Alarm] = field(default_factory=list)
    closed: list[Alarm] = field(default_factory=list)
    """By itself: the rate is back."""


class Verdict(NamedTuple):
    """What a look found, before anything is written."""

    over: list[tuple[Alarm, Seen]]
    """Alarms whose rate is back, and what shows it."""
    new: list[tuple[Finding, int]]
    """Each with how many alarms of its key there were before."""


async def read_counts(session: AsyncSession, now: datetime) -> list[Count]:
    """All that a look goes by."""
    return await counts(session, midnight(now - judging.READ), now)


def look(found: Sequence[Count], known: Sequence[Alarm], now: datetime, limits: Limits) -> Verdict:
    """What is over and what is new. Pure; may take a second for a large shop. `known`: all alarms there ever were."""
    standing = [one for one in known if one.closed_at is None]
    over = [(one, seen) for one in standing if (seen := judging.over(found, one, now)) is not None]
    done = {one.key for one, _ in over}
    held = {one.key for one in standing} - done
    closed = {one.key: one.closed_at for one in reversed(known) if one.closed_at is not None} | dict.fromkeys(done, now)
    before = Counter(one.key for one in known)
    findings = judging.judge(found, now, limits, closed=closed, standing=held)
    return Verdict(over, [(one, before[one.key]) for one in findings])


async def settle(session: AsyncSession, verdict: Verdict, now: datetime) -> Looked:
    """Close what is over, raise what is new. Repeating it changes nothing; two who do it at once do it once."""
    looked = Looked()
    for alarm, seen in verdict.over:
        row = await session.get(AlarmRow, alarm.id, with_for_update=True, populate_existing=True)
        if row is not None and row.closed_at is None:
            _close(row, now, ITSELF, wording.why_over(alarm, seen))
            looked.closed.append(_read(row))
    await session.flush()
    for finding, before in verdict.new:
        raised = await _raise(session, finding, before, now)
        looked.raised += [raised] if raised else []
    await save_learned(session, Learned(_LOOKED, VERSION, now, {}))
    return looked


async def judged_at(session: AsyncSession) -> datetime | None:
    """When it was last looked whether anything does harm: what came in since is not judged yet. None: never."""
    last = await load_learned(session, _LOOKED, VERSION)
    return None if last is None else last.as_of


async def close(session: AsyncSession, alarm_id: str, by: str, reason: str) -> Alarm:
    """What was learned decides again. Raises UnknownAlarm, AlarmClosed, InvalidInput without a reason."""
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise InvalidInput(
            f"A reason of 1 to {LONGEST_REASON} characters is needed to close an alarm.",
            pointer="/reason",
            fix="Say what was found, and why e-mails may be decided by what was learned again.",
        )
    row = await session.get(AlarmRow, alarm_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise UnknownAlarm(f"There is no alarm {alarm_id!r}.", fix="`penfriend alarms` lists them.")
    if row.closed_at is not None:
        raise AlarmClosed("This alarm is closed already.", fix="Nothing needs doing.")
    _close(row, clock.now(), by, said)
    await session.flush()
    return _read(row)


async def alarms(session: AsyncSession, *, standing: bool = False, limit: int | None = None) -> list[Alarm]:
    """Those that stand first, then the newest; `limit` None: all of them."""
    query = select(AlarmRow).order_by(col(AlarmRow.closed_at).is_not(None), col(AlarmRow.raised_at).desc())
    if standing:
        query = query.where(col(AlarmRow.closed_at).is_(None))
    return [_read(row) for row in (await session.execute(query.limit(limit))).scalars()]


async def _raise(session: AsyncSession, finding: Finding, before: int, now: datetime) -> Alarm | None:
    """None where another process has raised it."""
    scope, measure = finding.key
    row = AlarmRow(
        id=_id(finding.key, before),
        level=scope.level,
        name=scope.name,
        measure=measure,
        rule=finding.rule,
        rules=VERSION,
        since=finding.since,
        emails=finding.seen.emails,
        happened=finding.seen.happened,
        against_emails=finding.against.emails,
        against_happened=finding.against.happened,
        bar=finding.bar,
        raised_at=now,
    )
    done = await session.execute(insert_or_ignore(session, AlarmRow).values(row.model_dump()))
    return _read(row) if isinstance(done, CursorResult) and done.rowcount else None


def _id(key: Key, before: int) -> str:
    named = "\x00".join((*key.scope, key.measure, str(before)))
    return "alm_" + hashlib.sha256(named.encode()).hexdigest()[:26]


def _close(row: AlarmRow, now: datetime, by: str, reason: str) -> None:
    row.closed_at, row.closed_by, row.reason = now, by, reason


def _read(row: AlarmRow) -> Alarm:
    alarm = Alarm.model_validate(row)
    return alarm.model_copy(update={"sentence": wording.sentence(alarm)})
