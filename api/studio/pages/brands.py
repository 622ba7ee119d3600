"""The brand behind campaigns: voice, rules, sender, colours, quiet hours; with one e-mail as it would look."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import audit
from api.access import ReadSession, WriteSession, house_of
from api.studio import brand_form, previewing
from api.studio import campaign_words as words
from api.studio.actors import names_of
from api.studio.door import PATH, Editor, Viewer
from api.studio.forms import Refused, Values
from api.studio.rendering import go, page
from api.studio.sessions import Visitor
from composer.campaigns import CampaignVersion, get_brand, get_campaign, save_brand
from composer.colors import pairs
from composer.documents import Brand
from composer.versions import brand_history, speaking_for
from store.errors import InvalidInput

router = APIRouter()


@router.get("/brand/{brand_id}")
async def brand(request: Request, visitor: Viewer, session: ReadSession, brand_id: str) -> Response:
    """The editor."""
    saved = await get_brand(session, brand_id)
    return await _editor(request, visitor, session, saved, brand_form.values_of(saved))


@router.post("/brand/{brand_id}/preview")
async def preview(request: Request, visitor: Viewer, brand_id: str) -> Response:
    """Which colours can be read on which, and one e-mail in them; as saved, where the visitor may not edit."""
    values = Values.of(await request.form())
    house = house_of(request)
    async with house.database.session(readonly=True) as session:
        saved = await get_brand(session, brand_id)
        used = await speaking_for(session, saved)
        version = await get_campaign(session, used[0][0].id) if used else None
    typed = "name" in values.held and visitor.account.may("editor")
    read = brand_form.read_brand(values, saved) if typed else saved
    shown: dict[str, object] = {"errors": {}, "seen": (), "colors": (), "campaign": None}
    if isinstance(read, Refused):
        shown["errors"] = read.errors
    else:
        shown["colors"] = pairs(read.colors)
        if version:
            draft = CampaignVersion(version.campaign, read, version.version + 1)
            seen = await previewing.look(house, draft, customers=values.all("with")[:1])
            shown |= {"campaign": version.campaign, "seen": seen[:1]}
    return page(
        request,
        visitor,
        "brand/preview.html",
        brand=saved if isinstance(read, Refused) else read,
        words=words,
        **shown,  # type: ignore[arg-type]  # what a template is given, not what `page` is told
    )


@router.post("/brand/{brand_id}")
async def save(request: Request, visitor: Editor, session: WriteSession, brand_id: str) -> Response:
    """Save it, or tell what is wrong, with all that was typed."""
    values = Values.of(await request.form())
    saved = await get_brand(session, brand_id)
    if values.get("edition") != brand_form.edition(saved):
        return await _editor(request, visitor, session, saved, values, overtaken=True, status=409)
    read = brand_form.read_brand(values, saved)
    if isinstance(read, Refused):
        return await _editor(request, visitor, session, saved, values, read.errors, status=422)
    target = f"{PATH}/brand/{saved.id}"
    if read == saved:
        return go(request, target, toast="unchanged")
    try:
        version = await save_brand(session, read, saved_by=audit.actor())
    except InvalidInput as error:
        errors = {(error.pointer or "").strip("/"): f"{error.message} {error.fix or ''}".strip()}
        return await _editor(request, visitor, session, saved, values, errors, status=422)
    before, after = (one.model_dump(mode="json") for one in (saved, read))
    await audit.append(session, "brand.save", saved.id, why=f"version {version}", before=before, after=after)
    return go(request, target, toast="saved")


async def _editor(
    request: Request,
    visitor: Visitor,
    session: AsyncSession,
    saved: Brand,
    values: Values,
    errors: Mapping[str, str] | None = None,
    *,
    overtaken: bool = False,
    status: int = 200,
) -> Response:
    lines = await brand_history(session, saved.id)
    return page(
        request,
        visitor,
        "brand/editor.html",
        status=status,
        brand=saved,
        values=values,
        errors=errors or {},
        edition=brand_form.edition(saved),
        overtaken=overtaken,
        used=await speaking_for(session, saved),
        versions=lines,
        names=await names_of(session, {line.saved_by for line in lines[:1]}),
        words=words,
        colors=words.COLORS,
    )
