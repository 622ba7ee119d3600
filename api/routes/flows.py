"""Flows: who is due for one of them now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.access import house_of
from api.auth import Require
from api.due import DueCustomer, ask, rules_for
from api.paging import Cursor, Limit, Page, closed

router = APIRouter(prefix="/v1/flows", tags=["flows"])

_READ = Depends(Require("read"))
FlowName = Annotated[str, Path(max_length=64, description="`abandoned_cart`, `replenishment`, `birthday` …")]
Step = Annotated[str, Query(max_length=64, description="Only this step of the flow; empty means all.")]
ConsentRequired = Annotated[
    bool, Query(description="False takes in who never said anything about e-mail; who said no is left out always.")
]


class DueAnswer(Page[DueCustomer]):
    """Who is due, the longest waiting first."""

    behind: int
    """Customers of whom something changed that is not taken in yet; ask again a little later."""
    next_ask_after: datetime


@router.get("/{flow}/due", summary="Who is due", dependencies=[_READ])
async def due(
    flow: FlowName,
    request: Request,
    limit: Limit = 500,
    cursor: Cursor = "",
    step: Step = "",
    consent_required: ConsentRequired = True,
) -> DueAnswer:
    """Each customer once, with the step that waits longest; the same ones come again until they are contacted.

    Ask as often as every few minutes: it costs what changed and who is due, not how many customers there are.
    """
    house = house_of(request)
    page = await ask(
        house.database,
        rules_for(house.library, house.settings.due),
        flow,
        step=step,
        limit=limit,
        cursor=cursor,
        consent_required=consent_required,
    )
    return DueAnswer(
        data=[DueCustomer.of(one) for one in page.due],
        next_cursor=closed(page.cursor),
        behind=page.behind,
        next_ask_after=page.next_ask_after,
    )
