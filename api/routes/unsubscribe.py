"""`/u/{token}`: the page behind the unsubscribe link, and the one-click POST (RFC 8058).

The page offers fewer e-mails, too.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncSession

from api import pages
from api.access import ReadSession, WriteSession, house_of
from api.own_page.texts import heard, words
from api.unsubscribing import Wanted, brand_of, choose, standing_of, unsubscribe
from composer.links import BadToken, Link
from memory.phrases import Phrasebook, language_of
from store import clock

router = APIRouter(prefix="/u", tags=["unsubscribe"])

_BROKEN: dict[int | str, dict[str, Any]] = {
    404: {"description": "A link that was cut off or changed.", "content": {"text/html": {}}}
}
# Without these, an address with a customer's token could be kept or passed on.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@router.get("/{token}", summary="Ask first", response_class=HTMLResponse, responses=_BROKEN)
async def show(token: str, request: Request, session: ReadSession) -> HTMLResponse:
    """A page with a button, and what one can choose instead. Mail scanners open links: opening this changes nothing."""
    try:
        link = house_of(request).links.read(token)
    except BadToken:
        return HTMLResponse(pages.broken_link(words(heard(request))), 404, _HEADERS)
    name, said = await _shop(session, link)
    standing = await standing_of(session, link)
    return HTMLResponse(pages.confirm_unsubscribe(name, standing.choices, clock.now(), said), headers=_HEADERS)


@router.post("/{token}", summary="Unsubscribe", response_class=HTMLResponse, responses=_BROKEN)
async def act(token: str, request: Request, session: WriteSession) -> HTMLResponse:
    """Acts on `List-Unsubscribe=One-Click` and on the page's own form alike; doing it twice is fine.

    Only the page's other form (`save=choices`) does not unsubscribe: it keeps topics, how often, and a pause.
    """
    try:
        link = house_of(request).links.read(token)
    except BadToken:
        return HTMLResponse(pages.broken_link(words(heard(request))), 404, _HEADERS)
    wanted = Wanted.of(await request.body())
    if wanted is not None:
        standing = await choose(session, link, wanted)
        name, said = await _shop(session, link)
        return HTMLResponse(pages.chosen(name, standing, clock.now(), said), headers=_HEADERS)
    await unsubscribe(session, link)
    name, said = await _shop(session, link)
    return HTMLResponse(pages.unsubscribed(name, said), headers=_HEADERS)


async def _shop(session: AsyncSession, link: Link) -> tuple[str | None, Phrasebook]:
    """The brand's name, and the words of the language that the e-mail with the link was written in."""
    brand = await brand_of(session, link)
    return (brand.name, words(language_of(brand.locale))) if brand else (None, words(language_of()))
