"""Hand-offs as their owner sees them: start, pause, resume, cancel, retry, and what became of each e-mail.

Every call works in the caller's transaction. What moves deliveries is `dispatcher.Dispatcher`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, CursorResult, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.handoff.events import tell
from composer.handoff.model import (
    Delivery,
    DeliveryStatus,
    Handoff,
    HandoffRequest,
    HandoffStatus,
    HandoffTally,
    OverWebhook,
)
from composer.handoff.tables import NOT_SENT, ONCE, DeliveryRow, HandoffRow
from composer.handoff.webhooks import endpoints
from composer.outliving import ERASED
from composer.reviews.gate import NOT_RELEASED, require_released
from composer.runs.model import RunStatus
from composer.runs.service import UnknownRun
from composer.runs.standing import terms_of
from composer.runs.tables import RecipientRow, RunRow
from memory.contacting.judging import DEFERRALS
from memory.ledger import withdraw_contacts
from store import clock
from store.errors import Conflict, NotFound
from store.ids import new_handoff_id
from store.upsert import insert_into, table_of

_HANDOFF, _DELIVERY, _RECIPIENT = table_of(HandoffRow), table_of(DeliveryRow), table_of(RecipientRow)
_REQUEST: TypeAdapter[HandoffRequest] = TypeAdapter(HandoffRequest)
_FOR_GOOD = frozenset(
    {
        *("no_consent", "unsubscribed", "complained", "bounced", "topic_off", "unknown_customer"),
        *("holdout", "global_holdout", "other_experiment", "rejected", "smtp_address_unknown"),
    }
)
"""Why an e-mail that did not leave would not leave in another hand-off either."""
OPEN = (HandoffStatus.RUNNING, HandoffStatus.PAUSED)


class UnknownHandoff(NotFound):
    """No hand-off has this id."""

    reason = "unknown_handoff"


class HandoffNotChangeable(Conflict):
    """The hand-off's status does not allow this: a completed one cannot be paused."""

    reason = "handoff_not_changeable"


class RunStillComposing(Conflict):
    """The run's e-mails are still being written."""

    reason = "run_still_composing"


class NothingToHandOff(Conflict):
    """The run has no e-mail that is not on its way or sent already."""

    reason = "nothing_to_hand_off"


async def start(session: AsyncSession, run_id: str, request: HandoffRequest) -> Handoff:
    """Write the hand-off and one row for each composed e-mail of the run that is not on its way or sent yet.

    Raises UnknownRun, RunStillComposing, RunNotReleased, NothingToHandOff, UnknownEndpoint, EndpointDisabled.
    """
    run = await session.get(RunRow, run_id, with_for_update=True)
    if run is None:
        raise UnknownRun(f"There is no run {run_id!r}.", fix="`penfriend run list` shows all.")
    if run.status == RunStatus.RUNNING:
        raise RunStillComposing(
            f"The run {run_id} is still composing.",
            fix="Wait until it is completed, or pause it first.",
        )
    await require_released(session, run_id)
    if isinstance(request, OverWebhook):
        await endpoints.usable(session, request.endpoint)
    now = clock.now()
    row = HandoffRow(
        id=new_handoff_id(),
        run_id=run_id,
        campaign_id=run.campaign_id,
        campaign_version=run.campaign_version,
        request=request.model_dump(mode="json"),
        status=HandoffStatus.RUNNING,
        emails=0,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    row.emails = await _take_up(session, row)
    if not row.emails:
        raise NothingToHandOff(
            f"The run {run_id} has no e-mail that was not handed off already.",
            fix="`retry` takes up what failed; a cancelled hand-off's e-mails can be handed off anew.",
        )
    await tell(session, row, "handoff_started", {"emails": row.emails})
    return await _read(session, row)


async def pause(session: AsyncSession, handoff_id: str) -> Handoff:
    """Begin no new delivery; those on the wire are finished. Raises UnknownHandoff, HandoffNotChangeable."""
    row = await _locked(session, handoff_id, HandoffStatus.RUNNING)
    row.status, row.reason, row.updated_at = HandoffStatus.PAUSED, "requested", clock.now()
    row.detail = ""
    await tell(session, row, "handoff_paused", {"reason": row.reason})
    return await _read(session, row)


async def resume(session: AsyncSession, handoff_id: str) -> Handoff:
    """Go on where it was, at once. Raises UnknownHandoff, HandoffNotChangeable."""
    row = await _locked(session, handoff_id, HandoffStatus.PAUSED)
    _set_running(row)
    await tell(session, row, "handoff_resumed", {})
    return await _read(session, row)


async def cancel(session: AsyncSession, handoff_id: str) -> Handoff:
    """For good: what nobody is delivering right now will not be. Raises UnknownHandoff, HandoffNotChangeable."""
    row = await _locked(session, handoff_id, *OPEN)
    now = clock.now()
    row.status, row.reason, row.detail, row.updated_at, row.ended_at = HandoffStatus.CANCELLED, "", "", now, now
    await session.flush()
    await cancel_idle(session, handoff_id)
    await tell(session, row, "handoff_cancelled", {})
    return await _read(session, row)


async def cancel_idle(session: AsyncSession, handoff_id: str) -> None:
    """Cancel what nobody holds; whoever holds the rest says what came of it, or is silent for too long."""
    idle = (_DELIVERY.c.owner == "") | (_DELIVERY.c.next_at <= clock.now())
    pending = (_DELIVERY.c.handoff_id == handoff_id) & (_DELIVERY.c.status == "pending")
    values = {"status": "cancelled", "owner": "", "updated_at": clock.now()}
    await session.execute(update(_DELIVERY).where(pending & idle).values(values))
    cancelled = (_DELIVERY.c.handoff_id == handoff_id) & (_DELIVERY.c.status == "cancelled")
    await withdraw_contacts(session, select(_DELIVERY.c.email_id).where(cancelled), "not_sent")


async def retry_failed(session: AsyncSession, handoff_id: str) -> Handoff:
    """What failed is pending again, with all its attempts, unless another hand-off has taken it up since.

    Raises UnknownHandoff, HandoffNotChangeable (nothing is left to try, or it is cancelled).
    """
    row = await _locked(session, handoff_id, *OPEN, HandoffStatus.COMPLETED)
    await session.get(RunRow, row.run_id, with_for_update=True)
    now = clock.now()
    again = {"status": "pending", "attempts": 0, "owner": "", "next_at": now, "updated_at": now}
    done = await session.execute(update(_DELIVERY).where(_worth_retrying(handoff_id)).values(again))
    if not cast(CursorResult[Any], done).rowcount:
        raise HandoffNotChangeable("Nothing of this hand-off can be tried again.", fix="Look at its deliveries.")
    _set_running(row)
    await tell(session, row, "handoff_resumed", {})
    return await _read(session, row)


async def retryable(session: AsyncSession, handoff_id: str) -> int:
    """How many e-mails `retry_failed` would take up."""
    return int(await session.scalar(select(func.count()).where(_worth_retrying(handoff_id))) or 0)


async def left(session: AsyncSession, run_id: str) -> int:
    """How many e-mails of the run `start` would take up, less those that nobody may be sent whatever the way."""
    theirs = select(_HANDOFF.c.id).where(_HANDOFF.c.run_id == run_id)
    held = select(_DELIVERY.c.email_id).where(_DELIVERY.c.handoff_id.in_(theirs), NOT_SENT)
    held = held.where(_DELIVERY.c.reason.in_(_FOR_GOOD))
    email = _RECIPIENT.c.email_id
    query = select(func.count()).where(_composed(run_id), ~_on_its_way(email), email.not_in(held))
    return int(await session.scalar(query) or 0)


async def get(session: AsyncSession, handoff_id: str) -> Handoff:
    """Raises UnknownHandoff."""
    row = await session.get(HandoffRow, handoff_id, populate_existing=True)
    if row is None:
        raise _unknown(handoff_id)
    return await _read(session, row)


async def latest(session: AsyncSession, handoff_id: str) -> datetime:
    """Until when its e-mails wait for quiet hours and caps: as long as the run said, since it began or went on."""
    row = await session.get_one(HandoffRow, handoff_id, populate_existing=True)
    run = await session.get_one(RunRow, row.run_id)
    return row.updated_at + terms_of(run.request).defer_for


async def of_run(session: AsyncSession, run_id: str) -> list[Handoff]:
    """All hand-offs of a run, the newest first. Raises UnknownRun."""
    if await session.get(RunRow, run_id) is None:
        raise UnknownRun(f"There is no run {run_id!r}.", fix="`penfriend run list` shows all.")
    query = select(HandoffRow).where(col(HandoffRow.run_id) == run_id).order_by(col(HandoffRow.id).desc())
    return [await _read(session, row) for row in (await session.execute(query)).scalars().all()]


async def deliveries(
    session: AsyncSession,
    handoff_id: str,
    *,
    status: DeliveryStatus | None = None,
    limit: int = 50,
    after: int = -1,
) -> list[Delivery]:
    """By position, beginning behind `after`. Raises UnknownHandoff."""
    await get(session, handoff_id)
    query = select(DeliveryRow).where(col(DeliveryRow.handoff_id) == handoff_id, col(DeliveryRow.position) > after)
    if status is not None:
        query = query.where(col(DeliveryRow.status) == status)
    rows = (await session.execute(query.order_by(col(DeliveryRow.position)).limit(limit))).scalars()
    return [_delivery(row) for row in rows]


async def not_sent(session: AsyncSession, handoff_id: str, *, limit: int) -> list[Delivery]:
    """What was refused, failed or was held back, by position."""
    query = select(DeliveryRow).where(col(DeliveryRow.handoff_id) == handoff_id, NOT_SENT)
    rows = (await session.execute(query.order_by(col(DeliveryRow.position)).limit(limit))).scalars()
    return [_delivery(row) for row in rows]


async def _take_up(session: AsyncSession, row: HandoffRow) -> int:
    """One row for each composed e-mail, in one statement; how many."""
    fresh = {
        "handoff_id": literal(row.id),
        "position": _RECIPIENT.c.position,
        "email_id": _RECIPIENT.c.email_id,
        "customer": _RECIPIENT.c.customer,
        "status": literal("pending"),
        "reason": literal(""),
        "code": literal(""),
        "attempts": literal(0),
        "owner": literal(""),
        "next_at": literal(row.created_at, _DELIVERY.c.next_at.type),
        "updated_at": literal(row.created_at, _DELIVERY.c.updated_at.type),
    }
    composed = select(*fresh.values()).where(_composed(row.run_id))
    # What is pending or sent in any hand-off is passed over by the unique index, also where two start at once.
    taken = insert_into(session, DeliveryRow).from_select(list(fresh), composed).on_conflict_do_nothing()
    await session.execute(taken)
    count = select(func.count()).where(_DELIVERY.c.handoff_id == row.id)
    return int((await session.execute(count)).scalar_one())


def _on_its_way(email_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Is this e-mail pending or sent in any hand-off?"""
    other = _DELIVERY.alias("other")
    # A column without a table's name is the innermost query's.
    return exists(select(other.c.position).where(other.c.email_id == email_id, ONCE))


def _composed(run_id: str) -> ColumnElement[bool]:
    """Recipients with an e-mail; whose customer was erased has none any more."""
    return (_RECIPIENT.c.run_id == run_id) & (_RECIPIENT.c.status == "composed") & (_RECIPIENT.c.email_id != "")


def _worth_retrying(handoff_id: str) -> ColumnElement[bool]:
    """Deliveries that failed, whose e-mail is still there and neither on its way nor sent in another hand-off."""
    gone = (_DELIVERY.c.reason == "unknown_email") | _DELIVERY.c.email_id.startswith(f"{ERASED}:")
    failed = (_DELIVERY.c.handoff_id == handoff_id) & (_DELIVERY.c.status == "failed")
    return failed & ~gone & ~_on_its_way(_DELIVERY.c.email_id)


def _set_running(row: HandoffRow) -> None:
    row.status, row.reason, row.detail, row.updated_at = HandoffStatus.RUNNING, "", "", clock.now()
    row.rests, row.rests_until, row.ended_at = 0, None, None


async def _locked(session: AsyncSession, handoff_id: str, *allowed: HandoffStatus) -> HandoffRow:
    """The row, held to the end of the transaction. Raises UnknownHandoff, HandoffNotChangeable."""
    row = await session.get(HandoffRow, handoff_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _unknown(handoff_id)
    if row.status not in allowed:
        raise HandoffNotChangeable(
            f"The hand-off is {row.status}.", fix=f"This works on one that is {' or '.join(allowed)}."
        )
    return row


def _unknown(handoff_id: str) -> UnknownHandoff:
    return UnknownHandoff(f"There is no hand-off {handoff_id!r}.", fix="GET /v1/runs/{run}/handoffs lists them.")


async def _read(session: AsyncSession, row: HandoffRow) -> Handoff:
    counts = select(_DELIVERY.c.status, func.count()).where(_DELIVERY.c.handoff_id == row.id)
    tally = {status: count for status, count in await session.execute(counts.group_by(_DELIVERY.c.status))}  # noqa: C416
    put_off = _DELIVERY.c.reason.in_([*DEFERRALS, NOT_RELEASED])
    waits = (_DELIVERY.c.status == "pending") & (_DELIVERY.c.owner == "") & put_off
    query = select(func.count(), func.min(_DELIVERY.c.next_at)).where(_DELIVERY.c.handoff_id == row.id, waits)
    deferred, until = (await session.execute(query)).one()
    return Handoff(
        deferred=deferred,
        deferred_until=until,
        id=row.id,
        run=row.run_id,
        campaign=row.campaign_id,
        campaign_version=row.campaign_version,
        request=_REQUEST.validate_python(row.request),
        status=HandoffStatus(row.status),
        reason=row.reason,
        detail=row.detail,
        emails=row.emails,
        tally=HandoffTally.model_validate(tally),
        rests_until=row.rests_until,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def _delivery(row: DeliveryRow) -> Delivery:
    pending = row.status == DeliveryStatus.PENDING
    return Delivery(
        position=row.position,
        email_id=row.email_id,
        customer=row.customer,
        status=DeliveryStatus(row.status),
        reason=row.reason,
        code=row.code,
        answer=row.answer or "",
        attempts=row.attempts,
        next_at=row.next_at if pending else None,
        updated_at=row.updated_at,
    )
