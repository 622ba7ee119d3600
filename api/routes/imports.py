"""Histories in: what another system knows of customers, their orders and what they did, as it exports it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.access import ReadSession, house_of
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from memory.importers import runs
from memory.importers.formats import ImportFormat, Kind
from memory.importers.importer import Wanted
from memory.importers.options import ImportOptions, load_mapping
from memory.importers.report import ImportReport

router = APIRouter(prefix="/v1/imports", tags=["customers"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
_EXPORT = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string"}}
            for kind in ("text/csv", "application/json", "application/x-ndjson", "application/gzip", "application/zip")
        },
    }
}
_MAPPING = "A mapping file's content: which column is which field."
_AS_OF = "When it was exported, for what it does not date; UTC without an offset."


@router.post(
    "", summary="Import customers, orders or events", dependencies=[_WRITE], status_code=202, openapi_extra=_EXPORT
)
async def start_import(
    request: Request,
    response: Response,
    kind: Annotated[Kind, Query(description="What the export holds.")],
    format_: Annotated[
        ImportFormat | None, Query(alias="format", description="Without it, the export is looked at.")
    ] = None,
    currency: Annotated[str | None, Query(description="ISO 4217, for amounts that name none.")] = None,
    timezone: Annotated[str | None, Query(description="IANA name, for times that name none.")] = None,
    as_of: Annotated[datetime | None, Query(description=_AS_OF)] = None,
    mapping: Annotated[str | None, Query(max_length=8_000, description=_MAPPING)] = None,
) -> ImportReport:
    """The body is an export of Shopify, WooCommerce or Klaviyo, or a table with a mapping; gzip and zip are unpacked.

    Nothing comes in twice, and one that was cut short goes on when it is sent again. `Location` says where to look.
    """
    moment = as_of.replace(tzinfo=UTC) if as_of is not None and as_of.tzinfo is None else as_of
    options = ImportOptions(currency=currency, timezone=timezone, as_of=moment)
    if mapping is not None:
        options = options.mapped(load_mapping(mapping))
    house, wanted = house_of(request), Wanted(Path("export"), kind, format_, options)
    report = await house.imports.start_export(await request.body(), wanted, house.enrich)
    response.headers["Location"] = f"/v1/imports/{report.id}"
    return report


@router.get("", summary="All imports", dependencies=[_READ])
async def list_imports(session: ReadSession, limit: Limit = 50, cursor: Cursor = "") -> Page[ImportReport]:
    """Newest first, without their rows."""
    return paged(await runs.newest(session, cursor, limit), limit, lambda report: report.id)


@router.get("/{import_id}", summary="One import", dependencies=[_READ])
async def read_import(import_id: str, session: ReadSession) -> ImportReport:
    """How far it is, and the first 1,000 rows that were left out, each with its line, field, reason and fix."""
    return await runs.find(session, import_id)
