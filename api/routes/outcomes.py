"""What became of an e-mail, as senders report it."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api.access import WriteSession
from api.auth import Require
from api.outcomes import OutcomeReport, Outcomes, record

router = APIRouter(prefix="/v1", tags=["outcomes"])


@router.post("/outcomes", summary="Report outcomes", dependencies=[Depends(Require("ingest"))])
async def outcomes(body: Outcomes, session: WriteSession) -> OutcomeReport:
    """Delivered, opened, clicked, bounced, complained, unsubscribed: remembered once, however often reported."""
    return await record(session, body.outcomes)
