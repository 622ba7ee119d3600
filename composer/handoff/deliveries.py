"""Taking deliveries and writing down what came of them: the rows, their leases, and nothing of any channel.

A delivery is taken under a lease: its row says who has it and when it may be taken by another (`next_at`). Whoever
answers for it later than that finds the row another's, and writes nothing: the far side may then have the e-mail twice,
under one key. Every function works in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, bindparam, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from composer.handoff.events import tell
from composer.handoff.model import DeliveryStatus, HandoffStatus
from composer.handoff.tables import DeliveryRow, HandoffRow
from memory.ledger import withdraw_contacts
from store import clock
from store.upsert import table_of

_HANDOFF, _DELIVERY = table_of(HandoffRow), table_of(DeliveryRow)
_UNSENT = (DeliveryStatus.REFUSED, DeliveryStatus.FAILED, DeliveryStatus.SUPPRESSED, DeliveryStatus.CANCELLED)
_MINE = (
    (_DELIVERY.c.handoff_id == bindparam("the_handoff"))
    & (_DELIVERY.c.position == bindparam("the_position"))
    & (_DELIVERY.c.owner == bindparam("the_owner"))
    & (_DELIVERY.c.status == "pending")
)
_SETTLE = (
    update(_DELIVERY)
    .where(_MINE)
    .values(
        {name: bindparam(f"new_{name}") for name in ("status", "reason", "code", "answer", "next_at", "updated_at")}
        | {"attempts": _DELIVERY.c.attempts - bindparam("attempts_back"), "owner": ""}
    )
)


@dataclass(frozen=True, slots=True)
class Taken:
    """One delivery that is ours for a while."""

    position: int
    email_id: str
    customer: str
    attempts: int
    """How often it was begun, this time included."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of one delivery."""

    position: int
    status: DeliveryStatus
    """PENDING: it is tried again at `next_at`."""
    reason: str = ""
    code: str = ""
    answer: str = ""
    next_at: datetime | None = None
    counted: bool = True
    """False: it was not the e-mail's fault, and costs it no attempt."""


async def waiting(session: AsyncSession, handoff_id: str | None = None) -> list[str]:
    """Hand-offs with something to do now: a delivery that is due, or nothing pending and the end not yet written."""
    now = clock.now()
    pending = (_DELIVERY.c.handoff_id == _HANDOFF.c.id) & (_DELIVERY.c.status == "pending")
    due = exists(select(_DELIVERY.c.position).where(pending, _DELIVERY.c.next_at <= now))
    over = ~exists(select(_DELIVERY.c.position).where(pending))
    rested = _HANDOFF.c.rests_until.is_(None) | (_HANDOFF.c.rests_until <= now)
    query = select(_HANDOFF.c.id).where(_HANDOFF.c.status == HandoffStatus.RUNNING, rested, due | over)
    if handoff_id is not None:
        query = query.where(_HANDOFF.c.id == handoff_id)
    return list((await session.execute(query.order_by(_HANDOFF.c.id))).scalars())


async def take(session: AsyncSession, handoff_id: str, owner: str, limit: int, lease: timedelta) -> list[Taken]:
    """At most `limit` deliveries that are due, for `owner` alone until the lease ends; none of one that rests."""
    now = clock.now()
    running = select(_HANDOFF.c.id).where(
        _HANDOFF.c.id == handoff_id,
        _HANDOFF.c.status == HandoffStatus.RUNNING,
        _HANDOFF.c.rests_until.is_(None) | (_HANDOFF.c.rests_until <= now),
    )
    due = (
        select(_DELIVERY.c.handoff_id, _DELIVERY.c.position)
        .where(
            _DELIVERY.c.handoff_id == handoff_id,
            _DELIVERY.c.status == "pending",
            _DELIVERY.c.next_at <= now,
            exists(running),
        )
        .order_by(_DELIVERY.c.next_at, _DELIVERY.c.position)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ours = (
        update(_DELIVERY)
        .where(tuple_(_DELIVERY.c.handoff_id, _DELIVERY.c.position).in_(due))
        .values(owner=owner, next_at=now + lease, attempts=_DELIVERY.c.attempts + 1, updated_at=now)
        .returning(_DELIVERY.c.position, _DELIVERY.c.email_id, _DELIVERY.c.customer, _DELIVERY.c.attempts)
    )
    rows = (await session.execute(ours)).all()
    return [Taken(*row) for row in sorted(rows, key=lambda row: row.position)]


async def keep(session: AsyncSession, handoff_id: str, owner: str, lease: timedelta) -> HandoffStatus:
    """Renew the leases of all that `owner` holds and has not lost; returns where the hand-off stands."""
    now = clock.now()
    pending = (_DELIVERY.c.handoff_id == handoff_id) & (_DELIVERY.c.status == "pending")
    # By time first: the index then leads to the few that are held, not to all that wait.
    held = pending & (_DELIVERY.c.next_at > now) & (_DELIVERY.c.owner == owner)
    await session.execute(update(_DELIVERY).where(held).values(next_at=now + lease))
    status = await session.scalar(select(_HANDOFF.c.status).where(_HANDOFF.c.id == handoff_id))
    return HandoffStatus(cast(str, status))


async def settle(session: AsyncSession, handoff_id: str, owner: str, settled: Sequence[Settled]) -> None:
    """Write down what came of deliveries, as far as they are still the owner's.

    One that would be tried again is cancelled instead where the hand-off was.
    """
    status = await session.scalar(select(_HANDOFF.c.status).where(_HANDOFF.c.id == handoff_id))
    over = status == HandoffStatus.CANCELLED
    rows = [_values(handoff_id, owner, one, over) for one in settled]
    if rows:
        connection = await session.connection()
        await connection.execute(_SETTLE, rows)
        await _give_places_back(session, handoff_id, rows)


async def _give_places_back(session: AsyncSession, handoff_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """What was not sent counts under no cap."""
    ended = [row["the_position"] for row in rows if row["new_status"] in _UNSENT]
    if ended:
        of_these = (_DELIVERY.c.handoff_id == handoff_id) & _DELIVERY.c.position.in_(ended)
        unsent = select(_DELIVERY.c.email_id).where(of_these, _DELIVERY.c.status.in_(_UNSENT))
        await withdraw_contacts(session, unsent, "not_sent")


def _values(handoff_id: str, owner: str, one: Settled, over: bool) -> dict[str, Any]:
    status = DeliveryStatus.CANCELLED if over and one.status is DeliveryStatus.PENDING else one.status
    now = clock.now()
    return {
        "the_handoff": handoff_id,
        "the_position": one.position,
        "the_owner": owner,
        "new_status": status,
        "new_reason": one.reason,
        "new_code": one.code,
        "new_answer": one.answer or None,
        "new_next_at": one.next_at or now,
        "new_updated_at": now,
        "attempts_back": 0 if one.counted else 1,
    }


async def rest(session: AsyncSession, handoff_id: str, *, reason: str, detail: str, until: datetime) -> None:
    """The far side is away: nobody takes deliveries of this hand-off before `until`."""
    running = (_HANDOFF.c.id == handoff_id) & (_HANDOFF.c.status == HandoffStatus.RUNNING)
    values = {
        "rests": _HANDOFF.c.rests + 1,
        "rests_until": until,
        "reason": reason,
        "detail": detail,
        "updated_at": clock.now(),
    }
    await session.execute(update(_HANDOFF).where(running).values(values))


async def rests(session: AsyncSession, handoff_id: str) -> int:
    """How often in a row the far side was away."""
    return int(await session.scalar(select(_HANDOFF.c.rests).where(_HANDOFF.c.id == handoff_id)) or 0)


async def answered(session: AsyncSession, handoff_id: str) -> None:
    """The far side is there (again)."""
    rested = (_HANDOFF.c.id == handoff_id) & (_HANDOFF.c.status == HandoffStatus.RUNNING) & (_HANDOFF.c.rests > 0)
    await session.execute(
        update(_HANDOFF).where(rested).values(rests=0, rests_until=None, reason="", detail="", updated_at=clock.now())
    )


async def unserved(session: AsyncSession, handoff_id: str, *, reason: str, detail: str) -> None:
    """A process has no such channel: that is said of a hand-off that nobody has begun to deliver."""
    begun = select(_DELIVERY.c.position).where(_DELIVERY.c.handoff_id == handoff_id, _DELIVERY.c.attempts > 0)
    quiet = (_HANDOFF.c.id == handoff_id) & (_HANDOFF.c.status == HandoffStatus.RUNNING) & (_HANDOFF.c.reason == "")
    values = {"reason": reason, "detail": detail, "updated_at": clock.now()}
    await session.execute(update(_HANDOFF).where(quiet, ~exists(begun)).values(values))


async def served(session: AsyncSession, handoff_id: str) -> None:
    """A process has its channel, whatever others have said."""
    said = (_HANDOFF.c.id == handoff_id) & (_HANDOFF.c.status == HandoffStatus.RUNNING) & (_HANDOFF.c.reason != "")
    values = {"reason": "", "detail": "", "updated_at": clock.now()}
    await session.execute(update(_HANDOFF).where(said, _HANDOFF.c.rests == 0).values(values))


async def halt(session: AsyncSession, handoff_id: str, *, reason: str, detail: str) -> None:
    """Pause a running hand-off until a person has mended what is wrong."""
    row = await session.get(HandoffRow, handoff_id, with_for_update=True, populate_existing=True)
    if row is None or row.status != HandoffStatus.RUNNING:
        return
    row.status, row.reason, row.detail, row.updated_at = HandoffStatus.PAUSED, reason, detail, clock.now()
    await tell(session, row, "handoff_paused", {"reason": reason, "detail": detail})


async def complete(session: AsyncSession, handoff_id: str) -> bool:
    """Write the end where nothing is pending; True for whoever wrote it, which one process is."""
    now = clock.now()
    pending = select(_DELIVERY.c.position).where(_DELIVERY.c.handoff_id == handoff_id, _DELIVERY.c.status == "pending")
    over = (_HANDOFF.c.id == handoff_id) & (_HANDOFF.c.status == HandoffStatus.RUNNING) & ~exists(pending)
    values = {"status": HandoffStatus.COMPLETED, "reason": "", "detail": "", "updated_at": now, "ended_at": now}
    done = await session.execute(update(_HANDOFF).where(over).values(values))
    if not cast(CursorResult[Any], done).rowcount:
        return False
    row = await session.get_one(HandoffRow, handoff_id, populate_existing=True)
    counts = select(_DELIVERY.c.status, func.count()).where(_DELIVERY.c.handoff_id == handoff_id)
    tally = {status: count for status, count in await session.execute(counts.group_by(_DELIVERY.c.status))}  # noqa: C416
    await tell(session, row, "handoff_completed", {"tally": tally})
    return True


async def abandoned(session: AsyncSession) -> bool:
    """Did a dispatcher die while it held deliveries of a hand-off that was cancelled meanwhile?"""
    found = select(_DELIVERY.c.position).where(_abandoned()).limit(1)
    return (await session.execute(found)).first() is not None


async def sweep(session: AsyncSession) -> None:
    """Cancel what was abandoned."""
    values = {"status": "cancelled", "owner": "", "updated_at": clock.now()}
    await session.execute(update(_DELIVERY).where(_abandoned()).values(values))


def _abandoned() -> ColumnElement[bool]:
    cancelled = select(_HANDOFF.c.id).where(_HANDOFF.c.status == HandoffStatus.CANCELLED)
    silent = (_DELIVERY.c.status == "pending") & (_DELIVERY.c.next_at <= clock.now())
    return _DELIVERY.c.handoff_id.in_(cancelled) & silent
