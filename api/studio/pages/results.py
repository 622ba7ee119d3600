"""What came of e-mails: the panel of the overview, all campaigns, and one."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import ReadSession
from api.studio.door import Viewer
from api.studio.rendering import page
from api.studio.resulting import tell
from composer.results.reading import all_results, results_of
from store import clock

router = APIRouter(prefix="/results")

DAYS = 90
PANEL = 4
"""Campaigns in the panel of the overview."""


@router.get("")
async def everything(request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """Every campaign of the last ninety days, with what may be said of it."""
    found = await all_results(session, since=clock.now().date() - timedelta(days=DAYS))
    return page(request, visitor, "results/list.html", told=[tell(one) for one in found], days=DAYS)


@router.get("/panel")
async def panel(request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """The same in short, for the overview."""
    found = await all_results(session, since=clock.now().date() - timedelta(days=DAYS))
    return page(request, visitor, "results/panel.html", told=[tell(one) for one in found[:PANEL]], days=DAYS)


@router.get("/{campaign}")
async def one(campaign: str, request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """One campaign, since it began."""
    return page(request, visitor, "results/campaign.html", one=tell(await results_of(session, campaign)))
