"""Reports: what e-mails brought over a period, one campaign's results, and what could be seen at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from api.access import ReadSession
from api.planning import PLANNED, plan_power
from api.reporting import DAYS
from api.studio import reporting
from api.studio.door import PATH, Viewer
from api.studio.rendering import HEADERS, page
from api.studio.reporting import Address
from api.studio.resulting import KINDS, tell
from api.studio.wording import in_full
from composer.reports.flat import as_csv
from composer.reports.model import By
from composer.reports.reading import USUAL, read_report
from composer.results.power import MOST_CUSTOMERS, MOST_WEEKS
from composer.results.reading import all_results, results_of
from composer.results.spending import read_spending
from composer.results.wording import TITLES, not_compared
from store import clock
from store.errors import InvalidInput

router = APIRouter()

PANEL_DAYS = 90
PANEL = 4
"""Campaigns in the panel of the overview."""
Day = Annotated[str, Query(max_length=10)]
Days = Annotated[int, Query(ge=1, le=10_000)]
Currency = Annotated[str, Query(max_length=3)]


def _address(
    since: Day = "", until: Day = "", days: Days = DAYS, by: By = "campaign", currency: Currency = ""
) -> Address:
    return Address(since, until, days, by, currency)


Addressed = Annotated[Address, Depends(_address)]


@router.get("/reports")
async def report(request: Request, session: ReadSession, visitor: Viewer, address: Addressed) -> Response:
    """What e-mails made, experiments, what is attributed, what customers are worth."""
    problem = ""
    try:
        asked = reporting.asked(address)
        found = await read_report(session, asked.period, asked.currency)
    except InvalidInput as error:
        problem = in_full(error)
        asked = reporting.asked(Address(days=address.days, by=address.by))
        found = await read_report(session, asked.period)
    return page(
        request,
        visitor,
        "reports/report.html",
        status=422 if problem else 200,
        problem=problem,
        report=found,
        asked=asked,
        usual=USUAL,
        breakdowns=reporting.BREAKDOWNS,
        words=reporting,
        titles=TITLES,
        kinds=KINDS,
    )


@router.get("/reports/csv")
async def spreadsheet(session: ReadSession, visitor: Viewer, address: Addressed) -> Response:
    """The same as a file, one figure a row. Raises InvalidInput."""
    asked = reporting.asked(address)
    found = await read_report(session, asked.period, asked.currency)
    name = f'attachment; filename="report-{found.since}-{asked.by}.csv"'
    return Response(as_csv(found, asked.by), 200, {**HEADERS, "Content-Disposition": name}, "text/csv; charset=utf-8")


@router.get("/reports/power")
async def power(
    request: Request,
    session: ReadSession,
    visitor: Viewer,
    customers: Annotated[str, Query(max_length=12)] = "",
    holdout: Annotated[str, Query(max_length=8)] = f"{PLANNED.holdout * 100:g}",
    weeks: Annotated[str, Query(max_length=4)] = str(PLANNED.weeks),
    lift: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """What could be seen with so many customers, by what the shop's customers spend."""
    values = {"customers": customers, "holdout": holdout, "weeks": weeks, "lift": lift}
    found, problem = None, ""
    try:
        found = await plan_power(
            session,
            await read_spending(session),
            int(_number(customers, "customers", whole=True)) if customers else None,
            _number(holdout, "holdout") / 100,
            int(_number(weeks, "weeks", whole=True)),
            _number(lift, "lift") / 100 if lift else None,
        )
    except InvalidInput as error:
        problem = in_full(error)
    return page(
        request,
        visitor,
        "reports/power.html",
        status=422 if problem else 200,
        values=values,
        found=found,
        problem=problem,
        most=(MOST_CUSTOMERS, MOST_WEEKS),
    )


@router.get("/reports/panel")
async def panel(request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """Campaigns in short, for the overview."""
    found = await all_results(session, since=clock.now().date() - timedelta(days=PANEL_DAYS))
    shown = found[:PANEL]
    alone = [one.name for one in shown if one.comparison.verdict == "no_holdout"]
    return page(
        request,
        visitor,
        "reports/panel.html",
        told=[tell(one) for one in shown],
        alone=not_compared(alone, len(shown) - len(alone)),
        days=PANEL_DAYS,
    )


@router.get("/reports/campaigns/{campaign}")
async def one(campaign: str, request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """One campaign, since it began."""
    return page(request, visitor, "reports/campaign.html", one=tell(await results_of(session, campaign)))


@router.get("/results")
async def moved(visitor: Viewer) -> Response:
    """Where this page was before."""
    return RedirectResponse(f"{PATH}/reports", 308, HEADERS)


@router.get("/results/{campaign}")
async def one_moved(campaign: str, visitor: Viewer) -> Response:
    """Where a campaign's was."""
    return RedirectResponse(f"{PATH}/reports/campaigns/{quote(campaign, safe='')}", 308, HEADERS)


def _number(said: str, field: str, *, whole: bool = False) -> float:
    try:
        return float(int(said)) if whole else float(said.replace(",", "."))
    except ValueError as error:
        name = {"customers": "Customers", "holdout": "The share held out", "weeks": "Weeks", "lift": "The lift"}[field]
        what = "a whole number" if whole else "a number"
        raise InvalidInput(f"{name} is not {what}.", pointer=f"/{field}", fix="Write it in digits.") from error
