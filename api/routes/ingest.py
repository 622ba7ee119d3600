"""Events in, in Segment's HTTP shapes: any Segment or RudderStack source works unchanged."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends

from api.access import WriteSession
from api.auth import Require
from api.ingesting import Ingested, take
from api.segment import Batch, many, single

router = APIRouter(prefix="/v1", tags=["ingest"], dependencies=[Depends(Require("ingest"))])

_IDENTIFY = {"userId": "c42", "traits": {"email": "ada@example.com", "firstName": "Ada"}}
_TRACK = {"userId": "c42", "event": "Product Viewed", "properties": {"product_id": "p1", "name": "Sencha, 100 g"}}


@router.post("/identify", summary="Who somebody is")
async def identify(body: Annotated[dict[str, Any], Body(examples=[_IDENTIFY])], session: WriteSession) -> Ingested:
    """Traits of one customer."""
    return await take(session, single("identify", body))


@router.post("/track", summary="What somebody did")
async def track(body: Annotated[dict[str, Any], Body(examples=[_TRACK])], session: WriteSession) -> Ingested:
    """One event: e-commerce v2 and e-mail event names are understood, unknown ones are kept."""
    return await take(session, single("track", body))


@router.post("/batch", summary="Many at once")
async def batch(body: Batch, session: WriteSession) -> Ingested:
    """Up to 2,500 messages or 500 KB; sending a message again changes nothing."""
    return await take(session, many(body))
