"""Customers, and what is remembered of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from api import customers
from api.access import ReadSession, WriteSession
from api.auth import Require
from api.customers import Customer, Traits
from memory.model import CustomerMemory

router = APIRouter(prefix="/v1/customers", tags=["customers"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
ExternalId = Annotated[str, Path(min_length=1, max_length=255, description="The shop's own customer id.")]
_AS_OF = Query(description="A past moment, with timezone: the memory as it was then.")


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
