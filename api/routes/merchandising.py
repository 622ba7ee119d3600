"""What the merchandiser wants of the picks: one document, every version of it, and what products cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request
from pydantic import BaseModel, Field

from api.access import ReadSession, WriteSession, house_of
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from catalog import merchandising_store as store
from catalog.merchandising import Merchandising, ProductId
from store.errors import InvalidInput

router = APIRouter(prefix="/v1/merchandising", tags=["merchandising"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
_EXAMPLE = {
    "pins": [{"product": "advent-calendar", "place": 2, "starts": "2026-11-20", "ends": "2026-12-01"}],
    "boosts": [{"name": "winter", "select": {"categories": ["Tea > Black tea"]}, "factor": 1.5}],
    "excludes": [{"select": {"attributes": {"fragile": "yes"}}, "flows": ["birthday"]}],
    "show_cap": {"times": 2, "days": 14},
    "exploration": 0.05,
    "new_arrivals": {"share": 0.05, "days": 30},
}
Cost = Annotated[Decimal, Field(ge=0, lt=10**12, decimal_places=4)]


class SavedMerchandising(BaseModel):
    """One version. 0 is the empty document of a shop that never saved one."""

    version: int
    created_at: datetime | None
    document: Merchandising
    unknown_products: list[str] = []
    """Ids the document names and the catalog does not have: perhaps a slip, perhaps not there yet."""


class Costs(BaseModel):
    """How many products have a cost. The costs themselves are never answered."""

    products: int


def _saved(version: store.Version, unknown: list[str] | None = None) -> SavedMerchandising:
    return SavedMerchandising(
        version=version.version,
        created_at=version.created_at,
        document=version.document,
        unknown_products=unknown or [],
    )


@router.get("", summary="The merchandising", dependencies=[_READ])
async def read(session: ReadSession) -> SavedMerchandising:
    """As it is now."""
    current = await store.load(session)
    return _saved(current, await store.unknown_products(session, current.document))


@router.put("", summary="Save the merchandising", dependencies=[_WRITE])
async def put(
    body: Annotated[Merchandising, Body(openapi_examples={"a winter shop": {"value": _EXAMPLE}})], session: WriteSession
) -> SavedMerchandising:
    """A changed document becomes a new version, which the next e-mail follows; an unchanged one keeps its version."""
    saved = await store.save(session, body)
    return _saved(saved, await store.unknown_products(session, body))


@router.get("/versions", summary="Every version", dependencies=[_READ])
async def versions(session: ReadSession, limit: Limit = 50, cursor: Cursor = "") -> Page[SavedMerchandising]:
    """The newest first."""
    found = await store.history(session, before=_before(cursor), limit=limit)
    return paged([_saved(version) for version in found], limit, lambda version: str(version.version))


@router.get("/versions/{version}", summary="One version", dependencies=[_READ])
async def read_version(version: int, session: ReadSession) -> SavedMerchandising:
    """As it was saved."""
    return _saved(await store.load(session, version))


@router.put("/costs", summary="Say what products cost", dependencies=[_WRITE])
async def put_costs(body: dict[ProductId, Cost], request: Request, session: WriteSession) -> Costs:
    """Product id to the cost of a unit, in the currency of its price: adds or replaces. For `margin_weight` only.

    No route answers a cost, no e-mail and no model ever sees one.
    """
    known = await store.save_costs(session, body)
    house_of(request).refresher.soon()
    return Costs(products=known)


def _before(cursor: str) -> int | None:
    if not cursor:
        return None
    if not cursor.isdecimal() or len(cursor) > 9:
        raise InvalidInput("This is not a cursor of this list.", pointer="/cursor", fix="Use `next_cursor` unchanged.")
    return int(cursor)
