"""Campaigns: the list of them, a new one, and the editor with its live preview."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import audit
from api.access import ReadSession, WriteSession, house_of
from api.house import House
from api.studio import campaign_words as words
from api.studio import previewing
from api.studio.actors import names_of
from api.studio.campaign_editor import Editing, as_drafted, open_blank, open_copy, open_saved, open_sent, save
from api.studio.campaign_form import offers_in, renumbered
from api.studio.door import PATH, Editor, Reviewer, Viewer
from api.studio.forms import Refused, Values
from api.studio.rendering import go, page
from api.studio.sessions import Visitor
from composer.campaigns import list_brands
from composer.documents import Campaign
from composer.versions import history, overview
from prompts.model import TOPIC_TITLES

router = APIRouter()

ADD_OFFER, REMOVE_OFFER = "add_offer", "remove_offer:"
"""What a button of the form asks for, in `do`."""
LONGEST_NUMBER = 6
"""Digits of how often others were asked for."""


@router.get("/campaigns")
async def campaigns(request: Request, visitor: Viewer, session: ReadSession) -> Response:
    """All of them, and the brands they speak for."""
    lines = await overview(session)
    names = await names_of(session, {line.saved_by for line in lines})
    brands = await list_brands(session)
    flows = {flow.name: flow for flow in house_of(request).library.flows}
    return page(
        request, visitor, "campaigns/list.html", lines=lines, names=names, brands=brands, flows=flows, sent=words.SENT
    )


# Ids begin with a letter or a digit: nothing under `-` can be a campaign's.
@router.get("/campaigns/-/new")
async def new(
    request: Request, visitor: Editor, session: ReadSession, flow: str = "", copy: str = "", brand: str = ""
) -> Response:
    """Cards to choose from; then the form, saved by nobody yet."""
    house = house_of(request)
    if copy:
        return await _editor(request, visitor, session, await open_copy(session, house, copy))
    brands = await list_brands(session)
    if not flow or not brands:
        return page(request, visitor, "campaigns/new.html", flows=house.library.flows, sent=words.SENT, brands=brands)
    return await _editor(request, visitor, session, await open_blank(session, house, flow, brand or brands[0].id))


@router.post("/campaigns/-/form")
async def change_form(request: Request, visitor: Editor, session: ReadSession) -> Response:
    """The form with an offer more or less; nothing is saved."""
    values = Values.of(await request.form())
    asked = values.get("do")
    gone = asked.removeprefix(REMOVE_OFFER) if asked.startswith(REMOVE_OFFER) else ""
    editing = await open_sent(session, house_of(request), values)
    changed = renumbered(values, without=gone, new=asked == ADD_OFFER)
    return await _editor(request, visitor, session, replace(editing, values=changed))


@router.post("/campaigns/-/preview")
async def preview(request: Request, visitor: Viewer) -> Response:
    """What some customers would get of the form as it stands; of what is saved, where the visitor may not edit."""
    values = Values.of(await request.form())
    house = house_of(request)
    editing = await _sent(house, visitor, values)
    read = editing.read()
    asked = values.get("customer").strip()
    shown = (asked, *values.all("with")[:2]) if asked else values.all("with")
    others = _number(values.get("others"))
    if isinstance(read, Refused):
        return _preview(request, visitor, editing, errors=read.errors, shown=shown, others=others)
    version = await as_drafted(house, editing, read)
    seen = await previewing.look(
        house, version, step=values.get("step"), customers=tuple(dict.fromkeys(shown)), others=others
    )
    unknown = asked if asked and all(one.memory.external_id != asked for one in seen) else ""
    return _preview(
        request,
        visitor,
        editing,
        seen=seen,
        meant=version.campaign.brief.meant,
        others=others,
        unknown=unknown,
        step=values.get("step"),
    )


@router.post("/campaigns/-/written")
async def write(request: Request, visitor: Reviewer) -> Response:
    """What one customer would get, written by the model."""
    values = Values.of(await request.form())
    house = house_of(request)
    editing = await _sent(house, visitor, values)
    read = editing.read()
    if isinstance(read, Refused):
        return _preview(request, visitor, editing, errors=read.errors)
    version = await as_drafted(house, editing, read)
    seen = await previewing.write(house, version, values.get("customer"), step=values.get("step"))
    return page(request, visitor, "campaigns/written.html", seen=seen, brand=editing.brand, words=words)


@router.post("/campaigns")
async def create(request: Request, visitor: Editor, session: WriteSession) -> Response:
    """Save the first version."""
    return await _save(request, visitor, session)


@router.get("/campaigns/{campaign_id}")
async def campaign(request: Request, visitor: Viewer, session: ReadSession, campaign_id: str) -> Response:
    """The editor."""
    return await _editor(request, visitor, session, await open_saved(session, house_of(request), campaign_id))


@router.post("/campaigns/{campaign_id}")
async def save_version(request: Request, visitor: Editor, session: WriteSession, campaign_id: str) -> Response:
    """Save a new version, or tell what is wrong, with all that was typed."""
    return await _save(request, visitor, session, campaign_id)


async def _save(request: Request, visitor: Visitor, session: AsyncSession, campaign_id: str = "") -> Response:
    values = Values.of(await request.form()).with_({"id": (campaign_id,)})
    house = house_of(request)
    editing = await open_sent(session, house, values)
    overtaker = await _overtaker(session, editing, values)
    if overtaker:
        return await _editor(request, visitor, session, replace(editing, overtaken_by=overtaker), status=409)
    read = editing.read()
    if isinstance(read, Campaign):
        saved = await save(session, house, editing, read, audit.actor())
        if not isinstance(saved, Refused):
            changed = saved.version != editing.version
            if changed:
                await _audited(session, editing, saved.campaign, saved.version)
            return go(request, f"{PATH}/campaigns/{saved.campaign.id}", toast="saved" if changed else "unchanged")
        read = saved
    return await _editor(request, visitor, session, editing.wrong(read.errors), status=422)


async def _audited(session: AsyncSession, editing: Editing, saved: Campaign, version: int) -> None:
    before = None if editing.is_new else editing.base.model_dump(mode="json")
    after = saved.model_dump(mode="json")
    await audit.append(session, "campaign.save", saved.id, why=f"version {version}", before=before, after=after)


async def _overtaker(session: AsyncSession, editing: Editing, values: Values) -> str:
    """Who saved a version since this form was opened; empty where nobody did."""
    if editing.is_new or values.get("version") == str(editing.version):
        return ""
    newest = (await history(session, editing.base.id))[0]
    return (await names_of(session, [newest.saved_by]))[newest.saved_by]


async def _editor(
    request: Request, visitor: Visitor, session: AsyncSession, editing: Editing, status: int = 200
) -> Response:
    versions = [] if editing.is_new else await history(session, editing.base.id)
    house = house_of(request)
    return page(
        request,
        visitor,
        "campaigns/editor.html",
        status=status,
        editing=editing,
        values=editing.values,
        errors=editing.errors,
        flow=editing.flow,
        brand=editing.brand,
        offers=offers_in(editing.values),
        versions=versions,
        names=await names_of(session, {line.saved_by for line in versions[:1]}),
        words=words,
        topics=TOPIC_TITLES,
        understood=editing.base.brief.meant,
        products=house.catalog.view.live,
    )


async def _sent(house: House, visitor: Visitor, values: Values) -> Editing:
    """The form as it was sent, or what is saved. Its session ends here: a model takes its time."""
    if not visitor.account.may("editor"):
        values = Values({"id": values.all("id")})
    async with house.database.session(readonly=True) as session:
        return await open_sent(session, house, values)


def _number(text: str) -> int:
    """How often others were asked for; 0 for what is no such number."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def _preview(request: Request, visitor: Visitor, editing: Editing, **values: Any) -> Response:
    whole = not request.headers.get("HX-Request")
    defaults: dict[str, Any] = {
        "seen": (),
        "errors": {},
        "shown": (),
        "meant": None,
        "others": 0,
        "unknown": "",
        "step": "",
    }
    return page(
        request,
        visitor,
        "campaigns/preview_page.html" if whole else "campaigns/preview.html",
        editing=editing,
        brand=editing.brand,
        flow=editing.flow,
        words=words,
        **{**defaults, **values},
    )
