"""Decisions about e-mails: made by people through other programs, and read back."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api import audit, decisions
from api.access import ReadSession, WriteSession
from api.auth import Require
from composer.emails import get_email
from composer.reviews.deciding import MAX_WORDS, Decided, Seen
from composer.reviews.decisions import history
from composer.reviews.editing import LONGEST, Rewrite
from composer.reviews.model import Decision, RejectReason
from composer.reviews.tables import ReviewRow
from store.errors import InvalidInput

_FOREIGN = {
    Decision.APPROVED: ("reasons", "block", "text"),
    Decision.REJECTED: ("block", "text"),
    Decision.EDITED: (),
}
"""Fields that say nothing beside a decision."""
router = APIRouter(prefix="/v1", tags=["reviews"])


class ReviewRequest(BaseModel):
    """What a reviewer says of one e-mail."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    reasons: list[RejectReason] = Field(default=[], max_length=len(RejectReason))
    """For `rejected`: at least one; for `edited`: what was wrong before, if it is said."""
    words: str = Field(default="", max_length=MAX_WORDS)
    """In their own words."""
    block: str = Field(default="", max_length=255)
    """For `edited`: the key of the block."""
    text: str = Field(default="", max_length=LONGEST)
    """For `edited`: what it shall say."""
    revision: int | None = Field(default=None, ge=0)
    """The e-mail's revision that was looked at: another one now is refused (409). None: whichever it is."""


class Review(BaseModel):
    """One decision about one e-mail."""

    id: str
    email: str
    decision: Decision
    reasons: list[RejectReason]
    words: str
    block: str
    before: str
    after: str
    revision: int
    """The e-mail's revision that was judged; of an edit, the one it made."""
    reviewer: str
    at: datetime
    undone_at: datetime | None


class ReviewAnswer(BaseModel):
    """A decision, and what came of it."""

    review: Review
    left: bool
    """The e-mail had been delivered already: the decision teaches, and changes nothing that was sent."""


@router.post(
    "/emails/{email_id}/review", summary="Approve, reject or edit an e-mail", dependencies=[Depends(Require("write"))]
)
async def review(email_id: str, body: ReviewRequest, session: WriteSession) -> ReviewAnswer:
    """A rejected e-mail does not leave; an edit goes through every check, and is refused (422) where one fails."""
    return _answer(await _decided(session, email_id, body))


@router.post("/reviews/{review_id}/undo", summary="Take a decision back", dependencies=[Depends(Require("write"))])
async def undo(review_id: str, session: WriteSession) -> ReviewAnswer:
    """The newest one about its e-mail: the one before stands again; of an edit, the former text."""
    return _answer(await decisions.undo(session, review_id))


@router.get(
    "/emails/{email_id}/reviews", summary="What was decided about an e-mail", dependencies=[Depends(Require("read"))]
)
async def reviews(email_id: str, session: ReadSession) -> list[Review]:
    """The newest first; what was undone too."""
    await get_email(session, email_id)
    return [_shown(row) for row in await history(session, email_id)]


async def _decided(session: AsyncSession, email_id: str, body: ReviewRequest) -> Decided:
    _require_fitting(body)
    seen = Seen(audit.actor(), revision=body.revision)
    match body.decision:
        case Decision.APPROVED:
            return await decisions.approve(session, email_id, seen, body.words)
        case Decision.REJECTED:
            return await decisions.reject(session, email_id, seen, body.reasons, body.words)
        case Decision.EDITED:
            _require_block(body)
            rewrite = Rewrite(body.block, body.text, body.words, body.reasons)
            return await decisions.edit(session, email_id, rewrite, seen)


def _require_fitting(body: ReviewRequest) -> None:
    """Raises InvalidInput for a field that would be thrown away."""
    for name in _FOREIGN[body.decision]:
        if getattr(body, name):
            raise InvalidInput(
                f"`{name}` does not belong to a decision that says `{body.decision}`.",
                pointer=f"/{name}",
                fix="Leave it out, or say another decision.",
            )


def _require_block(body: ReviewRequest) -> None:
    if not body.block:
        raise InvalidInput("An edit is of one block.", pointer="/block", fix="Name it: `opening`, `pitch:PRODUCT` …")


def _answer(decided: Decided) -> ReviewAnswer:
    return ReviewAnswer(review=_shown(decided.review), left=decided.left)


def _shown(row: ReviewRow) -> Review:
    return Review(
        id=row.id,
        email=row.email_id,
        decision=Decision(row.decision),
        reasons=[RejectReason(reason) for reason in row.reasons],
        words=row.words or "",
        block=row.block,
        before=row.before or "",
        after=row.after or "",
        revision=row.revision,
        reviewer=row.reviewer,
        at=row.at,
        undone_at=row.undone_at,
    )
