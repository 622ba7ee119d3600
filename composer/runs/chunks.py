"""Taking chunks and giving them back: a lease, renewed while its owner lives, and a fence against who lost it.

Leases are judged by one clock: the database server's on PostgreSQL; on SQLite the machine's own, which all its
processes share. The row of a chunk is the lock of its recipients (`tables.ChunkRow`); who needs the run's row as well
takes that one first, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.runs.model import RunStatus, Tally
from composer.runs.outcomes import summed
from composer.runs.pace import together
from composer.runs.tables import ChunkRow, RunRow
from store import clock
from store.errors import Conflict
from store.upsert import table_of

_CHUNKS = table_of(ChunkRow)
_RUNS = table_of(RunRow)


class ChunkLost(Conflict):
    """The chunk is not ours any more: its lease ran out and another took it, or its run was cancelled."""

    reason = "chunk_lost"


@dataclass(frozen=True)
class Held:
    """A chunk in the hands of one worker. `takes` tells this time from every other time it was taken."""

    run_id: str
    number: int
    first: int
    size: int
    owner: str
    takes: int
    left: int
    """Recipients that were still pending when it was taken."""
    taken_over: bool = False
    """Another process had it and did not give it back."""

    @property
    def key(self) -> tuple[str, int]:
        """Which chunk."""
        return self.run_id, self.number


async def database_now(session: AsyncSession) -> datetime:
    """The time by the clock that leases are judged by."""
    if session.get_bind().dialect.name == "sqlite":
        return clock.now()
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def take_fairest(session: AsyncSession, *, worker: str, lease_s: float) -> Held | None:
    """The open chunk of a running run whose turn it is, under a lease of `lease_s` seconds; None where none is free."""
    now = await database_now(session)
    fairest = _free(now).order_by(_CHUNKS.c.turn, _CHUNKS.c.run_id, _CHUNKS.c.number)
    return await _take(session, fairest, worker, now + timedelta(seconds=lease_s))


async def is_any_free(session: AsyncSession) -> bool:
    """Whether somebody could take a chunk now."""
    free = _free(await database_now(session)).limit(1)
    return (await session.execute(free)).first() is not None


async def take(session: AsyncSession, run_id: str, number: int, *, worker: str, lease_s: float) -> Held | None:
    """This chunk; None where it is done, in other hands, or its run does not run."""
    now = await database_now(session)
    this = _free(now).where(_CHUNKS.c.run_id == run_id, _CHUNKS.c.number == number)
    return await _take(session, this, worker, now + timedelta(seconds=lease_s))


async def renew(
    session: AsyncSession, worker: str, keys: Sequence[tuple[str, int]], lease_s: float
) -> set[tuple[str, int, int]]:
    """Renew the leases of a worker's chunks (run, number); (run, number, takes) of each that is still its own."""
    if not keys:
        return set()
    until = await database_now(session) + timedelta(seconds=lease_s)
    renewed = await session.execute(
        update(ChunkRow)
        .where(tuple_(_CHUNKS.c.run_id, _CHUNKS.c.number).in_(keys))
        .where(col(ChunkRow.owner) == worker, col(ChunkRow.done).is_(False))
        .values(lease_until=until)
        .returning(col(ChunkRow.run_id), col(ChunkRow.number), col(ChunkRow.takes))
        .execution_options(synchronize_session=False)
    )
    return {(run_id, number, takes) for run_id, number, takes in renewed}


async def lock(session: AsyncSession, held: Held) -> Row[Any]:
    """Lock the chunk for this transaction; what it came to. Raises ChunkLost when it is not ours any more."""
    chunk = (
        await session.execute(
            select(*_CHUNKS.c["owner", "takes", "done", "tally", "unposted", "pace"])
            .where(_CHUNKS.c.run_id == held.run_id, _CHUNKS.c.number == held.number)
            .with_for_update()
        )
    ).one()
    if (chunk.owner, chunk.takes, chunk.done) != (held.owner, held.takes, False):
        raise ChunkLost(f"Chunk {held.number} of run {held.run_id} was taken by somebody else.")
    return chunk


async def give_back(
    session: AsyncSession, run: RunRow, held: Held, *, done: bool = False, not_before: datetime | None = None
) -> None:
    """Let go of the chunk; `done` when none of its recipients is pending, `not_before` when all who are, are deferred.

    What it came to is posted to the run, whose row the caller has locked. Raises ChunkLost.
    """
    chunk = await lock(session, held)
    run.tally = posted(run.tally, chunk.unposted)
    run.pace = together(run.pace, chunk.pace)
    await session.execute(
        update(ChunkRow)
        .where(col(ChunkRow.run_id) == held.run_id, col(ChunkRow.number) == held.number)
        .values(owner="", lease_until=None, done=done, not_before=not_before, unposted={}, pace={})
        .execution_options(synchronize_session=False)
    )


def posted(*tallies: dict[str, Any]) -> dict[str, Any]:
    """Stored tallies added up, to be stored."""
    return summed(Tally.model_validate(tally) for tally in tallies).model_dump(mode="json")


def is_due(not_before: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether nothing has to be waited for any more.

    By our own clock, which also judged the rules: by another one, what is taken as due might not be when it is read.
    """
    return or_(not_before.is_(None), not_before <= clock.now())


def _free(now: datetime) -> Select[Any]:
    return (
        select(*_CHUNKS.c["run_id", "number", "first", "size", "owner", "takes", "tally"])
        .join(_RUNS, _RUNS.c.id == _CHUNKS.c.run_id)
        .where(
            _RUNS.c.status == RunStatus.RUNNING,
            _CHUNKS.c.done.is_(False),
            or_(_CHUNKS.c.owner == "", _CHUNKS.c.lease_until < now),
            is_due(_CHUNKS.c.not_before),
        )
    )


async def _take(session: AsyncSession, free: Select[Any], worker: str, until: datetime) -> Held | None:
    # Rows that another taker or a flush holds locked are passed over: they are not free.
    query = free.limit(1).with_for_update(of=_CHUNKS, skip_locked=True)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    await session.execute(
        update(ChunkRow)
        .where(col(ChunkRow.run_id) == found.run_id, col(ChunkRow.number) == found.number)
        .values(owner=worker, lease_until=until, takes=found.takes + 1)
        .execution_options(synchronize_session=False)
    )
    left = found.size - _done(found.tally)
    took_over = found.owner != ""
    return Held(found.run_id, found.number, found.first, found.size, worker, found.takes + 1, left, took_over)


def _done(tally: dict[str, Any]) -> int:
    counted: Sequence[str] = ("composed", "skipped", "failed", "cancelled")
    return sum(int(tally.get(key, 0)) for key in counted)
