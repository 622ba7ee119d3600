"""Decisions at the edge, for the studio and for `/v1` alike: one call of the room, then its line in the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from composer.reviews import deciding, editing, releasing, sampling
from composer.reviews.deciding import Decided, Seen
from composer.reviews.model import Decision, RejectReason, ReviewTerms
from composer.reviews.reading import Sample

_ACTIONS = {
    Decision.APPROVED: "email.approve",
    Decision.REJECTED: "email.reject",
    Decision.EDITED: "email.edit",
}


async def approve(session: AsyncSession, email_id: str, seen: Seen, words: str = "") -> Decided:
    """See `composer.reviews.deciding.approve`."""
    return await _noted(session, await deciding.approve(session, email_id, seen, words))


async def reject(
    session: AsyncSession, email_id: str, seen: Seen, reasons: Sequence[RejectReason], words: str = ""
) -> Decided:
    """See `composer.reviews.deciding.reject`."""
    return await _noted(session, await deciding.reject(session, email_id, seen, reasons, words))


async def edit(session: AsyncSession, email_id: str, key: str, text: str, seen: Seen, words: str = "") -> Decided:
    """See `composer.reviews.editing.edit`."""
    return await _noted(session, await editing.edit(session, email_id, key, text, seen, words))


async def undo(session: AsyncSession, review_id: str) -> Decided:
    """See `composer.reviews.deciding.undo`."""
    decided = await deciding.undo(session, review_id, audit.actor())
    await audit.append(session, "email.undo", decided.review.email_id, why=f"{decided.review.decision} undone")
    return decided


async def draw(session: AsyncSession, run_id: str, terms: ReviewTerms) -> str:
    """The id of a sample: of a run, or with an empty `run_id` of what was written one by one."""
    if run_id:
        row = await sampling.draw_of_run(session, run_id, terms, by=audit.actor())
    else:
        row = await sampling.draw(session, sampling.Source(), terms, by=audit.actor())
    await audit.append(session, "sample.draw", row.id, why=f"of {run_id}" if run_id else "of e-mails of no run")
    return row.id


async def close(session: AsyncSession, sample_id: str, *, accepted: bool) -> Sample:
    """Accept a sample, which releases the run that waits for it, or refuse it."""
    change = releasing.accept if accepted else releasing.refuse
    sample = await change(session, sample_id, by=audit.actor())
    await audit.append(session, "sample.accept" if accepted else "sample.refuse", sample_id, why=sample.statement[:200])
    return sample


async def _noted(session: AsyncSession, decided: Decided) -> Decided:
    if decided.repeated:
        return decided
    review = decided.review
    before, after = ({"text": text} if text else None for text in (review.before, review.after))
    why = ", ".join(review.reasons)
    await audit.append(
        session, _ACTIONS[Decision(review.decision)], review.email_id, why=why, before=before, after=after
    )
    return decided
