"""Runs: all of them, one of them as it moves, and what is done to it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import audit, reviewing
from api import runs as edge
from api.access import ReadSession, WriteSession, house_of
from api.studio import run_words, running
from api.studio.door import PATH, Admin, Editor, Reviewer, Viewer
from api.studio.rendering import go, page
from api.studio.sessions import Visitor
from api.studio.wording import in_full
from composer.runs import service
from composer.runs.model import NewLimits, RecipientStatus, RunStatus
from composer.runs.recipients import look_through
from composer.versions import brand_version_under
from store.errors import InvalidInput

router = APIRouter(prefix="/runs")

LISTED = 20
Reason = Annotated[str, Query(max_length=64)]
Position = Annotated[int, Query(ge=-1, le=10**9)]
Status = Annotated[str, Query(max_length=16)]
Why = Annotated[str, Form(max_length=audit.MAX_WHY)]
Money = Annotated[str, Form(max_length=20)]


@router.get("")
async def list_runs(
    request: Request,
    session: ReadSession,
    visitor: Viewer,
    campaign: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The newest first."""
    found = await service.list_runs(session, campaign=campaign, limit=LISTED + 1, after=after)
    shown, more = found[:LISTED], len(found) > LISTED
    values: dict[str, Any] = {"runs": shown, "more": more, "campaign": campaign, "after": after, "words": run_words}
    return page(request, visitor, "runs/list.html", **values)


@router.get("/{run_id}")
async def show(
    run_id: str,
    request: Request,
    session: ReadSession,
    visitor: Viewer,
    status: Status = "",
    reason: Reason = "",
    after: Position = -1,
) -> Response:
    """One run; of its recipients a page."""
    shown = await running.show(session, run_id)
    wanted = _status(status)
    found = await look_through(session, run_id, size=shown.run.recipients, status=wanted, reason=reason, after=after)
    under = await brand_version_under(session, shown.run.campaign, shown.run.campaign_version)
    filters: dict[str, Any] = {"only": wanted or "", "because": reason, "after": after, "under": under}
    return page(request, visitor, "runs/one.html", shown=shown, run=shown.run, found=found, **filters, **_helpers())


@router.get("/{run_id}/progress")
async def progress(run_id: str, request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """What moves on the page of a run. When it stops moving, the rest of the page is told."""
    shown = await running.show(session, run_id)
    headers = None if shown.moves else {"HX-Trigger": "run-stands"}
    return page(request, visitor, "runs/body.html", shown=shown, headers=headers, **_helpers())


@router.get("/{run_id}/recipients")
async def recipients(
    run_id: str,
    request: Request,
    session: ReadSession,
    visitor: Viewer,
    status: Status = "",
    reason: Reason = "",
    after: Position = -1,
) -> Response:
    """A page of them, as a fragment."""
    run, wanted = await service.get(session, run_id), _status(status)
    found = await look_through(session, run_id, size=run.recipients, status=wanted, reason=reason, after=after)
    filters: dict[str, Any] = {"only": wanted or "", "because": reason, "after": after}
    return page(request, visitor, "runs/recipients.html", run=run, found=found, **filters, **_helpers())


@router.post("/{run_id}/pause")
async def pause(run_id: str, request: Request, session: WriteSession, visitor: Editor) -> Response:
    """Nobody new is begun."""
    await edge.pause(session, run_id)
    return go(request, _of(run_id), toast="run_paused")


@router.post("/{run_id}/resume")
async def resume(
    run_id: str, request: Request, visitor: Editor, budget_usd: Money = "", budget_tokens: Money = ""
) -> Response:
    """Go on, within the limits of the form; an empty one is none."""
    said = {"budget_usd": budget_usd, "budget_tokens": budget_tokens}
    plain = {name: one.replace(",", "").strip() or None for name, one in said.items()}
    try:
        limits = NewLimits.model_validate(plain)
    except ValueError as error:
        raise InvalidInput("A budget is a number.", pointer="/budget_usd", fix="Write it as 12.50.") from error
    await edge.resume(house_of(request), run_id, limits)
    return go(request, _of(run_id), toast="run_resumed")


@router.post("/{run_id}/retry")
async def retry(run_id: str, request: Request, visitor: Editor) -> Response:
    """Those who failed are begun anew."""
    await edge.retry_failed(house_of(request), run_id)
    return go(request, _of(run_id), toast="run_retried")


@router.get("/{run_id}/cancel")
async def ask_to_cancel(run_id: str, request: Request, session: ReadSession, visitor: Editor) -> Response:
    """What cancelling means, before it is done."""
    run = await service.get(session, run_id)
    return page(request, visitor, "runs/cancel.html", run=run, words=run_words)


@router.post("/{run_id}/cancel")
async def cancel(run_id: str, request: Request, session: WriteSession, visitor: Editor) -> Response:
    """For good."""
    await edge.cancel(session, run_id)
    return go(request, _of(run_id), toast="run_cancelled")


@router.post("/{run_id}/sample")
async def draw(run_id: str, request: Request, session: WriteSession, visitor: Reviewer) -> Response:
    """A sample of what it wrote, and on to reading it."""
    drawn = await reviewing.draw_of_run(session, run_id)
    return go(request, f"{PATH}/review/{drawn.id}")


@router.get("/{run_id}/release")
async def ask_to_release(run_id: str, request: Request, session: ReadSession, visitor: Admin) -> Response:
    """What releasing means, before it is done."""
    return await _releasing(request, visitor, session, run_id)


@router.post("/{run_id}/release")
async def release(run_id: str, request: Request, session: ReadSession, visitor: Admin, why: Why = "") -> Response:
    """What it wrote may leave though no sample of it was accepted, for a reason that the audit log keeps.

    Where the reason cannot stand there, the form says why and keeps it.
    """
    try:
        async with house_of(request).database.session() as releasing:
            await reviewing.release(releasing, run_id, why=why)
    except (audit.BadReason, reviewing.ReasonMissing) as error:
        return await _releasing(request, visitor, session, run_id, why=why, wrong=in_full(error))
    return go(request, _of(run_id), toast="run_released")


async def _releasing(
    request: Request, visitor: Visitor, session: AsyncSession, run_id: str, *, why: str = "", wrong: str = ""
) -> Response:
    run = await service.get(session, run_id)
    values: dict[str, Any] = {"run": run, "words": run_words, "why": why, "wrong": wrong}
    return page(request, visitor, "runs/release.html", status=422 if wrong else 200, **values)


def _of(run_id: str) -> str:
    return f"{PATH}/runs/{run_id}"


def _status(said: str) -> RecipientStatus | None:
    """A filter that is none of ours filters nothing."""
    return next((one for one in RecipientStatus if one == said), None)


def _helpers() -> dict[str, Any]:
    return {"words": run_words, "counts": running.counts, "RunStatus": RunStatus}
