"""Deciding about one e-mail, in the review queue or on its own page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import audit, decisions
from api.access import ReadSession, WriteSession
from api.studio import queue
from api.studio.desk import desk_of, told
from api.studio.door import PATH, Reviewer
from api.studio.queue import Seat
from api.studio.rendering import go
from api.studio.seating import Before, show_judged, show_result, show_seat, told_of
from api.studio.sessions import Visitor
from composer.emails import get_email
from composer.reviews.deciding import Decided, Seen
from composer.reviews.editing import EditRefused, Rewrite, check_edit
from composer.reviews.model import RejectReason

router = APIRouter()
Text = Annotated[str, Form(max_length=4_000)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the studio somebody decides, and what they saw there."""

    revision: int
    standing: str
    sample: str
    at: int

    @property
    def seen(self) -> Seen:
        """By whoever is signed in."""
        return Seen(audit.actor(), self.revision, self.standing, self.sample)


async def _place(
    revision: Annotated[int, Form(ge=0, le=1_000_000)],
    standing: Annotated[str, Form(max_length=64)] = "",
    sample: Annotated[str, Form(max_length=64)] = "",
    at: Annotated[int, Form(ge=0, le=1_000_000)] = 0,
) -> Place:
    return Place(revision, standing, sample, at)


From = Annotated[Place, Depends(_place)]


@router.post("/emails/{email_id}/approve")
async def approve(request: Request, visitor: Reviewer, session: WriteSession, email_id: str, place: From) -> Response:
    """Good as it is."""
    decided = await decisions.approve(session, email_id, place.seen)
    return await _on(request, visitor, session, place, decided)


@router.post("/emails/{email_id}/reject")
async def reject(
    request: Request,
    visitor: Reviewer,
    session: WriteSession,
    email_id: str,
    place: From,
    reasons: Annotated[Sequence[RejectReason], Form()] = (),
    words: Text = "",
) -> Response:
    """Not good enough, and why."""
    decided = await decisions.reject(session, email_id, place.seen, reasons, words)
    return await _on(request, visitor, session, place, decided)


@router.post("/emails/{email_id}/undo")
async def undo(request: Request, visitor: Reviewer, session: WriteSession, email_id: str, place: From) -> Response:
    """The decision that stands is taken back; the e-mail stays before the reviewer."""
    decided = await decisions.undo(session, place.standing)
    return await _stay(request, visitor, session, place, decided, undone=True)


@router.post("/emails/{email_id}/edit")
async def edit(
    request: Request,
    visitor: Reviewer,
    session: WriteSession,
    email_id: str,
    place: From,
    block: Annotated[str, Form(max_length=255)],
    text: Text = "",
) -> Response:
    """Another text for one block, where it passes its checks; else what is wrong with it."""
    try:
        decided = await decisions.edit(session, email_id, Rewrite(block, text), place.seen)
    except EditRefused as error:
        return await _refused(request, visitor, session, email_id, place, error)
    return await _stay(request, visitor, session, place, decided)


@router.post("/emails/{email_id}/check-edit")
async def check(
    request: Request,
    visitor: Reviewer,
    session: ReadSession,
    email_id: str,
    block: Annotated[str, Form(max_length=255)],
    text: Text = "",
) -> Response:
    """What the checks say of a text while it is typed."""
    judged = await check_edit(session, email_id, block, text)
    return show_judged(request, visitor, judged, await get_email(session, email_id))


@router.get("/emails/{email_id}/edit")
async def edit_alone(request: Request, visitor: Reviewer, session: ReadSession, email_id: str) -> Response:
    """One e-mail with its blocks open, outside any sample."""
    return show_seat(request, visitor, Seat(await desk_of(session, email_id)), editing=True)


async def _on(request: Request, visitor: Visitor, session: AsyncSession, place: Place, decided: Decided) -> Response:
    """To the next e-mail of the sample that nobody decided about, or to what the sample says."""
    if not place.sample or not request.headers.get("HX-Request"):
        return _back(request, place, decided, decided.review.decision)
    seat = await queue.seat_behind(session, place.sample, place.at)
    if seat is None:
        return show_result(request, visitor, await queue.result(session, place.sample), notice=told(decided))
    before = Before(decided.email.id, decided.review.id, decided.email.revision, place.at)
    return show_seat(request, visitor, seat, notice=told(decided), before=before)


async def _stay(
    request: Request, visitor: Visitor, session: AsyncSession, place: Place, decided: Decided, *, undone: bool = False
) -> Response:
    """The same e-mail, as it is now."""
    if not place.sample or not request.headers.get("HX-Request"):
        toast = "decision_undone" if undone else decided.review.decision
        return _back(request, place, decided, toast, f"?at={place.at}")
    seat = await queue.seat(session, place.sample, place.at)
    if seat is None:
        return _back(request, place, decided, decided.review.decision)
    return show_seat(request, visitor, seat, notice=told(decided, undone=undone))


async def _refused(
    request: Request, visitor: Visitor, session: AsyncSession, email_id: str, place: Place, error: EditRefused
) -> Response:
    """The verdicts beside the text, which stays as it was typed."""
    if request.headers.get("HX-Request"):
        return show_judged(request, visitor, error.judged, await get_email(session, email_id), status=422)
    seat = await queue.seat(session, place.sample, place.at) if place.sample else None
    seat = seat or Seat(await desk_of(session, email_id))
    tried = {error.key: told_of(error.judged, seat.desk.email)}
    return show_seat(request, visitor, seat, editing=True, tried=tried, status=422)


def _back(request: Request, place: Place, decided: Decided, toast: str, at: str = "") -> Response:
    """Without scripts, or from the e-mail's own page."""
    to = f"{PATH}/review/{place.sample}{at}" if place.sample else f"{PATH}/emails/{decided.email.id}"
    return go(request, to, toast="decided_late" if decided.left else toast)
