"""What lift an experiment can show."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access import ReadSession
from api.auth import Require
from api.planning import PLANNED, plan_power
from composer.results.power import MOST_CUSTOMERS, MOST_WEEKS, Power
from composer.results.spending import read_spending

router = APIRouter(prefix="/v1/power", tags=["experiments"])


@router.get("", summary="What lift can be seen", dependencies=[Depends(Require("read"))])
async def power(
    session: ReadSession,
    customers: Annotated[
        int | None, Query(ge=1, le=MOST_CUSTOMERS, description="Both sides; without it, all known customers.")
    ] = None,
    holdout: Annotated[float, Query(gt=0, lt=1, description="Share of them held out.")] = PLANNED.holdout,
    weeks: Annotated[int, Query(ge=1, le=MOST_WEEKS)] = PLANNED.weeks,
    lift: Annotated[float | None, Query(gt=0, le=100, description="A lift to see, as a share.")] = None,
) -> Power:
    """The least lift that is seen four times in five, in figures and in a sentence, from what the shop's customers
    spend, learned once an hour; with `lift`, also what it takes to see that one. Intervals are always-valid: looking
    every day is allowed.
    """
    return await plan_power(session, await read_spending(session), customers, holdout, weeks, lift)
