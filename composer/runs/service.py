"""Runs as their owner sees them: start, pause, resume, cancel, retry, and what became of everyone.

Every call works in the caller's transaction. What moves recipients is `composing.compose_chunk`. Who changes a run
locks its row first and then, in order, its chunks': a chunk's row is the lock of its recipients.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.campaigns import get_campaign
from composer.reviews import gate
from composer.reviews.acceptance import require_readable
from composer.reviews.model import ReviewTerms
from composer.reviews.sampling import draw_at_end
from composer.runs import progress
from composer.runs.audiences.members import Members
from composer.runs.audiences.resolving import kept, snapshot
from composer.runs.model import (
    CHUNK_SIZE,
    EventKind,
    NewLimits,
    PauseReason,
    Recipient,
    RecipientStatus,
    Run,
    RunEvent,
    RunRequest,
    RunStatus,
    Tally,
)
from composer.runs.outcomes import summed
from composer.runs.queue import enqueue
from composer.runs.tables import ChunkRow, RecipientRow, RunEventRow, RunRow
from composer.runs.turns import current_turn, line_up
from memory.privacy.tombstones import share
from store import clock
from store.errors import Conflict, NotFound
from store.ids import new_run_id
from store.upsert import table_of

FINAL = (RunStatus.COMPLETED, RunStatus.CANCELLED)
BUDGET_REACHED = "The budget of this run is used up: the next e-mail would go beyond it. Resume it with a larger one."

_CHUNKS = table_of(ChunkRow)
_OPEN_AGAIN = (
    update(_CHUNKS)
    .where(_CHUNKS.c.run_id == bindparam("of_run"), _CHUNKS.c.number == bindparam("of_number"))
    .values(done=bindparam("is_done"), tally=bindparam("new_tally"), not_before=None)
)


class UnknownRun(NotFound):
    """No run has this id."""

    reason = "unknown_run"


class RunNotChangeable(Conflict):
    """The run's status does not allow this: a completed run cannot be paused."""

    reason = "run_not_changeable"


async def start(
    session: AsyncSession,
    campaign: str,
    request: RunRequest,
    *,
    members: Members | None = None,
    chunk_size: int = CHUNK_SIZE,
) -> Run:
    """Write the run, its recipients and its chunks, for the campaign's current version.

    `members` is what `audience.resolve` found, where that was done before. Raises UnknownCampaign, EmptyAudience,
    TooMuchToRead (terms of review that nobody can read enough for), and what audiences raise.
    """
    version = (await get_campaign(session, campaign)).version
    now = clock.now()
    row = RunRow(
        id=new_run_id(),
        campaign_id=campaign,
        campaign_version=version,
        request={
            **request.model_dump(mode="json", exclude={"audience"}),
            "audience": kept(request.audience).model_dump(mode="json"),
        },
        status=RunStatus.RUNNING,
        recipients=0,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    row.recipients = await snapshot(session, row.id, request.audience, chunk_size=chunk_size, members=members)
    await session.execute(_CHUNKS.insert(), _chunks(row.id, row.recipients, chunk_size, await current_turn(session)))
    if request.review is not None:
        await _to_be_reviewed(session, row, request.review)
    await _tell(session, row, "started", recipients=row.recipients)
    await enqueue(session)
    return await get(session, row.id)


async def pause(session: AsyncSession, run_id: str) -> Run:
    """Take no new recipients; what is being written is finished. Raises UnknownRun, RunNotChangeable."""
    row = await _changeable(session, run_id, "paused")
    if row.status != RunStatus.PAUSED:
        await _pause(session, row, PauseReason.REQUESTED, "")
    return await get(session, run_id)


async def pause_itself(session: AsyncSession, run_id: str, reason: PauseReason, detail: str) -> RunStatus:
    """What workers call when a budget or a tolerance is reached; only a running run is paused. Its status then."""
    row = await lock_run(session, run_id)
    if row.status == RunStatus.RUNNING:
        await _pause(session, row, reason, detail)
    return RunStatus(row.status)


async def resume(session: AsyncSession, run_id: str, *, limits: NewLimits | None = None) -> Run:
    """Go on where it was, with a new budget or tolerance if one is given.

    Raises UnknownRun, RunNotChangeable; `budget_used_up` where its budget is, and no larger one comes along.
    """
    row = await _changeable(session, run_id, "resumed")
    over = row.status == RunStatus.PAUSED and row.reason == PauseReason.BUDGET_REACHED
    if over and not (limits and limits.gives_more_than(row.request)):
        raise RunNotChangeable(
            f"The budget of run {run_id} is used up.",
            reason="budget_used_up",
            fix="Resume it with a larger `budget_usd` or `budget_tokens`, or null for none.",
        )
    if limits is not None:
        row.request = {**row.request, **limits.model_dump(mode="json", exclude_unset=True)}
    if row.status == RunStatus.PAUSED:
        # In line before it runs: its old turns would let it catch up on what others did meanwhile.
        await line_up(session, run_id)
        row.status, row.reason, row.detail, row.updated_at = RunStatus.RUNNING, "", "", clock.now()
        await _tell(session, row, "resumed")
        await enqueue(session)
    return await get(session, run_id)


async def cancel(session: AsyncSession, run_id: str) -> Run:
    """For good: whoever is pending ends as cancelled, calls in flight are dropped. Raises UnknownRun, RunNotChangeable.

    E-mails that are stored stay. Cancelling twice is as cancelling once.
    """
    # The sample that is drawn says who is in it: an erasure comes before or after, and before the run's lock.
    await share(session)
    row = await lock_run(session, run_id)
    if row.status == RunStatus.COMPLETED:
        raise _not_changeable(row, "cancelled")
    if row.status != RunStatus.CANCELLED:
        cancelled = await _cancel_pending(session, row)
        now = clock.now()
        row.status, row.reason, row.detail = RunStatus.CANCELLED, PauseReason.REQUESTED, ""
        row.updated_at = row.ended_at = now
        await _tell(session, row, "cancelled", recipients=cancelled)
        await draw_at_end(session, row)
    return await get(session, run_id)


async def retry_failed(session: AsyncSession, run_id: str) -> Run:
    """Failed recipients become pending again; a completed run runs again, a paused one waits to be resumed.

    Raises UnknownRun, RunNotChangeable (nobody failed, or it was cancelled).
    """
    row = await lock_run(session, run_id)
    if row.status == RunStatus.CANCELLED:
        raise _not_changeable(row, "retried")
    failed = await _reopen_failed(session, row)
    if not failed:
        raise RunNotChangeable(f"Nobody failed in run {run_id}.", fix="There is nothing to retry.")
    await line_up(session, run_id)
    if row.status == RunStatus.COMPLETED:
        row.status, row.ended_at = RunStatus.RUNNING, None
    row.updated_at = clock.now()
    await _tell(session, row, "retried", recipients=failed)
    await enqueue(session)
    return await get(session, run_id)


async def get(session: AsyncSession, run_id: str) -> Run:
    """Raises UnknownRun."""
    row = await session.get(RunRow, run_id)
    if row is None:
        raise _unknown(run_id)
    [run] = await progress.runs_of(session, [row])
    return run


async def list_runs(session: AsyncSession, *, campaign: str = "", limit: int = 50, after: str = "") -> list[Run]:
    """Newest first, beginning behind the run `after`."""
    query = select(RunRow).order_by(col(RunRow.id).desc()).limit(limit)
    if campaign:
        query = query.where(RunRow.campaign_id == campaign)
    if after:
        query = query.where(RunRow.id < after)
    return await progress.runs_of(session, (await session.execute(query)).scalars().all())


async def recipients(
    session: AsyncSession, run_id: str, *, status: RecipientStatus | None = None, limit: int = 50, after: int = -1
) -> list[Recipient]:
    """By position, beginning behind `after`. Raises UnknownRun."""
    await _need(session, run_id)
    query = select(RecipientRow).where(RecipientRow.run_id == run_id, RecipientRow.position > after)
    if status is not None:
        query = query.where(RecipientRow.status == status)
    rows = (await session.execute(query.order_by(col(RecipientRow.position)).limit(limit))).scalars()
    return [Recipient.model_validate(row, from_attributes=True) for row in rows]


async def events(session: AsyncSession, run_id: str, *, after: int = 0) -> Sequence[RunEvent]:
    """The run's history behind event `after`, oldest first. Raises UnknownRun."""
    await _need(session, run_id)
    query = select(RunEventRow).where(RunEventRow.run_id == run_id, col(RunEventRow.id) > after)
    rows = (await session.execute(query.order_by(col(RunEventRow.id)))).scalars()
    return [RunEvent(id=row.id or 0, run=run_id, kind=row.kind, at=row.at, data=row.data) for row in rows]


async def lock_run(session: AsyncSession, run_id: str) -> RunRow:
    """The run's row, ours until the transaction ends. Raises UnknownRun."""
    row = await session.get(RunRow, run_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _unknown(run_id)
    return row


async def complete_if_done(session: AsyncSession, run: RunRow) -> bool:
    """Complete the run when its last chunk is done; `run` as `lock_run` gave it, so that one process does it, once.

    What it came to is then added up anew from its chunks: a worker of a version that knew no posting left some out.
    """
    await session.flush()
    still = select(ChunkRow.number).where(ChunkRow.run_id == run.id, col(ChunkRow.done).is_(False)).limit(1)
    if run.status in FINAL or (await session.execute(still)).first() is not None:
        return False
    now = clock.now()
    run.status, run.reason, run.detail, run.updated_at, run.ended_at = RunStatus.COMPLETED, "", "", now, now
    await _write_tallies(session, run, await _locked_chunks(session, run.id), {}, done=True)
    await _tell(session, run, "completed", **{key: run.tally[key] for key in ("composed", "skipped", "failed")})
    await draw_at_end(session, run)
    return True


async def _to_be_reviewed(session: AsyncSession, row: RunRow, terms: ReviewTerms) -> None:
    require_readable(terms, "/review/defect_rate")
    if terms.gate:
        await gate.put_up(session, row.id, row.campaign_id)


def _chunks(run_id: str, recipients: int, chunk_size: int, turn: int) -> list[dict[str, Any]]:
    return [
        {
            "run_id": run_id,
            "number": number,
            "first": first,
            "size": min(chunk_size, recipients - first),
            "turn": turn + number,
            "done": False,
            "owner": "",
            "takes": 0,
            "tally": Tally().model_dump(mode="json"),
            "unposted": {},
            "pace": {},
        }
        for number, first in enumerate(range(0, recipients, chunk_size))
    ]


async def _changeable(session: AsyncSession, run_id: str, what: str) -> RunRow:
    row = await lock_run(session, run_id)
    if row.status in FINAL:
        raise _not_changeable(row, what)
    return row


async def _pause(session: AsyncSession, row: RunRow, reason: PauseReason, detail: str) -> None:
    row.status, row.reason, row.detail, row.updated_at = RunStatus.PAUSED, reason, detail, clock.now()
    if reason is PauseReason.BUDGET_REACHED:
        await _tell(session, row, "budget_reached", detail=detail)
    await _tell(session, row, "paused", reason=reason.value, detail=detail)


async def _locked_chunks(session: AsyncSession, run_id: str) -> dict[int, Tally]:
    """Lock all chunks of the run; their tallies by number."""
    query = select(ChunkRow.number, ChunkRow.tally).where(ChunkRow.run_id == run_id)
    rows = await session.execute(query.order_by(col(ChunkRow.number)).with_for_update())
    return {number: Tally.model_validate(tally) for number, tally in rows}


async def _cancel_pending(session: AsyncSession, run: RunRow) -> int:
    """Everyone pending is cancelled and every chunk done; how many that were."""
    tallies = await _locked_chunks(session, run.id)
    pending = (col(RecipientRow.run_id) == run.id, col(RecipientRow.status) == RecipientStatus.PENDING)
    query = select(RecipientRow.chunk, func.count()).where(*pending).group_by(col(RecipientRow.chunk))
    of = dict((await session.execute(query)).all())
    await session.execute(
        update(RecipientRow)
        .where(*pending)
        .values(status=RecipientStatus.CANCELLED, reason="", detail="", not_before=None, updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    # Nobody owns a cancelled chunk: who was working on it finds that out when they store, if not before.
    await session.execute(
        update(ChunkRow)
        .where(col(ChunkRow.run_id) == run.id)
        .values(done=True, owner="", lease_until=None)
        .execution_options(synchronize_session=False)
    )
    changed = {
        number: tallies[number].model_copy(update={"cancelled": tallies[number].cancelled + count, "deferred": 0})
        for number, count in of.items()
    }
    await _write_tallies(session, run, tallies, changed, done=True)
    return sum(of.values())


async def _reopen_failed(session: AsyncSession, run: RunRow) -> int:
    """Everyone failed is pending again, and their chunks open; how many that were."""
    tallies = await _locked_chunks(session, run.id)
    failed = (col(RecipientRow.run_id) == run.id, col(RecipientRow.status) == RecipientStatus.FAILED)
    query = select(RecipientRow.chunk, RecipientRow.reason, func.count())
    reasons: dict[int, Counter[str]] = defaultdict(Counter)
    for chunk, reason, count in await session.execute(
        query.where(*failed).group_by(col(RecipientRow.chunk), col(RecipientRow.reason))
    ):
        reasons[chunk][reason] = count
    await session.execute(
        update(RecipientRow)
        .where(*failed)
        .values(status=RecipientStatus.PENDING, reason="", detail="", not_before=None, updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    changed = {number: _without(tallies[number], gone) for number, gone in reasons.items()}
    await _write_tallies(session, run, tallies, changed, done=False)
    return sum(gone.total() for gone in reasons.values())


def _without(tally: Tally, failed: Counter[str]) -> Tally:
    left = Counter(tally.reasons)
    left.subtract(failed)
    return tally.model_copy(update={"failed": tally.failed - failed.total(), "reasons": dict(+left)})


async def _write_tallies(
    session: AsyncSession, run: RunRow, tallies: dict[int, Tally], changed: dict[int, Tally], *, done: bool
) -> None:
    """`changed` chunks had recipients moved in bulk, and are `done` or open again; all are posted."""
    run.tally = summed({**tallies, **changed}.values()).model_dump(mode="json")
    await session.execute(
        update(ChunkRow)
        .where(col(ChunkRow.run_id) == run.id)
        .values(unposted={})
        .execution_options(synchronize_session=False)
    )
    if not changed:
        return
    rows = [
        {
            "of_run": run.id,
            "of_number": number,
            "is_done": done,
            "new_tally": tally.model_dump(mode="json"),
        }
        for number, tally in changed.items()
    ]
    await session.execute(_OPEN_AGAIN, rows)


async def _tell(session: AsyncSession, row: RunRow, kind: EventKind, **data: Any) -> None:
    session.add(RunEventRow(run_id=row.id, kind=kind, at=clock.now(), data={"campaign": row.campaign_id, **data}))
    await session.flush()


async def _need(session: AsyncSession, run_id: str) -> None:
    if (await session.execute(select(RunRow.id).where(RunRow.id == run_id))).first() is None:
        raise _unknown(run_id)


def _unknown(run_id: str) -> UnknownRun:
    return UnknownRun(f"There is no run {run_id!r}.", fix="Run ids start with run_; list the runs to find it.")


def _not_changeable(row: RunRow, what: str) -> RunNotChangeable:
    return RunNotChangeable(
        f"Run {row.id} is {row.status} and cannot be {what}.",
        fix="Start another run with another `occasion` to write to the same people again.",
    )
