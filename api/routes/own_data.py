"""What a person may ask for: everything remembered in plain words, all of it to take away, one thing put right."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api import audit, own_data
from api.access import ReadSession, WriteSession, house_of
from api.auth import Require
from memory.account.changing import MAX_CORRECTION
from memory.account.model import Account, Told

router = APIRouter(prefix="/v1/customers", tags=["privacy"])

_READ, _WRITE, _ADMIN = (Depends(Require(scope)) for scope in ("read", "write", "admin"))
ExternalId = Annotated[str, Path(min_length=1, max_length=255, description="The shop's own customer id.")]
FactId = Annotated[str, Path(min_length=1, max_length=300, description="As `…/account` and `…/memory` have it.")]
_WHY = Query(max_length=audit.MAX_WHY, description="For the audit log: a ticket's number, say. Not the person's name.")
_FORMAT = Query(alias="format", description="`json` for machines, `html` to read.")
_EXPORTED: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}, "text/html": {}}}}


class Correction(BaseModel):
    """What it is instead."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"correct": "Ada"}]})

    correct: str = Field(min_length=1, max_length=MAX_CORRECTION)


@router.get("/{external_id}/account", summary="Everything remembered, in plain words", dependencies=[_READ])
async def account(external_id: ExternalId, request: Request, session: ReadSession) -> Account:
    """In sentences to the person: each with where it came from, what it is used for, and until when; also what is
    never said in an e-mail."""
    return await own_data.account(session, external_id, house_of(request).settings.retention.events)


@router.get(
    "/{external_id}/export",
    summary="All of a person's data",
    dependencies=[_ADMIN],
    response_class=StreamingResponse,
    responses=_EXPORTED,
)
async def export(
    external_id: ExternalId,
    request: Request,
    session: WriteSession,
    kind: Annotated[Literal["json", "html"], _FORMAT] = "json",
    why: Annotated[str, _WHY] = "",
) -> StreamingResponse:
    """GDPR, articles 15 and 20. `events` are Segment messages that any service which takes those can import. The audit
    log tells who exported whom."""
    house = house_of(request)
    await own_data.note_export(session, external_id, house.settings.retention.events, why=why)
    media_type = "text/html; charset=utf-8" if kind == "html" else "application/json"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="your-data.{kind}"'}
    pieces = own_data.pieces(house.database, external_id, house.settings.retention.events, kind)
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


@router.patch("/{external_id}/facts/{fact_id}", summary="Correct one thing", dependencies=[_WRITE])
async def correct(external_id: ExternalId, fact_id: FactId, body: Correction, session: WriteSession) -> Told:
    """Of what the person is or told: a nightly export that repeats the old value does not bring it back. What follows
    from what happened cannot be put right in words; forget it instead."""
    return await own_data.change(session, external_id, fact_id, body.correct)


@router.delete("/{external_id}/facts/{fact_id}", summary="Forget one thing", dependencies=[_WRITE])
async def forget(external_id: ExternalId, fact_id: FactId, session: WriteSession) -> Told:
    """It is neither used, said nor told any more, and old events do not bring it back; new ones may. Answers what it
    was."""
    return await own_data.change(session, external_id, fact_id, None)
