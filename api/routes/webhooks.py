"""Webhook endpoints: who is told what happens to runs and hand-offs, signed by Standard Webhooks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response

from api.access import ReadSession, WriteSession, house_of
from api.auth import Require
from api.handoffs import open_deliverer
from api.paging import Cursor, Limit, Page, paged
from composer.handoff.webhooks import endpoints, outbox
from composer.handoff.webhooks.model import Endpoint, EndpointWithSecret, NewEndpoint, Notice

router = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
_EXAMPLE = {"url": "https://shop.example/hooks/penfriend", "types": ["run.completed", "handoff.completed"]}


@router.post("", summary="Add an endpoint", dependencies=[_WRITE], status_code=201)
async def add(
    body: Annotated[NewEndpoint, Body(examples=[_EXAMPLE])],
    request: Request,
    response: Response,
    session: WriteSession,
) -> EndpointWithSecret:
    """It is told what happens from now on. `secret` is shown here and never again: keep it to verify signatures."""
    added = await endpoints.add(session, body, private=house_of(request).settings.webhooks.private)
    response.headers["Location"] = f"/v1/webhook-endpoints/{added.id}"
    return added


@router.get("", summary="All endpoints", dependencies=[_READ])
async def list_endpoints(session: ReadSession, limit: Limit = 50, cursor: Cursor = "") -> Page[Endpoint]:
    """By id, without their secrets."""
    return paged(await endpoints.page(session, limit=limit, after=cursor), limit, lambda one: one.id)


@router.get("/{endpoint_id}", summary="One endpoint", dependencies=[_READ])
async def get(endpoint_id: str, session: ReadSession) -> Endpoint:
    """Without its secret."""
    return await endpoints.get(session, endpoint_id)


@router.delete("/{endpoint_id}", summary="Forget", dependencies=[_WRITE], status_code=204)
async def delete(endpoint_id: str, session: WriteSession) -> None:
    """It is told nothing more, and what it was told is forgotten."""
    await endpoints.remove(session, endpoint_id)


@router.post("/{endpoint_id}/test", summary="Send a test", dependencies=[_WRITE])
async def test(endpoint_id: str, request: Request) -> Notice:
    """One `webhook.test`, now; the answer says what the endpoint said."""
    house = house_of(request)
    async with open_deliverer(house.settings, house.database) as deliverer:
        return await deliverer.test(endpoint_id)


@router.get("/{endpoint_id}/deliveries", summary="What it was told", dependencies=[_READ])
async def deliveries(endpoint_id: str, session: ReadSession, limit: Limit = 50, cursor: Cursor = "") -> Page[Notice]:
    """The newest first, each with what the endpoint answered."""
    await endpoints.get(session, endpoint_id)
    found = await outbox.notices(session, endpoint_id, limit=limit, before=cursor)
    return paged(found, limit, lambda one: one.id)
