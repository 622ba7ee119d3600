"""Where predictors and reports are kept between the job that makes them (`memory.predictions.learning`) and readers."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from memory.learned import load_learned
from memory.predictions.report import PredictionReport

PREDICTOR, REPORT, PREDICTED = "predictor", "prediction_report", "predicted"
VERSION = "1"
"""Raise it when the features, the models or their documents change their meaning."""


async def load_report(session: AsyncSession) -> PredictionReport | None:
    """How good the predictions in use are; None before the first training."""
    known = await load_learned(session, REPORT, VERSION)
    return None if known is None else PredictionReport.model_validate(known.document)
