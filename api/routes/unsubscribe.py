"""`/u/{token}`: the page behind the unsubscribe link, and the one-click POST (RFC 8058).

The page offers fewer e-mails, too.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api import pages
from api.access import ReadSession, WriteSession, house_of
from api.unsubscribing import Wanted, brand_behind, choose, standing_of, unsubscribe
from composer.links import BadToken
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
        return HTMLResponse(pages.broken_link(), 404, _HEADERS)
    brand = await brand_behind(session, link)
    standing = await standing_of(session, link)
    return HTMLResponse(pages.confirm_unsubscribe(brand, standing.choices, clock.now()), headers=_HEADERS)


@router.post("/{token}", summary="Unsubscribe", response_class=HTMLResponse, responses=_BROKEN)
async def act(token: str, request: Request, session: WriteSession) -> HTMLResponse:
    """Acts on `List-Unsubscribe=One-Click` and on the page's own form alike; doing it twice is fine.

    Only the page's other form (`save=choices`) does not unsubscribe: it keeps topics, how often, and a pause.
    """
    try:
        link = house_of(request).links.read(token)
    except BadToken:
        return HTMLResponse(pages.broken_link(), 404, _HEADERS)
    wanted = Wanted.of(await request.body())
    if wanted is not None:
        standing = await choose(session, link, wanted)
        return HTMLResponse(pages.chosen(await brand_behind(session, link), standing, clock.now()), headers=_HEADERS)
    brand = await unsubscribe(session, link)
    return HTMLResponse(pages.unsubscribed(brand), headers=_HEADERS)
