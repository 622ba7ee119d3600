"""What came of a campaign's e-mails."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access import ReadSession
from api.auth import Require
from composer.results.reading import Results, results_of

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])

_SINCE = Query(description="The first day that counts (UTC); without it, all.")


@router.get("/{campaign_id}/results", summary="What came of it", dependencies=[Depends(Require("read"))])
async def results(campaign_id: str, session: ReadSession, since: Annotated[date | None, _SINCE] = None) -> Results:
    """Opens, clicks, orders and revenue of who was written to, against who was held out, each within seven days.
    Figures are of the days asked for. `comparison` is of all days since the campaign began, as intervals that may be
    looked at every day ask for a fixed beginning; the days asked for alone are in `in_period`, for one look.

    `comparison.verdict` says what may be said: `more`, `less`, `cannot_tell_yet`, `too_few_orders`, `no_holdout`,
    `nothing_yet` or `kept_no_more`. Money is in 1/10000 of `currency`. Counted once an hour.
    """
    return await results_of(session, campaign_id, since=since)
