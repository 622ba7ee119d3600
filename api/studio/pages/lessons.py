"""Learned: what reviews taught, where each lesson came from, what it does now, and how to take it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse

from api import audit
from api.access import ReadSession, WriteSession, house_of
from api.routes.lessons import LINES, case_lines
from api.studio import learned
from api.studio.actors import names_of
from api.studio.door import Reviewer, Viewer
from api.studio.rendering import HEADERS, go, page
from api.studio.sessions import Visitor
from composer.lessons import reading
from composer.lessons.model import Kind, Lesson
from composer.lessons.taught import read_taught

router = APIRouter(prefix="/lessons")
HERE = learned.HERE
PAGE = 20
LessonId = Annotated[str, Path(max_length=64)]
Older = Annotated[str, Query(max_length=64, description="The last lesson of the page before.")]


@router.get("")
async def examples(request: Request, session: ReadSession, visitor: Viewer, before: Older = "") -> Response:
    """Blocks that were liked, and go along with prompts."""
    found, values = await _listed(session, Kind.EXAMPLE, before)
    taught, house = await read_taught(session), house_of(request)
    return _page(
        request,
        visitor,
        "lessons/examples.html",
        **values,
        shown=learned.examples(found, values["names"], taught),
        going=learned.going(taught, house.library),
        takes=any(writer.takes_examples for writer in house.writers),
    )


@router.get("/cases")
async def cases(request: Request, session: ReadSession, visitor: Viewer, before: Older = "") -> Response:
    """Texts with a reviewer's word on them, and what today's checks say."""
    found, values = await _listed(session, Kind.CASE, before)
    return _page(request, visitor, "lessons/cases.html", **values, shown=learned.cases(found, values["names"]))


@router.get("/cases.jsonl")
async def export(request: Request, visitor: Viewer) -> Response:
    """All of them as a file of labelled cases."""
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="cases-from-reviews.jsonl"'}
    return StreamingResponse(case_lines(house_of(request).database), media_type=LINES, headers=headers)


@router.get("/preferences")
async def preferences(request: Request, session: ReadSession, visitor: Viewer, before: Older = "") -> Response:
    """What reviewers like, as the odds of what is written next."""
    found, values = await _listed(session, Kind.PREFERENCE, before)
    taught = await read_taught(session)
    return _page(
        request,
        visitor,
        "lessons/preferences.html",
        **values,
        shown=learned.votes(found, values["names"]),
        flows=learned.flows(taught.preferences, house_of(request).library),
        evenly=learned.least_share(),
    )


@router.post("/{lesson_id}/remove")
async def remove(request: Request, session: WriteSession, visitor: Reviewer, lesson_id: LessonId) -> Response:
    """Without effect from the next e-mail on."""
    lesson = await reading.remove(session, lesson_id, audit.actor())
    await audit.append(session, "lesson.remove", lesson.id)
    return go(request, HERE + learned.TABS[lesson.kind], toast="lesson_removed")


@router.post("/{lesson_id}/restore")
async def restore(request: Request, session: WriteSession, visitor: Reviewer, lesson_id: LessonId) -> Response:
    """With its effect again."""
    lesson = await reading.put_back(session, lesson_id)
    await audit.append(session, "lesson.restore", lesson.id)
    return go(request, HERE + learned.TABS[lesson.kind], toast="lesson_restored")


async def _listed(session: AsyncSession, kind: Kind, before: str) -> tuple[Sequence[Lesson], dict[str, Any]]:
    found = await reading.lessons(session, kind=kind, limit=PAGE + 1, before=before)
    names = await names_of(session, {name for one in found for name in (one.reviewer, one.removed_by) if name})
    older = found[PAGE - 1].id if len(found) > PAGE else ""
    values = {"kind": kind.value, "counts": await reading.counts(session), "names": names, "older": older}
    return found[:PAGE], {**values, "newest": not before}


def _page(request: Request, visitor: Visitor, template: str, **values: Any) -> Response:
    return page(request, visitor, template, tabs=learned.tabs(values["counts"]), here=HERE, lead="", **values)
