"""Products over HTTP: the same way in as a feed, so that one row means the same wherever it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import MalformedBody
from catalog import products
from catalog.feeds import ndjson
from catalog.feeds.importer import import_feed
from catalog.feeds.normalise import to_product
from catalog.feeds.report import FeedFormat, ImportReport, RowIssue
from catalog.model import Product
from store.database import Database
from store.errors import InvalidInput


class ProductRefused(InvalidInput):
    """The product lacks something it cannot be sold without."""

    reason = "product_refused"


async def put_product(session: AsyncSession, product_id: str, body: Mapping[str, Any]) -> Product:
    """Add or replace one product. Raises ProductRefused, which points at the field."""
    row = ndjson.read_one(_json(dict(body) | {"id": product_id}))
    found = row if isinstance(row, RowIssue) else to_product(row)[0]
    if isinstance(found, RowIssue):
        raise ProductRefused(found.reason, pointer=f"/{found.field or ''}", fix=found.fix)
    if found.id != product_id:
        raise ProductRefused(f"The id {product_id!r} cannot be kept as it is.", pointer="/id", fix=f"Use {found.id!r}.")
    await products.upsert(session, [found])
    return await products.get(session, product_id)


async def put_batch(database: Database, body: bytes) -> ImportReport:
    """Products as NDJSON: every good line is kept, every bad one reported with its line, field, reason and fix."""
    try:
        lines = body.decode().splitlines()
    except UnicodeDecodeError as error:
        raise MalformedBody("The body is not UTF-8.", pointer=f"byte {error.start}", fix="Send UTF-8.") from error
    return await import_feed(database, lines, FeedFormat.NDJSON)


def _json(body: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(body).decode()
    except (TypeError, orjson.JSONEncodeError) as error:
        raise MalformedBody(
            f"The body cannot be kept: {error}.", fix="Send well-formed Unicode, and numbers of at most 64 bits."
        ) from error
