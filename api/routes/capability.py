"""`/c/{token}/{customer}`: a campaign's e-mails behind a secret URL, for senders that can send no header."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from api.access import house_of
from api.errors import MissingScope
from api.known_keys import KnownKeys
from api.pull import DEFAULT_DEADLINE_MS, abort, pull
from api.routes.content import ANSWERS, DEADLINE, FORMAT

router = APIRouter(tags=["pull"])


@router.get(
    "/c/{token}/{customer:path}",
    summary="Content at send time, by a secret URL",
    response_class=Response,
    responses=ANSWERS,
)
async def content(
    token: str,
    customer: str,
    request: Request,
    deadline_ms: Annotated[str, DEADLINE] = str(DEFAULT_DEADLINE_MS),
    wanted: Annotated[str, FORMAT] = "html",
    step: str = "",
    occasion: str = "",
) -> Response:
    """As `/v1/content`, for the one campaign that the token was made for (`penfriend keys feed CAMPAIGN`).

    Whoever has the URL can read this campaign's e-mails: revoke its key when it leaks.
    """
    keys: KnownKeys = request.app.state.known_keys
    key = await keys.get(token)
    if key.campaign is None:
        raise MissingScope("This key is not one for a URL.", fix="Make one with `penfriend keys feed CAMPAIGN`.")
    if not keys.admits(key):
        return abort("rate_limited", "This URL is asked more often than a sender would.")
    house = house_of(request)
    return await pull(
        house.composer,
        house.freshness,
        house.courtesy,
        key.campaign,
        customer,
        step=step,
        occasion=occasion,
        wanted=wanted,
        deadline=deadline_ms,
    )
