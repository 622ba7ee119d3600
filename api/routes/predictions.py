"""Predictions: how good those in use are."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api.access import ReadSession
from api.auth import Require
from api.predictions import prediction_report
from memory.predictions.report import PredictionReport

router = APIRouter(prefix="/v1/predictions", tags=["predictions"])


@router.get("/report", summary="How good predictions are", dependencies=[Depends(Require("read"))])
async def report(session: ReadSession) -> PredictionReport:
    """Calibration and errors on the shop's newest past, which those judged had not seen, against simpler answers.

    Each customer's own predictions are in `/v1/customers/{external_id}/memory`.
    """
    return await prediction_report(session)
