"""Sending what a run wrote, from its page: begin, watch, pause, go on, cancel, try again; or take it as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from pydantic import TypeAdapter
from starlette.responses import Response, StreamingResponse

from api import audit
from api.access import ReadSession, WriteSession, house_of
from api.studio import run_words, running
from api.studio import sending as reading
from api.studio.door import PATH, Editor, Viewer
from api.studio.rendering import HEADERS, go, page
from composer.handoff import service
from composer.handoff.model import HandoffRequest, HandoffStatus
from composer.runs import service as runs

router = APIRouter(prefix="/runs/{run_id}")

Step = Literal["pause", "resume", "cancel", "retry"]
_HANDOFF: TypeAdapter[HandoffRequest] = TypeAdapter(HandoffRequest)
_STEPS = {"pause": service.pause, "resume": service.resume, "cancel": service.cancel, "retry": service.retry_failed}
_TOASTS: Mapping[Step, str] = {
    "pause": "handoff_paused",
    "resume": "handoff_resumed",
    "cancel": "handoff_cancelled",
    "retry": "handoff_retried",
}


@router.get("/sending")
async def sending(run_id: str, request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """Its hand-offs, and ways to begin one. Apart, for counting deliveries takes longer the more there are."""
    shown = await running.show(session, run_id)
    found = await reading.of_run(session, run_id)
    values: dict[str, Any] = {
        "shown": shown,
        "run": shown.run,
        "sendings": found,
        "every": reading.every(found),
        "ways": await running.ways_out(session, house_of(request)),
        "left": await service.left(session, run_id),
        "paused": any(one.handoff.status is HandoffStatus.PAUSED for one in found),
    }
    return page(request, visitor, "runs/sending.html", words=run_words, **values)


@router.get("/handoffs")
async def hand_offs(run_id: str, request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """Its hand-offs alone, for who watches: what was chosen beside them stays. Told to the page once none moves."""
    run = await runs.get(session, run_id)
    found = await reading.of_run(session, run_id)
    every = reading.every(found)
    headers = None if every else {"HX-Trigger": "sending-stands"}
    values: dict[str, Any] = {"run": run, "sendings": found, "every": every}
    return page(request, visitor, "runs/handoffs.html", headers=headers, words=run_words, **values)


@router.post("/handoffs")
async def hand_off(
    run_id: str,
    request: Request,
    session: WriteSession,
    visitor: Editor,
    channel: Annotated[str, Form(max_length=100)],
) -> Response:
    """Send what it wrote that is not on its way yet."""
    asked = _HANDOFF.validate_python(running.endpoint_of(channel))
    handoff = await service.start(session, run_id, asked)
    await audit.append(session, "handoff.start", handoff.id, why=f"of {run_id}: {handoff.emails} e-mails")
    return go(request, f"{PATH}/runs/{run_id}", toast="handoff_started")


@router.post("/handoffs/{handoff_id}/{step}")
async def steer(
    run_id: str, handoff_id: str, step: Step, request: Request, session: WriteSession, visitor: Editor
) -> Response:
    """Pause it, let it go on, cancel it, or try again what failed."""
    handoff = await service.get(session, handoff_id)
    await _STEPS[step](session, handoff.id)
    await audit.append(session, f"handoff.{step}", handoff.id, why=f"of {handoff.run}")
    return go(request, f"{PATH}/runs/{handoff.run}", toast=_TOASTS[step])


@router.post("/export")
async def export(run_id: str, request: Request, session: WriteSession, visitor: Editor) -> Response:
    """Everyone with their e-mail as a file, a line of JSON each."""
    run = await runs.get(session, run_id)
    await audit.append(session, "run.export", run_id, why=f"{run.recipients} recipients")
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{run.id}.ndjson"'}
    lines = running.lines(house_of(request), run_id)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)
