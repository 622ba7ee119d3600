"""Customers: found, told, put right; their timeline, picks and previews; taken away and erased."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse

from api import audit, own_data
from api.access import ReadSession, WriteSession, house_of
from api.customers import remembered
from api.erasing import Eraser
from api.studio import people
from api.studio.door import PATH, Admin, Reviewer, Viewer
from api.studio.rendering import HEADERS, go, page
from api.studio.sessions import Visitor
from api.studio.wording import in_full
from composer import previews
from composer.campaigns import list_campaigns
from composer.contract import ComposeRequest
from composer.explaining import PicksRequest, explain_picks
from memory.account.changing import MAX_CORRECTION
from memory.privacy import erasures, requests
from memory.privacy.erasures import Erasure
from memory.privacy.requests import Kind
from memory.recall import customer_id_of
from store.errors import InvalidInput

router = APIRouter()

CAMPAIGNS = 200
"""Offered to choose from."""
MEDIA = {"json": "application/json", "html": "text/html; charset=utf-8", "zip": "application/zip"}
_AT = "/customers/{external_id:path}"
Id = Annotated[str, Form(max_length=255)]


NOT_TYPED = "That is not this customer’s id: nobody was erased. Type it exactly."


class Tried(NamedTuple):
    """A correction that could not be made: what was written, and why."""

    fact: str
    value: str
    problem: str


@router.get("/customers")
async def customers(request: Request, visitor: Viewer, session: ReadSession, before: str = "") -> Response:
    """Whoever was written to last; for admins also who waits for an answer."""
    listed, older = await people.listed(session, before)
    waiting = await requests.waiting(session) if visitor.account.may("admin") else []
    return page(
        request,
        visitor,
        "customers/list.html",
        listed=listed,
        older=older,
        before=before,
        waiting=waiting,
        words=people,
        asked="",
        several=[],
    )


@router.post("/customers/find")
async def find(
    request: Request, visitor: Viewer, session: ReadSession, asked: Annotated[str, Form(max_length=320)] = ""
) -> Response:
    """By the shop's id or the address, exactly. Posted: an address is no part of an address bar."""
    found = await people.found(session, asked)
    if len(found) == 1:
        return go(request, at(found[0]))
    listed, older = await people.listed(session)
    return page(
        request,
        visitor,
        "customers/list.html",
        listed=listed,
        older=older,
        before="",
        waiting=[],
        words=people,
        asked=asked,
        several=found,
    )


@router.get(f"{_AT}/timeline")
async def timeline(
    request: Request, visitor: Viewer, session: ReadSession, external_id: str, before: str = ""
) -> Response:
    """What happened before a place."""
    memory = await remembered(session, external_id)
    older = await people.timeline(session, memory, before=before, full=visitor.account.may("reviewer"))
    fragment = bool(request.headers.get("HX-Request"))
    template = "customers/moments.html" if fragment else "customers/timeline.html"
    name = people.name_of(memory)
    return page(request, visitor, template, name=name, timeline=older, words=people, at=at(external_id))


@router.get(f"{_AT}/picks")
async def picks(
    request: Request, visitor: Viewer, session: ReadSession, external_id: str, campaign: str = ""
) -> Response:
    """What they would be shown, and why that."""
    house = house_of(request)
    asked = PicksRequest(customer=external_id, campaign=campaign, why=True, show=8)
    explained = await explain_picks(session, house.benches, house.catalog, asked)
    fragment = bool(request.headers.get("HX-Request"))
    template = "customers/picked.html" if fragment else "customers/picks.html"
    campaigns = [] if fragment else await list_campaigns(session, limit=CAMPAIGNS)
    values: dict[str, Any] = {"explained": explained, "campaigns": campaigns, "campaign": campaign}
    return page(request, visitor, template, **values, words=people, at=at(external_id))


@router.post(f"{_AT}/preview")
async def preview(
    request: Request, visitor: Reviewer, external_id: str, campaign: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """An e-mail of a campaign to them, to look at."""
    house = house_of(request)
    made = await house.composer.draft(ComposeRequest(campaign=campaign, customer=external_id, preview=True))
    async with house.database.session() as session:
        preview_id = await previews.keep(session, made)
    return go(request, f"{PATH}/emails/{preview_id}")


@router.post(f"{_AT}/facts")
async def change(
    request: Request,
    visitor: Reviewer,
    session: ReadSession,
    external_id: str,
    fact: Annotated[str, Form(max_length=300)],
    do: Annotated[Literal["correct", "forget"], Form()],
    value: Annotated[str, Form(max_length=MAX_CORRECTION)] = "",
) -> Response:
    """Put one thing right, or forget it. A correction that cannot be made stands there again, to be mended."""
    try:
        async with house_of(request).database.session() as changing:
            await own_data.change(changing, external_id, fact, value if do == "correct" else None)
    except InvalidInput as error:
        return await _page_of(request, visitor, session, external_id, tried=Tried(fact, value, in_full(error)))
    return go(request, at(external_id), toast="corrected" if do == "correct" else "forgotten")


@router.post(f"{_AT}/answered")
async def answered(
    request: Request, visitor: Admin, session: WriteSession, external_id: str, kind: Annotated[Kind, Form()]
) -> Response:
    """Somebody saw to what they asked for."""
    customer_id = str(await customer_id_of(session, external_id))
    await requests.answer(session, customer_id, kind, audit.actor())
    await audit.append(session, f"answer_{kind}", customer_id)
    return go(request, f"{PATH}/customers", toast="answered")


@router.post(f"{_AT}/export")
async def export(
    request: Request, visitor: Admin, external_id: str, kind: Annotated[own_data.Kind, Form()] = "zip"
) -> Response:
    """All of their data, as a file; the audit log tells who took it."""
    house = house_of(request)
    keep_days = house.settings.retention.events
    async with house.database.session() as session:
        await own_data.note_export(session, external_id, keep_days)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="customer-data.{kind}"'}
    stream = own_data.pieces(house.database, external_id, keep_days, kind)
    return StreamingResponse(stream, headers=headers, media_type=MEDIA[kind])


@router.get(f"{_AT}/erase")
async def before_erasing(request: Request, visitor: Admin, session: ReadSession, external_id: str) -> Response:
    """What will go, what will stay, and the field for the id."""
    return await _erasing(request, visitor, session, external_id)


@router.post(f"{_AT}/erase")
async def erase(
    request: Request,
    visitor: Admin,
    session: ReadSession,
    external_id: str,
    typed: Id = "",
    why: Annotated[str, Form(max_length=audit.MAX_WHY)] = "",
) -> Response:
    """For good; the id has to be typed. Where it cannot be done, the form says why and keeps what was written."""
    said = {"typed": typed, "why": why}
    if typed.strip() != external_id:
        return await _erasing(request, visitor, session, external_id, **said, wrong_id=NOT_TYPED)
    house = house_of(request)
    try:
        erasure = await Eraser(house.settings, house.database).ask(external_id, why=why)
    except audit.BadReason as error:
        return await _erasing(request, visitor, session, external_id, **said, wrong_why=in_full(error))
    return go(request, f"{PATH}/erasures/{erasure.id}")


@router.get("/erasures/{erasure_id}")
async def erasure(request: Request, visitor: Admin, session: ReadSession, erasure_id: str) -> Response:
    """How it stands, and what was proved."""
    found = Erasure.of(await erasures.get(session, erasure_id))
    template = "customers/erasing.html" if request.headers.get("HX-Request") else "customers/erasure.html"
    return page(request, visitor, template, erasure=found)


@router.get(_AT)
async def customer(request: Request, visitor: Viewer, session: ReadSession, external_id: str) -> Response:
    """The memory as a person would tell it, and what can be done about it."""
    return await _page_of(request, visitor, session, external_id)


def at(external_id: str) -> str:
    """The page of this customer."""
    return f"{PATH}/customers/{quote(external_id, safe='')}"


async def _page_of(
    request: Request, visitor: Visitor, session: AsyncSession, external_id: str, *, tried: Tried | None = None
) -> Response:
    full = visitor.account.may("reviewer")
    shown = await people.person(session, external_id, full=full, keep_days=house_of(request).settings.retention.events)
    values: dict[str, Any] = {"person": shown, "timeline": shown.timeline, "words": people, "at": at(external_id)}
    campaigns = await list_campaigns(session, limit=CAMPAIGNS)
    values |= {"campaigns": campaigns, "longest": MAX_CORRECTION, "tried": tried}
    return page(request, visitor, "customers/customer.html", status=422 if tried else 200, **values)


async def _erasing(
    request: Request,
    visitor: Visitor,
    session: AsyncSession,
    external_id: str,
    *,
    typed: str = "",
    why: str = "",
    wrong_id: str = "",
    wrong_why: str = "",
) -> Response:
    name = people.name_of(await remembered(session, external_id))
    values: dict[str, Any] = {"name": name, "customer": external_id, "at": at(external_id), "typed": typed, "why": why}
    values |= {"wrong_id": wrong_id, "wrong_why": wrong_why}
    return page(request, visitor, "customers/erase.html", status=422 if wrong_id or wrong_why else 200, **values)
