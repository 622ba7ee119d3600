"""Attribution rules: which e-mail an order is given to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request
from pydantic import BaseModel

from api import audit
from api.access import ReadSession, WriteSession, house_of
from api.attribution import set_rules
from api.auth import Require
from composer.facts import ruling
from composer.facts.rules import AttributionRules
from composer.facts.ruling import Ruling
from composer.facts.updating import count_everything_next

router = APIRouter(prefix="/v1/attribution", tags=["attribution"])

_EXAMPLE = {"click_days": 3, "window_days": 7, "returns_days": 30}


class Attribution(BaseModel):
    """The rules in force, and all that ever were."""

    current: Ruling
    history: list[Ruling] = []
    """The ones set last first. Empty while the built-in ones have been in force all along."""


class Recount(BaseModel):
    """What was asked for."""

    version: str
    """Of the rules that everything will have been counted by."""


@router.get("", summary="The attribution rules", dependencies=[Depends(Require("read"))])
async def read(session: ReadSession) -> Attribution:
    """As they are now, and as they were. Figures name the version they were counted by."""
    return Attribution(current=await ruling.current(session), history=await ruling.history(session))


@router.put("", summary="Set the attribution rules", dependencies=[Depends(Require("admin"))])
async def put(
    body: Annotated[AttributionRules, Body(openapi_examples={"three days after a click": {"value": _EXAMPLE}})],
    session: WriteSession,
    request: Request,
) -> Ruling:
    """What is still open is counted by them from the next hour on. What is final stays as it was counted, under the
    version it names, until `POST /v1/attribution/recompute`.
    """
    return await set_rules(session, body, house_of(request).settings.retention)


@router.post("/recompute", status_code=202, summary="Count everything anew", dependencies=[Depends(Require("admin"))])
async def recompute(session: WriteSession) -> Recount:
    """With the next hour's count everything is counted by the rules in force, as if they always had been: as far back
    as the contact ledger and the events are kept.
    """
    in_force = await ruling.current(session)
    await count_everything_next(session)
    await audit.append(session, "attribution.recompute", in_force.version)
    return Recount(version=in_force.version)
