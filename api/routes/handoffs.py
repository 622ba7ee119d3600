"""Hand-offs: send what a run composed through a channel, and see what became of each e-mail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response
from pydantic import BaseModel

from api.access import ReadSession, WriteSession
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from composer.handoff import service
from composer.handoff.model import Delivery, DeliveryStatus, Handoff, HandoffRequest
from store.errors import InvalidInput

router = APIRouter(prefix="/v1", tags=["handoffs"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
_EXAMPLES = [{"channel": "smtp"}, {"channel": "listmonk"}, {"channel": "webhook", "endpoint": "whe_01…"}]


class Handoffs(BaseModel):
    """The hand-offs of one run."""

    data: list[Handoff]


@router.post("/runs/{run_id}/handoffs", summary="Hand off", dependencies=[_WRITE], status_code=202)
async def start(
    run_id: str, body: Annotated[HandoffRequest, Body(examples=_EXAMPLES)], session: WriteSession, response: Response
) -> Handoff:
    """Send the e-mails that the run composed and that are not on their way already, each at most once.

    `penfriend serve` and `penfriend worker` deliver; consent, prices and stock are asked again before each e-mail.
    """
    handoff = await service.start(session, run_id, body)
    response.headers["Location"] = f"/v1/handoffs/{handoff.id}"
    return handoff


@router.get("/runs/{run_id}/handoffs", summary="A run's hand-offs", dependencies=[_READ])
async def of_run(run_id: str, session: ReadSession) -> Handoffs:
    """The newest first."""
    return Handoffs(data=await service.of_run(session, run_id))


@router.get("/handoffs/{handoff_id}", summary="One hand-off", dependencies=[_READ])
async def get(handoff_id: str, session: ReadSession) -> Handoff:
    """Where it stands."""
    return await service.get(session, handoff_id)


@router.post("/handoffs/{handoff_id}/pause", summary="Pause", dependencies=[_WRITE])
async def pause(handoff_id: str, session: WriteSession) -> Handoff:
    """No new delivery is begun within a second; those on the wire are finished."""
    return await service.pause(session, handoff_id)


@router.post("/handoffs/{handoff_id}/resume", summary="Resume", dependencies=[_WRITE])
async def resume(handoff_id: str, session: WriteSession) -> Handoff:
    """Go on where it was."""
    return await service.resume(session, handoff_id)


@router.post("/handoffs/{handoff_id}/cancel", summary="Cancel", dependencies=[_WRITE])
async def cancel(handoff_id: str, session: WriteSession) -> Handoff:
    """For good. What was not sent can be handed off anew."""
    return await service.cancel(session, handoff_id)


@router.post("/handoffs/{handoff_id}/retry", summary="Retry what failed", dependencies=[_WRITE])
async def retry(handoff_id: str, session: WriteSession) -> Handoff:
    """Failed deliveries are begun anew. What was refused stays refused."""
    return await service.retry_failed(session, handoff_id)


@router.get("/handoffs/{handoff_id}/deliveries", summary="Its deliveries", dependencies=[_READ])
async def deliveries(
    handoff_id: str, session: ReadSession, limit: Limit = 50, cursor: Cursor = "", status: DeliveryStatus | None = None
) -> Page[Delivery]:
    """In the run's order, each with what the far side answered."""
    found = await service.deliveries(session, handoff_id, status=status, limit=limit, after=_position(cursor))
    return paged(found, limit, lambda one: str(one.position))


def _position(cursor: str) -> int:
    if not cursor:
        return -1
    if not cursor.isdecimal() or len(cursor) > 9:
        raise InvalidInput("This is not a cursor of this list.", pointer="/cursor", fix="Use `next_cursor` unchanged.")
    return int(cursor)
