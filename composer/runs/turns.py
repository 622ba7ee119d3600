"""Whose turn it is among runs: start-time fair queueing, so that a small run need not wait for a large one.

Each chunk carries the turn at which it may start; workers take the lowest. A run that comes in starts at the turn that
is being served now, so runs go on side by side, chunk by chunk, whatever their size (Goyal, Vin and Cheng, "Start-time
fair queueing", SIGCOMM 1996; all runs weigh the same).
"""

from __future__ import annotations

from sqlalchemy import bindparam, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.runs.chunks import is_due
from composer.runs.model import RunStatus
from composer.runs.tables import ChunkRow, RunRow
from store.upsert import table_of

_CHUNKS = table_of(ChunkRow)
_AT_TURN = (
    update(_CHUNKS)
    .where(_CHUNKS.c.run_id == bindparam("of_run"), _CHUNKS.c.number == bindparam("of_number"))
    .values(turn=bindparam("at"))
)


async def current_turn(session: AsyncSession) -> int:
    """The lowest turn that waits in a running run, chunks of deferred recipients aside; 0 where nothing waits."""
    lowest = (
        select(func.min(ChunkRow.turn))
        .join(RunRow, col(RunRow.id) == ChunkRow.run_id)
        .where(RunRow.status == RunStatus.RUNNING, col(ChunkRow.done).is_(False), ChunkRow.owner == "")
        .where(is_due(_CHUNKS.c.not_before))
    )
    return (await session.execute(lowest)).scalar_one() or 0


async def line_up(session: AsyncSession, run_id: str) -> None:
    """Put the open chunks of a run that comes in (again) in line from the current turn, in their order."""
    now = await current_turn(session)
    waiting = select(ChunkRow.number).where(ChunkRow.run_id == run_id, col(ChunkRow.done).is_(False))
    numbers = (await session.execute(waiting.order_by(col(ChunkRow.number)))).scalars().all()
    if numbers:
        turns = [{"of_run": run_id, "of_number": number, "at": now + rank} for rank, number in enumerate(numbers)]
        await session.execute(_AT_TURN, turns)
