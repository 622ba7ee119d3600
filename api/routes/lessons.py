"""What reviews taught, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import StreamingResponse

from api import audit
from api.access import ReadSession, WriteSession, house_of
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from composer.lessons import reading
from composer.lessons.model import Kind, Lesson
from store.database import Database

router = APIRouter(prefix="/v1/lessons", tags=["reviews"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
LINES = "application/x-ndjson"


@router.get("", summary="What reviews taught", dependencies=[_READ])
async def lessons(
    session: ReadSession,
    limit: Limit = 50,
    cursor: Cursor = "",
    kind: Annotated[Kind | None, Query(description="Examples, cases or preferences; all where it is left out.")] = None,
) -> Page[Lesson]:
    """The newest first; those that were removed, or cannot be used, too."""
    found = await reading.lessons(session, kind=kind, limit=limit, before=cursor)
    return paged(found, limit, lambda lesson: lesson.id)


@router.get(
    "/cases.jsonl",
    summary="Cases from reviews",
    dependencies=[_READ],
    response_class=StreamingResponse,
    responses={200: {"content": {LINES: {"schema": {"type": "string"}}}}},
)
async def cases(request: Request) -> StreamingResponse:
    """A file for `penfriend check` and `penfriend eval`: texts with a label and their facts, without names."""
    return StreamingResponse(case_lines(house_of(request).database), media_type=LINES)


@router.delete("/{lesson_id}", summary="Remove a lesson", dependencies=[_WRITE])
async def remove(session: WriteSession, lesson_id: str) -> Lesson:
    """It has no effect from the next e-mail on. Its review stands."""
    lesson = await reading.remove(session, lesson_id, audit.actor())
    await audit.append(session, "lesson.remove", lesson.id)
    return lesson


async def case_lines(database: Database) -> AsyncIterator[bytes]:
    """A line each."""
    async with database.session(readonly=True) as session:
        async for row in reading.cases(session):
            yield orjson.dumps(row) + b"\n"
