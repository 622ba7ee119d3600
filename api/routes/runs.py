"""Campaign runs: start one, watch it, steer it, and see what became of everyone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Body, Depends, File, Form, Header, Query, Request, Response, UploadFile
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api import runs as edge
from api.access import ReadSession, WriteSession, house_of
from api.auth import Require
from api.following import follow
from api.paging import Cursor, Limit, Page, paged
from composer.runs import service as runs
from composer.runs.model import NewLimits, Recipient, RecipientStatus, Run, RunEvent, RunRequest
from composer.runs.preflight.model import PreflightReport, PreflightRequest
from store.errors import InvalidInput

router = APIRouter(prefix="/v1", tags=["runs"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
_EXAMPLE = {
    "audience": {"kind": "everyone"},
    "occasion": "2026-11-27",
    "budget_usd": "50",
    "tolerance": {"fallback": 0.5},
}
Asked = Annotated[PreflightRequest, Body(examples=[_EXAMPLE])]
AskedBeside = Annotated[str, Form(alias="request", description="The JSON of a run whose audience is of kind `file`.")]
Customers = Annotated[UploadFile, File(description="Customer ids: CSV, NDJSON or Parquet.")]


@router.post("/campaigns/{campaign_id}/preflight", summary="May it start?", dependencies=[_READ])
async def preflight(campaign_id: str, body: Asked, request: Request) -> PreflightReport:
    """What would stand in a run's way, how many it would reach, and what it would take. Starts nothing."""
    return await edge.preflight(house_of(request), campaign_id, body)


@router.post("/campaigns/{campaign_id}/runs", summary="Start a run", dependencies=[_WRITE], status_code=202)
async def start(campaign_id: str, body: Asked, request: Request, response: Response) -> Run:
    """One e-mail for everyone in the audience. Refused when the preflight says stop.

    Send an `Idempotency-Key`: a repeated request then finds the run that was started, and starts no other.
    """
    run = await edge.start(house_of(request), campaign_id, body)
    response.headers["Location"] = f"/v1/runs/{run.id}"
    return run


@router.post("/campaigns/{campaign_id}/preflight:upload", summary="May it start? For a file", dependencies=[_READ])
async def preflight_upload(
    campaign_id: str, asked: AskedBeside, customers: Customers, request: Request
) -> PreflightReport:
    """As `preflight`, for the customers in a file."""
    open_file = edge.uploaded(customers.file)
    return await edge.preflight(house_of(request), campaign_id, edge.read_request(asked), open_file=open_file)


@router.post(
    "/campaigns/{campaign_id}/runs:upload", summary="Start a run for a file", dependencies=[_WRITE], status_code=202
)
async def start_upload(
    campaign_id: str, asked: AskedBeside, customers: Customers, request: Request, response: Response
) -> Run:
    """As `runs`, for the customers in a file."""
    open_file = edge.uploaded(customers.file)
    run = await edge.start(house_of(request), campaign_id, edge.read_request(asked), open_file=open_file)
    response.headers["Location"] = f"/v1/runs/{run.id}"
    return run


@router.get("/runs", summary="All runs", dependencies=[_READ])
async def list_runs(
    session: ReadSession, limit: Limit = 50, cursor: Cursor = "", campaign: Annotated[str, Query(max_length=64)] = ""
) -> Page[Run]:
    """Newest first."""
    found = await runs.list_runs(session, campaign=campaign, limit=limit, after=cursor)
    return paged(found, limit, lambda run: run.id)


@router.get("/runs/{run_id}", summary="One run", dependencies=[_READ])
async def get(run_id: str, session: ReadSession) -> Run:
    """Where it stands."""
    return await runs.get(session, run_id)


@router.post("/runs/{run_id}/pause", summary="Pause", dependencies=[_WRITE])
async def pause(run_id: str, session: WriteSession) -> Run:
    """No new recipients are begun; e-mails that are being written are finished and kept."""
    return await edge.pause(session, run_id)


@router.post("/runs/{run_id}/resume", summary="Resume", dependencies=[_WRITE])
async def resume(run_id: str, request: Request, limits: NewLimits | None = None) -> Run:
    """Go on where it was, with a new budget or tolerance if one is given."""
    return await edge.resume(house_of(request), run_id, limits)


@router.post("/runs/{run_id}/cancel", summary="Cancel", dependencies=[_WRITE])
async def cancel(run_id: str, session: WriteSession) -> Run:
    """For good. E-mails that are composed stay; model calls in flight are dropped."""
    return await edge.cancel(session, run_id)


@router.post("/runs/{run_id}/retry", summary="Retry who failed", dependencies=[_WRITE])
async def retry(run_id: str, request: Request) -> Run:
    """Failed recipients are begun anew; nobody else is touched."""
    return await edge.retry_failed(house_of(request), run_id)


@router.get("/runs/{run_id}/recipients", summary="Its recipients", dependencies=[_READ])
async def recipients(
    run_id: str, session: ReadSession, limit: Limit = 50, cursor: Cursor = "", status: RecipientStatus | None = None
) -> Page[Recipient]:
    """In the run's order, each with what became of them."""
    found = await runs.recipients(session, run_id, status=status, limit=limit, after=_position(cursor))
    return paged(found, limit, lambda one: str(one.position))


@router.get("/runs/{run_id}/history", summary="What happened to it", dependencies=[_READ])
async def history(run_id: str, session: ReadSession) -> Page[RunEvent]:
    """Oldest first."""
    return Page(data=list(await runs.events(session, run_id)))


async def _known(run_id: str, session: ReadSession) -> None:
    """A stream cannot answer 404 once it has begun."""
    await runs.get(session, run_id)


@router.get(
    "/runs/{run_id}/events",
    summary="Live",
    response_class=EventSourceResponse,
    dependencies=[_READ, Depends(_known)],
)
async def events(
    run_id: str, request: Request, last_event_id: Annotated[str, Header(max_length=20)] = ""
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: `progress` with the run as it stands, and each event of its history by its name.

    `request` is in the first `progress`, and again where it has changed: a list of customers may be long.
    Ends with the run. Reconnecting with `Last-Event-ID` goes on where the stream broke.
    """
    after = int(last_event_id) if last_event_id.isdecimal() else 0
    told: RunRequest | None = None
    async for one in follow(house_of(request).database, run_id, after=after):
        if isinstance(one, RunEvent):
            yield ServerSentEvent(event=one.kind, id=str(one.id), data=one)
        else:
            known = {"request"} if one.request == told else None
            yield ServerSentEvent(event="progress", data=one.model_dump(mode="json", exclude=known))
            told = one.request


def _position(cursor: str) -> int:
    if not cursor:
        return -1
    if not cursor.isdecimal() or len(cursor) > 12:
        raise InvalidInput("This is no cursor of recipients.", pointer="?cursor", fix="Use `next_cursor` unchanged.")
    return int(cursor)
