"""The overview: what needs somebody now, what runs, what is held back, what it costs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import ReadSession, house_of
from api.studio import overviewing, run_words
from api.studio.door import Viewer
from api.studio.rendering import page
from catalog import products
from composer.campaigns import list_campaigns
from composer.harm import service
from composer.runs.overview import DAYS, look
from composer.runs.service import list_runs
from composer.waiting import waiting

router = APIRouter()


@router.get("")
async def overview(request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """The first page; where nothing was written yet, the way to the first e-mail."""
    found, house = await look(session), house_of(request)
    if found.empty:
        live, campaigns = await products.count(session), len(await list_campaigns(session))
        return page(request, visitor, "overview/first.html", products=live, campaigns=campaigns)
    also, alarms = await waiting(session), await service.alarms(session, standing=True)
    return page(
        request,
        visitor,
        "overview/page.html",
        found=found,
        days=DAYS,
        needs=overviewing.needs(found, also, alarms),
        words=run_words,
        tally=found.tally,
        rungs=overviewing.rungs(found.tally),
        rules=overviewing.rules(found.tally),
        by_day=overviewing.by_day(found),
        templates=overviewing.templates_by_day(found),
        costs=overviewing.costs(found.tally),
        models=house.models_standing(),
    )


@router.get("/overview/runs")
async def moving(request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """The newest runs with their bars, asked for every other second while one moves."""
    return page(request, visitor, "overview/runs.html", runs=await list_runs(session, limit=6), words=run_words)
