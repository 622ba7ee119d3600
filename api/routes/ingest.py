"""Events in, in Segment's HTTP shapes: any Segment or RudderStack source works unchanged."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request

from api.access import WriteSession, house_of
from api.auth import Require
from api.ingesting import Ingested, take

router = APIRouter(prefix="/v1", tags=["ingest"], dependencies=[Depends(Require("ingest"))])

_IDENTIFY = {"userId": "c42", "traits": {"email": "ada@example.com", "firstName": "Ada", "email_consent": True}}
_TRACK = {"userId": "c42", "event": "Product Viewed", "properties": {"product_id": "p1", "name": "Sencha, 100 g"}}
_BATCH = {"batch": [_IDENTIFY | {"type": "identify"}, _TRACK | {"type": "track", "messageId": "m1"}]}


@router.post("/identify", summary="Who somebody is")
async def identify(
    body: Annotated[dict[str, Any], Body(examples=[_IDENTIFY])], request: Request, session: WriteSession
) -> Ingested:
    """Traits of one customer."""
    return await take(session, body, "identify", house_of(request).enrich)


@router.post("/track", summary="What somebody did")
async def track(
    body: Annotated[dict[str, Any], Body(examples=[_TRACK])], request: Request, session: WriteSession
) -> Ingested:
    """One event: e-commerce v2 and e-mail event names are understood, unknown ones are kept."""
    return await take(session, body, "track", house_of(request).enrich)


@router.post("/batch", summary="Many at once")
async def batch(
    body: Annotated[dict[str, Any], Body(examples=[_BATCH])], request: Request, session: WriteSession
) -> Ingested:
    """Up to 2,500 messages; sending one again changes nothing, and a bad one does not hold up the others."""
    return await take(session, body, "batch", house_of(request).enrich)
