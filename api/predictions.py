"""How good the predictions in use are, for the command line and over HTTP."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from memory.predictions.report import PredictionReport
from memory.predictions.stored import load_report
from store.errors import NotFound


class NothingPredicted(NotFound):
    """The shop was never learned from."""

    reason = "nothing_predicted"


async def prediction_report(session: AsyncSession) -> PredictionReport:
    """As of the last training. Raises NothingPredicted."""
    report = await load_report(session)
    if report is None:
        raise NothingPredicted(
            "Nothing was predicted yet.", fix="Run `penfriend learn`; the service does so by itself once an hour."
        )
    return report
