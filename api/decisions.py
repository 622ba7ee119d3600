"""Decisions at the edge, for the studio and for `/v1` alike: one call of the room, then its line in the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from composer.reviews import deciding, editing
from composer.reviews.deciding import Decided, Seen
from composer.reviews.editing import Rewrite
from composer.reviews.model import Decision, RejectReason

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


async def edit(session: AsyncSession, email_id: str, rewrite: Rewrite, seen: Seen) -> Decided:
    """See `composer.reviews.editing.edit`."""
    return await _noted(session, await editing.edit(session, email_id, rewrite, seen))


async def undo(session: AsyncSession, review_id: str) -> Decided:
    """See `composer.reviews.deciding.undo`."""
    decided = await deciding.undo(session, review_id, audit.actor())
    why = _why(f"{decided.review.decision} undone", decided)
    await audit.append(session, "email.undo", decided.review.email_id, why=why)
    return decided


async def _noted(session: AsyncSession, decided: Decided) -> Decided:
    if decided.repeated:
        return decided
    review = decided.review
    before, after = ({"text": text} if text else None for text in (review.before, review.after))
    why = _why(", ".join(review.reasons), decided)
    await audit.append(
        session, _ACTIONS[Decision(review.decision)], review.email_id, why=why, before=before, after=after
    )
    return decided


def _why(said: str, decided: Decided) -> str:
    """With why nothing was learned from it, where that failed."""
    failed = f"nothing learned: {decided.untaught}" if decided.untaught else ""
    return "; ".join(part for part in (said, failed) if part)
