"""What became of an e-mail, as senders report it."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request

from api.access import WriteSession, house_of
from api.auth import Require
from api.outcomes import OutcomeReport, Outcomes, record

router = APIRouter(prefix="/v1", tags=["outcomes"])


@router.post("/outcomes", summary="Report outcomes", dependencies=[Depends(Require("ingest"))])
async def outcomes(body: Outcomes, request: Request, session: WriteSession) -> OutcomeReport:
    """Delivered, opened, clicked, bounced, complained, unsubscribed: remembered once, however often reported."""
    return await record(session, house_of(request).composer, body.outcomes)
