"""Group commit: e-mails, their recipients' rows and the chunk's tally in one transaction.

After DeWitt et al., "Implementation techniques for main memory database systems" (SIGMOD 1984): one sync to disk for
many e-mails, and none of them tells of itself before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.batch import Composing
from composer.contract import ComposeResult
from composer.runs.chunks import Held, give_back, is_due, lock, posted
from composer.runs.model import RecipientStatus
from composer.runs.outcomes import Final, Outcome, counted, final_of
from composer.runs.pace import noted
from composer.runs.service import complete_if_done, lock_run
from composer.runs.tables import ChunkRow, RecipientRow
from memory.privacy.tombstones import share
from store import clock
from store.errors import PenfriendError
from store.upsert import table_of

_RECIPIENTS = table_of(RecipientRow)
_MOVE = (
    update(_RECIPIENTS)
    .where(_RECIPIENTS.c.run_id == bindparam("of_run"), _RECIPIENTS.c.position == bindparam("at_position"))
    .values(
        status=bindparam("to_status"),
        reason=bindparam("for_reason"),
        detail=bindparam("with_detail"),
        email_id=bindparam("its_email"),
        attempts=bindparam("after_attempts"),
        not_before=bindparam("till"),
        updated_at=bindparam("now"),
    )
)


async def store_group(
    session: AsyncSession, composing: Composing, held: Held, outcomes: Sequence[Outcome]
) -> list[Final]:
    """Make these recipients final, or let them wait, in the caller's transaction; who is final already is passed over.

    A fixed number of statements beside those of `composing.store`. Raises ChunkLost: then nothing may be committed.
    """
    # Before the chunk's lock: an erasure takes them in this order too.
    await share(session)
    chunk = await lock(session, held)
    pending = await _pending(session, held, [outcome.position for outcome in outcomes])
    # Everyone stores in the order of customers: two runs that write to the same people wait for each other, never
    # in a circle.
    ours = sorted((one for one in outcomes if one.position in pending), key=lambda one: one.customer)
    finals = await _stored(session, composing, held.run_id, ours)
    if finals:
        await session.execute(_MOVE, [_moved(held.run_id, final) for final in finals])
        came = counted(finals)
        waited = sum(pending[final.outcome.position] for final in finals)
        news = came.model_copy(update={"deferred": came.deferred - waited}).model_dump(mode="json")
        ended = len([final for final in finals if final.status is not RecipientStatus.PENDING])
        await session.execute(
            update(ChunkRow)
            .where(col(ChunkRow.run_id) == held.run_id, col(ChunkRow.number) == held.number)
            .values(
                tally=posted(chunk.tally, news),
                unposted=posted(chunk.unposted, news),
                pace=noted(chunk.pace, ended),
            )
            .execution_options(synchronize_session=False)
        )
    return finals


async def leave_chunk(session: AsyncSession, held: Held, *, go_on: bool) -> Literal["done", "returned", "more"]:
    """Give the chunk back, in the caller's transaction; whoever leaves the last one completes the run.

    With somebody still pending who is due and `go_on` it is kept: `more`. Raises ChunkLost.
    """
    # Whoever completes the run draws its sample, which says who is in it.
    await share(session)
    run = await lock_run(session, held.run_id)
    due, waiting, first = await _left(session, held)
    if not due and not waiting:
        await give_back(session, run, held, done=True)
        await complete_if_done(session, run)
        return "done"
    if due and go_on:
        return "more"
    await give_back(session, run, held, not_before=None if due else first)
    return "returned"


async def _left(session: AsyncSession, held: Held) -> tuple[int, int, datetime | None]:
    """How many are pending and due, how many are deferred, and when the first of these is due."""
    due = is_due(_RECIPIENTS.c.not_before)
    query = (
        select(func.count().filter(due), func.count().filter(~due), func.min(RecipientRow.not_before).filter(~due))
        .where(RecipientRow.run_id == held.run_id, RecipientRow.status == RecipientStatus.PENDING)
        .where(RecipientRow.position >= held.first, RecipientRow.position < held.first + held.size)
    )
    found = (await session.execute(query)).one()
    return found[0], found[1], found[2]


async def _pending(session: AsyncSession, held: Held, positions: Sequence[int]) -> dict[int, bool]:
    """Of `positions` those that are not final; whether they were deferred before."""
    query = select(RecipientRow.position, col(RecipientRow.not_before).is_not(None)).where(
        RecipientRow.run_id == held.run_id,
        col(RecipientRow.position).in_(positions),
        RecipientRow.status == RecipientStatus.PENDING,
    )
    return {position: bool(deferred) for position, deferred in await session.execute(query)}


async def _stored(session: AsyncSession, composing: Composing, run_id: str, outcomes: Sequence[Outcome]) -> list[Final]:
    written = [outcome.written for outcome in outcomes if outcome.written is not None]
    results: list[ComposeResult | PenfriendError] = []
    if written:
        results = await composing.store(session, written, run_id=run_id)
    stored = iter(results)
    return [final_of(outcome, None if outcome.written is None else next(stored)) for outcome in outcomes]


def _moved(run_id: str, final: Final) -> dict[str, Any]:
    return {
        "of_run": run_id,
        "at_position": final.outcome.position,
        "to_status": final.status.value,
        "for_reason": final.reason,
        "with_detail": final.detail,
        "its_email": final.email_id,
        "after_attempts": final.outcome.attempts,
        "till": final.not_before,
        "now": clock.now(),
    }
