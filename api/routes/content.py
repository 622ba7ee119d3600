"""`/v1/content`: an e-mail for systems that pull at send time (Braze, Iterable, GetResponse …)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from api.access import house_of
from api.auth import Require
from api.pull import DEFAULT_DEADLINE_MS, pull

router = APIRouter(prefix="/v1/content", tags=["pull"], dependencies=[Depends(Require("compose", often=True))])

DEADLINE = Query(description="How long the sender waits. Anything but a number counts as the default.")


FORMAT = Query(alias="format", description="json, html or text; anything else counts as json.")
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Content, or `abort: true` with a reason. Never another status once the key is accepted.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/html": {"schema": {"type": "string"}},
            "text/plain": {"schema": {"type": "string"}},
        },
    }
}


# One function under both methods: some senders cache GET, and can be told to use POST instead.
@router.post(
    "/{campaign}/{customer:path}",
    operation_id="content_post",
    summary="Content at send time, never cached",
    response_class=Response,
    responses=ANSWERS,
)
@router.get(
    "/{campaign}/{customer:path}",
    operation_id="content_get",
    summary="Content at send time",
    response_class=Response,
    responses=ANSWERS,
)
async def content(
    campaign: str,
    customer: str,
    request: Request,
    deadline_ms: Annotated[str, DEADLINE] = str(DEFAULT_DEADLINE_MS),
    wanted: Annotated[str, FORMAT] = "json",
    step: str = "",
    occasion: str = "",
) -> Response:
    """The e-mail of this campaign for this customer; the second and third call of one send get the same bytes."""
    house = house_of(request)
    return await pull(
        house.composer,
        house.freshness,
        house.courtesy,
        campaign,
        customer,
        step=step,
        occasion=occasion,
        wanted=wanted,
        deadline=deadline_ms,
    )
