"""Reports over a period, for programs and for spreadsheets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.access import ReadSession
from api.auth import Require
from api.reporting import period_of
from composer.reports.flat import as_csv
from composer.reports.model import By, Report
from composer.reports.reading import read_report

router = APIRouter(prefix="/v1/reports", tags=["reports"])

_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "The report; with `format=csv`, one figure a row."}
}


@router.get(
    "",
    summary="What the e-mails brought",
    dependencies=[Depends(Require("read"))],
    response_model=Report,
    responses=_CSV,
)
async def report(
    session: ReadSession,
    since: Annotated[
        date | None, Query(description="The first day that counts (UTC); without it, four weeks before the end.")
    ] = None,
    until: Annotated[
        date | None, Query(description="The first day that does not count any more; without it, tomorrow.")
    ] = None,
    currency: Annotated[
        str, Query(pattern="^([A-Z]{3})?$", description="ISO 4217; without it, that of most e-mails.")
    ] = "",
    by: Annotated[By, Query(description="What attributed figures are broken down by, in CSV.")] = "campaign",
    form: Annotated[
        Literal["json", "csv"], Query(alias="format", description="A document, or one figure a row.")
    ] = "json",
) -> Report | Response:
    """In the order of how far it may be believed. First what the e-mails made: revenue per customer and conversion
    against those held out, with always-valid intervals and a verdict, of the shop, each flow and each campaign: of all
    days since each comparison began, whatever period is asked for. That alone is in `in_period`, for one look. Then
    experiments. Last what is attributed to e-mails, which does not prove that they caused it: rates with Wilson's
    intervals, revenue per e-mail, average order, margin after returns; and arms, weighted by their probability.
    What customers are worth (`values`) is of all time. Counted once an hour. One currency at a time.
    """
    found = await read_report(session, period_of(since, until), currency)
    if form == "json":
        return found
    headers = {"Content-Disposition": f'attachment; filename="report-{found.since}-{by}.csv"'}
    return Response(as_csv(found, by), media_type="text/csv; charset=utf-8", headers=headers)
