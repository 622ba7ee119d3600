"""What was counted, into the place of what was counted before. Takes a session, never commits.

Writers take turns and never overwrite newer figures with older ones, so that several who count at once agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.tables import DecisionRow
from composer.facts.counting import Counted, Values
from composer.facts.episodes import LOOK_BACK, Span
from composer.facts.noting import changed_days, counted_since, note_changed, note_summed
from composer.facts.rules import LATE, AttributionRules
from composer.facts.tables import EpisodeRow, ResultDayRow
from composer.results.model import UNITS
from memory.privacy import tombstones
from memory.tables import Customer
from store.upsert import insert_into, table_of

FACTS_LOCK = 7_365_291
"""Any constant: on PostgreSQL those who write facts take turns."""
LONGEST_OPEN = timedelta(days=180)
"""No rules leave anything open for so long."""
SENT_WITHIN = timedelta(days=45)
"""After it was decided, an e-mail may still be sent."""
LEDGER_KEPT = timedelta(days=90)
"""The least that retention leaves of the ledger: an episode of before may have lost its rows there."""
MOST = 9e18
"""What a column holds."""
OUTCOMES = (
    "sent_at", "delivered", "bounced", "opened", "machine_opened", "clicked", "unsubscribed", "complained", "orders",
    "unpriced", "revenue", "kept", "rules", "final",
)  # fmt: skip
SUMMED = (
    "emails", "delivered", "opened", "machine_opened", "clicked", "unsubscribed", "complained", "buyers", "orders",
    "other_currency", "revenue",
)  # fmt: skip
_EPISODE, _RESULT, _DECISION = table_of(EpisodeRow), table_of(ResultDayRow), table_of(DecisionRow)
_CUSTOMER = table_of(Customer).c
_NOBODYS = ~select(literal(1)).where(_CUSTOMER.id == _EPISODE.c.customer_id).exists()
_KEY = ("campaign_id", "customer_id", "begins")
_FIGURES = tuple(one.name for one in _EPISODE.columns if one.name not in (*_KEY, "counted_at"))
_SET_OUTCOME = (
    update(_DECISION)
    .where(
        _DECISION.c.email_id == bindparam("of"),
        or_(_DECISION.c.counted_at.is_(None), _DECISION.c.counted_at <= bindparam("now")),
    )
    .values({name: bindparam(f"new_{name}") for name in OUTCOMES} | {"counted_at": bindparam("now")})
)


async def write(session: AsyncSession, counted: Sequence[Counted], span: Span, now: datetime) -> None:
    """Episodes and outcomes of a batch of customers as they are now; the days that changed are noted."""
    await tombstones.share(session)
    await take_turns(session)
    theirs = [one.customer_id for one in counted]
    # Who was erased, or merged into another, since they were read must not come back.
    there = set((await session.execute(select(_CUSTOMER.id).where(_CUSTOMER.id.in_(theirs)))).scalars())
    counted = [one for one in counted if one.customer_id in there]
    # Retention may have moved on while this was counted: of days before there would be these episodes alone.
    since = max(span.since, await counted_since(session) or span.since)
    gone = await _drop_vanished(session, counted, span, now)
    rows = [row for one in counted for row in one.episodes if row["begins"] >= since]
    new = await _put_episodes(session, rows, span, now)
    await _put_outcomes(session, [row for one in counted for row in one.outcomes], now)
    await note_changed(session, gone | new)


async def take_turns(session: AsyncSession) -> None:
    """Until this transaction ends nobody else writes facts. SQLite has one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text(f"SELECT pg_advisory_xact_lock({FACTS_LOCK})"))


async def sum_up(session: AsyncSession, day: date) -> None:
    """The day's sums by campaign and side, out of its episodes; as they were where those may be gone."""
    await take_turns(session)
    await note_summed(session, day)
    since = await counted_since(session)
    if since is not None and day < since.date():
        return
    await session.execute(delete(_RESULT).where(_RESULT.c.day == day))
    money = cast(_EPISODE.c.revenue, Float) / float(UNITS)
    sums = [_summed(_EPISODE.c[name]) for name in SUMMED]
    query = (
        select(_EPISODE.c.campaign_id, _EPISODE.c.side, _EPISODE.c.day, func.count(), *sums, func.sum(money * money))
        .where(_EPISODE.c.day == day)
        .group_by(_EPISODE.c.campaign_id, _EPISODE.c.side, _EPISODE.c.day)
    )
    columns = ["campaign_id", "side", "day", "customers", *SUMMED, "revenue_squared"]
    await session.execute(insert(_RESULT).from_select(columns, query))


def _summed(column: ColumnElement[int]) -> ColumnElement[int]:
    """As floats, which are exact up to 9e15: whole numbers overflow where somebody makes up orders without end."""
    total = func.sum(cast(column, Float))
    return cast(case((total < MOST, total), else_=MOST), BigInteger)


async def days_to_sum(session: AsyncSession, *, everything: bool) -> list[date]:
    """Days that changed since they were summed up; `everything`: all that have an episode."""
    days = await changed_days(session)
    if everything:
        days |= set((await session.execute(select(_EPISODE.c.day).distinct())).scalars())
    return sorted(days)


async def days_of_nobody(session: AsyncSession) -> set[date]:
    """Days of episodes of customers who are no more, having been merged into others."""
    return set((await session.execute(select(_EPISODE.c.day).where(_NOBODYS).distinct())).scalars())


async def forget_nobody(session: AsyncSession) -> None:
    """Delete these episodes."""
    await take_turns(session)
    await note_changed(session, await days_of_nobody(session))
    await session.execute(delete(_EPISODE).where(_NOBODYS))


async def close(session: AsyncSession, rules: AttributionRules, now: datetime) -> None:
    """Nothing stays open that should have been counted for the last time: what it takes is kept no more.

    Looks as far back as an hourly job takes to notice.
    """
    await take_turns(session)
    over = now - rules.returns - LATE
    looked_at = _EPISODE.c.day >= (now - LONGEST_OPEN).date(), _EPISODE.c.day <= over.date()
    open_episodes = update(_EPISODE).where(*looked_at, ~_EPISODE.c.final, _EPISODE.c.ends <= over)
    await session.execute(open_episodes.values(final=True, counted_at=now))
    sent = _DECISION.c.at >= now - LONGEST_OPEN, _DECISION.c.at <= now - rules.settled - SENT_WITHIN
    open_decisions = update(_DECISION).where(*sent, ~_DECISION.c.final, _DECISION.c.counted_at.is_not(None))
    await session.execute(open_decisions.values(final=True, counted_at=now))


async def _drop_vanished(session: AsyncSession, counted: Sequence[Counted], span: Span, now: datetime) -> set[date]:
    """Episodes that began when the ledger, as it is now, says nothing began: an e-mail was handed over later."""
    since = max(span.since - LOOK_BACK, now - LEDGER_KEPT)
    known = {one.customer_id: one for one in counted}
    columns = [_EPISODE.c[name] for name in _KEY]
    query = select(*columns, _EPISODE.c.day).where(
        _EPISODE.c.customer_id.in_(known), _EPISODE.c.begins >= since, _EPISODE.c.begins < span.until
    )
    stored = (await session.execute(query)).all()
    vanished = [row for row in stored if _has_vanished(row, known[row.customer_id], span)]
    if vanished:
        gone = delete(_EPISODE).where(*(_EPISODE.c[name] == bindparam(f"of_{name}") for name in _KEY))
        keys = [{f"of_{name}": getattr(row, name) for name in _KEY} for row in vanished]
        await (await session.connection()).execute(gone, keys)
    return {row.day for row in vanished}


def _has_vanished(row: Any, counted: Counted, span: Span) -> bool:
    # Of whom the beginning of the span is not known any more, nothing before it is either.
    known_since = counted.span.since if counted.span.since > span.since else row.begins
    return row.begins >= known_since and (row.campaign_id, row.begins) not in counted.begins


async def _put_episodes(session: AsyncSession, rows: Sequence[Values], span: Span, now: datetime) -> set[date]:
    if not rows:
        return set()
    query = select(_EPISODE).where(
        _EPISODE.c.customer_id.in_({row["customer_id"] for row in rows}),
        _EPISODE.c.begins >= span.since,
        _EPISODE.c.begins < span.until,
    )
    stored = {tuple(row[name] for name in _KEY): row for row in (await session.execute(query)).mappings()}
    changed = [row for row in rows if _differs(row, stored.get(tuple(row[name] for name in _KEY)), _FIGURES)]
    if changed:
        statement = insert_into(session, EpisodeRow)
        values = {name: statement.excluded[name] for name in (*_FIGURES, "counted_at")}
        newer = _EPISODE.c.counted_at <= statement.excluded.counted_at
        put = statement.on_conflict_do_update(index_elements=list(_KEY), set_=values, where=newer)
        await session.execute(put, [{**row, "counted_at": now} for row in changed])
    return {row["day"] for row in changed}


async def _put_outcomes(session: AsyncSession, rows: Sequence[Values], now: datetime) -> None:
    if not rows:
        return
    columns = [_DECISION.c[name] for name in ("email_id", "counted_at", *OUTCOMES)]
    query = select(*columns).where(_DECISION.c.email_id.in_([row["email_id"] for row in rows]))
    stored = {row["email_id"]: row for row in (await session.execute(query)).mappings()}
    changed = [
        {"of": row["email_id"], "now": now, **{f"new_{name}": row[name] for name in OUTCOMES}}
        for row in rows
        if (known := stored.get(row["email_id"])) is not None
        and (known["counted_at"] is None or _differs(row, known, OUTCOMES))
    ]
    if changed:
        await (await session.connection()).execute(_SET_OUTCOME, changed)


def _differs(row: Values, stored: Any, names: Sequence[str]) -> bool:
    return stored is None or any(row[name] != stored[name] for name in names)
