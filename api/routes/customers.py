"""Customers, and what is remembered of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from api import customers, send_time
from api.access import ReadSession, WriteSession
from api.auth import Require
from api.customers import Customer, Traits
from api.send_time import SendTime
from memory.model import CustomerMemory

router = APIRouter(prefix="/v1/customers", tags=["customers"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
ExternalId = Annotated[str, Path(min_length=1, max_length=255, description="The shop's own customer id.")]
_AS_OF = Query(description="A past moment, with timezone: the memory as it was then.")

_BRAND = Query(max_length=64, description="Whose quiet hours hold, and whose time zone where they told none.")
_NOT_BEFORE = Query(description="No earlier than this moment, with timezone.")
_NOT_AFTER = Query(description="No later than this moment, with timezone.")


@router.put("/{external_id}", summary="Add or change", dependencies=[_WRITE])
async def put(external_id: ExternalId, body: Traits, session: WriteSession) -> Customer:
    """The same as an identify event: traits given here go over earlier ones, others stay."""
    return await customers.put_traits(session, external_id, body.traits)


@router.get("/{external_id}", summary="One customer", dependencies=[_READ])
async def get(external_id: ExternalId, session: ReadSession) -> Customer:
    """In brief."""
    return Customer.of(await customers.remembered(session, external_id))


@router.get("/{external_id}/memory", summary="Everything remembered", dependencies=[_READ])
async def memory(
    external_id: ExternalId, session: ReadSession, as_of: Annotated[AwareDatetime | None, _AS_OF] = None
) -> CustomerMemory:
    """Facts with their source events, expiry and use/say policy; orders, cart, interests, engagement."""
    return await customers.remembered(session, external_id, as_of)


@router.get("/{external_id}/send-time", summary="When to write to them", dependencies=[_READ])
async def when(
    external_id: ExternalId,
    session: ReadSession,
    brand: Annotated[str | None, _BRAND] = None,
    not_before: Annotated[AwareDatetime | None, _NOT_BEFORE] = None,
    not_after: Annotated[AwareDatetime | None, _NOT_AFTER] = None,
) -> SendTime:
    """The days and hours in which they read and buy, by their own clock, and the next moment in them."""
    return await send_time.send_time(session, external_id, brand=brand, not_before=not_before, not_after=not_after)
