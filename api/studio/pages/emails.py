"""One e-mail: as it is read, and why it is what it is."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import ReadSession, house_of
from api.studio.door import PATH, Reviewer, Viewer
from api.studio.framing import frame_response, framed, picture_origins
from api.studio.rendering import go, page
from api.studio.showing import find_result, own_host, show
from composer import previews
from composer.contract import ComposeRequest

router = APIRouter()
View = Literal["desktop", "phone", "dark", "text", "headers", "beside"]


@router.get("/emails/{email_id}")
async def email(
    request: Request,
    visitor: Viewer,
    session: ReadSession,
    email_id: str,
    view: View = "desktop",
    pictures: bool = False,
    replay: bool = False,
    of: str = "",
) -> Response:
    """The e-mail and its why. `of`: the e-mail that this preview is another try at; `replay` builds it again."""
    shown = await show(session, email_id, full=visitor.account.may("reviewer"))
    report = await house_of(request).composer.replay(email_id) if replay and not shown.preview else None
    return page(
        request,
        visitor,
        "emails/email.html",
        shown=shown,
        email=shown.email,
        standing=shown.standing,
        view=view,
        pictures=pictures,
        report=report,
        of=of,
    )


@router.get("/emails/{email_id}/frame")
async def frame(
    request: Request,
    visitor: Viewer,
    session: ReadSession,
    email_id: str,
    view: Literal["html", "dark"] = "html",
    pictures: bool = False,
) -> Response:
    """The e-mail for a sandboxed frame; `pictures` fetches those of the shop's own site too."""
    found = await find_result(session, email_id)
    own = own_host(found)
    shown = picture_origins(found.html, own) if pictures else []
    document = framed(found.html, "dark" if view == "dark" else "light", own=own, shown=shown)
    return frame_response(document, str(request.base_url).rstrip("/"), shown)


@router.post("/emails/{email_id}/again")
async def again(request: Request, visitor: Reviewer, email_id: str) -> Response:
    """Compose it once more with today's memory, catalog and campaign, to look at: the e-mail stays as it is."""
    house = house_of(request)
    async with house.database.session(readonly=True) as session:
        before = await find_result(session, email_id)
    asked = ComposeRequest(
        campaign=before.campaign, customer=before.customer, step=before.step, occasion=before.occasion, preview=True
    )
    made = await house.composer.draft(asked)
    async with house.database.session() as session:
        preview_id = await previews.keep(session, made)
    return go(request, f"{PATH}/emails/{preview_id}?of={email_id}")
