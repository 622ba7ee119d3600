"""The catalog: single products, batches, search, feed imports."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from api import searching
from api.access import ReadSession, WriteSession, house_of
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from api.searching import SearchQuery, SearchResult
from api.shelf import put_batch, put_product
from catalog import products
from catalog.feeds import reports
from catalog.feeds.guard import Guard
from catalog.feeds.options import FeedOptions
from catalog.feeds.report import FeedFormat, ImportReport, Mode
from catalog.model import Product

router = APIRouter(prefix="/v1", tags=["products"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
_EXAMPLE = {
    "title": "Sencha, 100 g",
    "link": "https://shop.example/sencha",
    "price": "12.50 GBP",
    "availability": "in_stock",
    "product_type": "Tea > Green tea",
}
_FEED = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string"}}
            for kind in ("text/tab-separated-values", "text/csv", "application/xml", "application/x-ndjson")
        },
    }
}
_FULL = "The feed is the whole shop: what it does not have goes off the shelf, but for what other feeds bring."
_NDJSON = {
    "requestBody": {
        "required": True,
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


@router.get("/products", summary="All products", dependencies=[_READ])
async def list_products(session: ReadSession, limit: Limit = 100, cursor: Cursor = "") -> Page[Product]:
    """By id."""
    return paged(await products.page(session, after=cursor, limit=limit), limit, lambda product: product.id)


@router.get("/products:search", summary="Search", dependencies=[_READ])
async def search(request: Request, session: ReadSession, asked: Annotated[SearchQuery, Query()]) -> SearchResult:
    """Products by words and by meaning, best first. Filters come before the ranking.

    With `understand`, limits are read out of the words too, and the answer quotes what each came from.
    """
    return await searching.search(house_of(request).catalog, session, asked)


@router.post("/products:batch", summary="Many products", dependencies=[_WRITE], openapi_extra=_NDJSON)
async def batch(request: Request) -> ImportReport:
    """NDJSON, one product a line. Good lines are kept; the answer names each bad one with its reason and fix."""
    report = await put_batch(house_of(request).database, await request.body())
    house_of(request).refresher.soon()
    return report


@router.put("/products/{product_id}", summary="Add or replace", dependencies=[_WRITE])
async def put(
    product_id: str,
    body: Annotated[dict[str, Any], Body(examples=[_EXAMPLE])],
    request: Request,
    session: WriteSession,
) -> Product:
    """Google Merchant field names, as in a feed."""
    product = await put_product(session, product_id, body)
    house_of(request).refresher.soon()
    return product


@router.get("/products/{product_id}", summary="One product", dependencies=[_READ])
async def get(product_id: str, session: ReadSession) -> Product:
    """As it is now."""
    return await products.get(session, product_id)


@router.delete("/products/{product_id}", summary="Take off the shelf", dependencies=[_WRITE], status_code=204)
async def delete(product_id: str, request: Request, session: WriteSession) -> None:
    """Never picked or found again; past orders can still name it. Repeating it is fine."""
    await products.delete(session, product_id)
    house_of(request).refresher.soon()


@router.post(
    "/catalog/imports",
    summary="Import a feed",
    dependencies=[_WRITE],
    status_code=202,
    openapi_extra=_FEED,
)
async def start_import(
    request: Request,
    response: Response,
    format_: Annotated[
        FeedFormat | None, Query(alias="format", description="Without it, the feed is looked at.")
    ] = None,
    currency: Annotated[str | None, Query(description="ISO 4217, for prices that name none.")] = None,
    full: Annotated[bool, Query(description=_FULL)] = False,
    release: Annotated[bool, Query(description="Apply it also where the shop would shrink suddenly.")] = False,
) -> ImportReport:
    """The feed is the body. `Location` says where to look for what becomes of it."""
    mode: Mode = "full" if full else "upsert"
    guard = Guard() if full and not release else None
    options = FeedOptions(currency=currency)
    report = await house_of(request).imports.start(await request.body(), format_, options, mode, guard)
    response.headers["Location"] = f"/v1/catalog/imports/{report.id}"
    return report


@router.get("/catalog/imports/{import_id}", summary="An import", dependencies=[_READ])
async def read_import(import_id: str, session: ReadSession) -> ImportReport:
    """How far it is, and each row that was left out, with its line and reason."""
    return await reports.get(session, import_id)
