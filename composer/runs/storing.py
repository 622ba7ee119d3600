"""Group commit: e-mails, their recipients' rows and the chunk's tally in one transaction.

After DeWitt et al., "Implementation techniques for main memory database systems" (SIGMOD 1984): one sync to disk for
many e-mails, and none of them tells of itself before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.batch import Composing
from composer.contract import ComposeResult
from composer.runs.chunks import Held, give_back, lock
from composer.runs.model import RecipientStatus, Tally
from composer.runs.outcomes import Final, Outcome, counted, final_of, summed
from composer.runs.pace import noted
from composer.runs.service import complete_if_done, lock_run
from composer.runs.tables import ChunkRow, RecipientRow
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
        updated_at=bindparam("now"),
    )
)


async def store_group(
    session: AsyncSession, composing: Composing, held: Held, outcomes: Sequence[Outcome]
) -> list[Final]:
    """Make these recipients final, in the caller's transaction; who is final already is passed over.

    A fixed number of statements beside those of `composing.store`. Raises ChunkLost: then nothing may be committed.
    """
    chunk = await lock(session, held)
    pending = await _pending(session, held, [outcome.position for outcome in outcomes])
    # Everyone stores in the order of customers: two runs that write to the same people wait for each other, never
    # in a circle.
    ours = sorted((one for one in outcomes if one.position in pending), key=lambda one: one.customer)
    finals = await _stored(session, composing, ours)
    if finals:
        await session.execute(_MOVE, [_moved(held.run_id, final) for final in finals])
        tally = summed([Tally.model_validate(chunk.tally), counted(finals)])
        await session.execute(
            update(ChunkRow)
            .where(col(ChunkRow.run_id) == held.run_id, col(ChunkRow.number) == held.number)
            .values(tally=tally.model_dump(mode="json"), pace=noted(chunk.pace, len(finals)))
            .execution_options(synchronize_session=False)
        )
    return finals


async def leave_chunk(session: AsyncSession, held: Held, *, go_on: bool) -> Literal["done", "returned", "more"]:
    """Give the chunk back, in the caller's transaction; whoever leaves the last one completes the run.

    With somebody still pending and `go_on` it is kept: `more`. Raises ChunkLost.
    """
    run = await lock_run(session, held.run_id)
    if not await _any_pending(session, held):
        await give_back(session, held, done=True)
        await complete_if_done(session, run)
        return "done"
    if go_on:
        return "more"
    await give_back(session, held)
    return "returned"


async def _any_pending(session: AsyncSession, held: Held) -> bool:
    query = (
        select(RecipientRow.position)
        .where(RecipientRow.run_id == held.run_id, RecipientRow.status == RecipientStatus.PENDING)
        .where(RecipientRow.position >= held.first, RecipientRow.position < held.first + held.size)
        .limit(1)
    )
    return (await session.execute(query)).first() is not None


async def _pending(session: AsyncSession, held: Held, positions: Sequence[int]) -> set[int]:
    query = select(RecipientRow.position).where(
        RecipientRow.run_id == held.run_id,
        col(RecipientRow.position).in_(positions),
        RecipientRow.status == RecipientStatus.PENDING,
    )
    return set((await session.execute(query)).scalars())


async def _stored(session: AsyncSession, composing: Composing, outcomes: Sequence[Outcome]) -> list[Final]:
    written = [outcome.written for outcome in outcomes if outcome.written is not None]
    results: list[ComposeResult | PenfriendError] = await composing.store(session, written) if written else []
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
        "now": clock.now(),
    }
