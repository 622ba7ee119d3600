"""The e-mails of a run, as a stream of lines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from api.access import ReadSession, house_of
from api.auth import Require
from composer.runs import service
from composer.runs.export import Exported, pages

router = APIRouter(prefix="/v1", tags=["runs"])

MEDIA_TYPE = "application/jsonl"
_AFTER = Query(ge=-1, description="The position of the last line that arrived: the stream goes on behind it.")


@router.get(
    "/runs/{run_id}/emails.jsonl",
    summary="Its e-mails, as lines",
    dependencies=[Depends(Require("read"))],
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def emails(
    run_id: str, request: Request, session: ReadSession, after: Annotated[int, _AFTER] = -1
) -> StreamingResponse:
    """A line for everyone in the run: their status, and the e-mail as it may go out now.

    When the connection breaks, ask again with `after`. `idempotency_key` stays the same for the same e-mail.
    """
    await service.get(session, run_id)
    house = house_of(request)
    return StreamingResponse(_lines(pages(house.database, house.freshness, run_id, after=after)), media_type=MEDIA_TYPE)


async def _lines(found: AsyncIterator[list[Exported]]) -> AsyncIterator[bytes]:
    async for page in found:
        yield b"".join(one.line() for one in page)
