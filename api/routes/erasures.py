"""Erasing a person over HTTP: asked for with DELETE, and looked up until it is proved."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api import audit
from api.access import ReadSession, house_of
from api.auth import Require
from api.erasing import Eraser
from memory.privacy import erasures
from memory.privacy.erasures import Erasure

router = APIRouter(tags=["privacy"])

_ADMIN = Depends(Require("admin"))
ExternalId = Annotated[
    str, Path(min_length=1, max_length=255, description="The shop's own customer id, or ours (`cus_…`) for a visitor.")
]
_WHY = Query(max_length=audit.MAX_WHY, description="For the audit log: a ticket's number, say. Not the person's name.")


@router.delete("/v1/customers/{external_id}", summary="Erase", dependencies=[_ADMIN], status_code=202)
async def erase(
    external_id: ExternalId, request: Request, response: Response, why: Annotated[str, _WHY] = ""
) -> Erasure:
    """Everything about this person goes, for good. Their rows are gone when this answers; the files they were in are
    wiped and looked through within seconds or, of a large shop, minutes: `GET /v1/erasures/{id}` says how that ended.
    Asked again, it answers the same.
    """
    house = house_of(request)
    erasure = await Eraser(house.settings, house.database).ask(external_id, why=why)
    response.headers["Location"] = f"/v1/erasures/{erasure.id}"
    return erasure


@router.get("/v1/erasures/{erasure_id}", summary="How an erasure stands", dependencies=[_ADMIN])
async def get(erasure_id: str, session: ReadSession) -> Erasure:
    """`wiping`, then `proved`; or `found`, with where something still stands. It names nobody."""
    return Erasure.of(await erasures.get(session, erasure_id))
