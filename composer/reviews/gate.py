"""The gate: what a run writes that is to be reviewed first does not leave before somebody releases it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.reviews.tables import RunGateRow
from composer.runs.model import RecipientStatus
from composer.runs.tables import RecipientRow, RunRow
from composer.tables import EmailRow
from store.errors import Conflict
from store.upsert import table_of

REJECTED = "rejected"
"""`EmailRow.held`: a reviewer said so."""
NOT_RELEASED = "not_released"
DETAILS = {
    REJECTED: "A reviewer rejected this e-mail.",
    NOT_RELEASED: "The run it belongs to waits for its sample to be reviewed.",
}
"""Why an e-mail is held, in a sentence."""
_EMAIL, _GATE, _RUN, _RECIPIENT = (table_of(model) for model in (EmailRow, RunGateRow, RunRow, RecipientRow))


class RunNotReleased(Conflict):
    """The run waits for its sample to be accepted."""

    reason = "run_not_released"


def shut(written: ColumnElement[Any]) -> ColumnElement[bool]:
    """Is the gate of this row shut for what was `written` then? Of no gate: NULL, as of what is released: false."""
    return or_(
        and_(_GATE.c.run_id.is_not(None), _GATE.c.released_until.is_(None)),
        written > _GATE.c.released_until,
    )


_HELD = (
    select(_EMAIL.c.held, shut(_EMAIL.c.created_at).label("shut"))
    .select_from(_EMAIL.outerjoin(_GATE, _GATE.c.run_id == _EMAIL.c.run_id))
    .where(_EMAIL.c.id == bindparam("of_email"))
)
_AWAITED = (
    select(_RECIPIENT.c.customer, _RECIPIENT.c.step, _RECIPIENT.c.occasion, _RUN.c.request)
    .select_from(
        _GATE.join(_RUN, _RUN.c.id == _GATE.c.run_id)
        .join(_RECIPIENT, _RECIPIENT.c.run_id == _GATE.c.run_id)
        .outerjoin(_EMAIL, _EMAIL.c.id == _RECIPIENT.c.email_id)
    )
    # Of whatever version: who saves the campaign again does not get past the gate by it.
    .where(_GATE.c.campaign_id == bindparam("of_campaign"), _RECIPIENT.c.customer.in_(bindparam("to", expanding=True)))
    .where(
        or_(
            _RECIPIENT.c.status == RecipientStatus.PENDING.value,
            and_(_RECIPIENT.c.status == RecipientStatus.FAILED.value, _GATE.c.released_until.is_(None)),
            and_(_RECIPIENT.c.status == RecipientStatus.COMPOSED.value, shut(_EMAIL.c.created_at)),
        )
    )
)


async def put_up(session: AsyncSession, run_id: str, campaign: str) -> None:
    """From now on nothing that this run writes leaves before it is released."""
    session.add(RunGateRow(run_id=run_id, campaign_id=campaign))
    await session.flush()


async def gate_of(session: AsyncSession, run_id: str) -> RunGateRow | None:
    """None for a run that was started without one."""
    return await session.get(RunGateRow, run_id, populate_existing=True)


async def shut_for(session: AsyncSession, run_id: str) -> bool:
    """Does anything that the run wrote still wait? A run that wrote nothing yet waits too."""
    gate = await gate_of(session, run_id)
    if gate is None or gate.released_until is None:
        return gate is not None
    later = select(_EMAIL.c.id).where(_EMAIL.c.run_id == run_id, _EMAIL.c.created_at > gate.released_until)
    return (await session.execute(later.limit(1))).first() is not None


async def require_released(session: AsyncSession, run_id: str) -> None:
    """What was written after a release is held one by one. Raises RunNotReleased."""
    gate = await gate_of(session, run_id)
    if gate is not None and gate.released_until is None:
        sample = f" {gate.sample_id}" if gate.sample_id else ""
        raise RunNotReleased(
            f"Nothing of run {run_id} may leave before its sample{sample} is accepted.",
            fix="Read the sample under Review in the studio and accept it there, or POST /v1/samples/{id}/accept.",
        )


async def held(session: AsyncSession, email_id: str) -> str:
    """Why a stored e-mail may not leave: `rejected`, `not_released`; empty where nothing stands against it."""
    row = (await session.execute(_HELD, {"of_email": email_id})).first()
    return "" if row is None else reason(row.held, bool(row.shut))


async def held_of(session: AsyncSession, email_ids: Sequence[str]) -> dict[str, str]:
    """Those of some e-mails that may not leave, and why. Nobody decides about any of them before the transaction
    ends."""
    held = select(_EMAIL.c.id, _EMAIL.c.held, shut(_EMAIL.c.created_at).label("shut"))
    joined = held.select_from(_EMAIL.outerjoin(_GATE, _GATE.c.run_id == _EMAIL.c.run_id))
    locked = joined.where(_EMAIL.c.id.in_(email_ids)).order_by(_EMAIL.c.id).with_for_update(read=True, of=_EMAIL)
    rows = (await session.execute(locked)).all()
    found = {row.id: reason(row.held, bool(row.shut)) for row in rows}
    return {email_id: why for email_id, why in found.items() if why}


async def unreleased(session: AsyncSession, email_ids: Collection[str]) -> set[str]:
    """Those of some e-mails (at most some thousand) whose gate is shut: they have not left by any way of ours."""
    query = select(_EMAIL.c.id).join(_GATE, _GATE.c.run_id == _EMAIL.c.run_id).where(_EMAIL.c.id.in_(email_ids))
    return set((await session.execute(query.where(shut(_EMAIL.c.created_at)))).scalars())


def reason(mark: str, is_shut: bool) -> str:
    """Of both, what is for good."""
    return mark or (NOT_RELEASED if is_shut else "")


async def awaited(session: AsyncSession, campaign: str, customers: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(step, occasion) of e-mails to each of these that a run behind a gate is yet to write, or wrote and holds.

    Steps as they were asked for: empty for the first of the flow. Whoever composed one alone, or under a later version
    of the campaign, would let it past the gate. In one read; of whom nothing is awaited is left out.
    """
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = (await session.execute(_AWAITED, {"of_campaign": campaign, "to": list(customers)})).all()
    for row in rows:
        found[row.customer].append((row.step or row.request["step"], row.occasion or row.request["occasion"]))
    return dict(found)
