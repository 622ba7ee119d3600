"""The audit log over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api import audit
from api.access import ReadSession
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from store.errors import InvalidInput

router = APIRouter(prefix="/v1/audit", tags=["privacy"])

_ADMIN = Depends(Require("admin"))
_DIGITS = 18
"""Of a number that every database takes."""


@router.get("", summary="Who did what", dependencies=[_ADMIN])
async def entries(
    session: ReadSession,
    limit: Limit = 50,
    cursor: Cursor = "",
    about: Annotated[str, Query(max_length=128, description="Our id of a customer, a run, a campaign …")] = "",
) -> Page[audit.Entry]:
    """The newest first. `penfriend audit` verifies the chain."""
    found = await audit.entries(session, limit=limit, before=_number(cursor), about=about)
    return paged(found, limit, lambda entry: str(entry.id))


def _number(cursor: str) -> int | None:
    if not cursor:
        return None
    if not cursor.isdecimal() or len(cursor) > _DIGITS:
        raise InvalidInput("This is not a cursor.", pointer="cursor", fix="Use `next_cursor` of the page before.")
    return int(cursor)
