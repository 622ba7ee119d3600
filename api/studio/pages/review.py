"""The review queue: samples, one e-mail after the other, and what they prove."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from api import reviewing
from api.access import ReadSession, WriteSession
from api.studio import queue
from api.studio.door import PATH, Editor, Reviewer, Viewer
from api.studio.rendering import go, page
from api.studio.seating import show_result, show_seat
from composer.reviews.model import ReviewTerms

router = APIRouter()


@router.get("/review")
async def samples(request: Request, visitor: Viewer, session: ReadSession) -> Response:
    """Every sample, and where to begin."""
    found = await queue.overview(session)
    return page(request, visitor, "review/samples.html", found=found, terms=ReviewTerms())


@router.post("/review/draw")
async def draw(
    request: Request,
    visitor: Reviewer,
    session: WriteSession,
    defects: Annotated[int, Form(ge=1, le=50)] = 5,
    confidence: Annotated[int, Form(ge=51, le=99)] = 95,
    run: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """A sample of a run, or of what was written one by one."""
    terms = ReviewTerms(defect_rate=defects / 100, confidence=confidence / 100)
    drawn = reviewing.draw_of_run(session, run, terms) if run else reviewing.draw_alone(session, terms=terms)
    return go(request, f"{PATH}/review/{(await drawn).id}")


@router.get("/review/{sample_id}")
async def look(
    request: Request,
    visitor: Viewer,
    session: ReadSession,
    sample_id: str,
    at: Annotated[int | None, Query(ge=0, le=1_000_000)] = None,
    edit: bool = False,
) -> Response:
    """The e-mail at this place, or the next one that nobody decided about; the result where there is none."""
    seat = await queue.seat(session, sample_id, at)
    if seat is None:
        return show_result(request, visitor, await queue.result(session, sample_id))
    return show_seat(request, visitor, seat, editing=edit)


@router.get("/review/{sample_id}/result")
async def result(request: Request, visitor: Viewer, session: ReadSession, sample_id: str) -> Response:
    """What the sample says."""
    return show_result(request, visitor, await queue.result(session, sample_id))


@router.post("/review/{sample_id}/accept")
async def accept(request: Request, visitor: Editor, session: WriteSession, sample_id: str) -> Response:
    """It is good enough: what waited for it may leave."""
    await reviewing.accept(session, sample_id)
    return go(request, f"{PATH}/review/{sample_id}/result", toast="sample_accepted")


@router.post("/review/{sample_id}/refuse")
async def refuse(request: Request, visitor: Editor, session: WriteSession, sample_id: str) -> Response:
    """It is not."""
    await reviewing.refuse(session, sample_id)
    return go(request, f"{PATH}/review/{sample_id}/result", toast="sample_refused")
