"""One e-mail: as it is read, and why it is what it is."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.access import ReadSession
from api.studio.door import Viewer
from api.studio.framing import frame_response, framed, picture_origins
from composer import previews
from composer.contract import ComposeResult
from composer.emails import get_email

router = APIRouter()


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
    found = await _found(session, email_id)
    own = _own_host(found)
    shown = picture_origins(found.html, own) if pictures else []
    document = framed(found.html, "dark" if view == "dark" else "light", own=own, shown=shown)
    return frame_response(document, str(request.base_url).rstrip("/"), shown)


async def _found(session: AsyncSession, email_id: str) -> ComposeResult:
    if email_id.startswith(previews.PREFIX):
        return (await previews.find(session, email_id)).result
    return await get_email(session, email_id)


def _own_host(email: ComposeResult) -> str:
    """Under which name e-mails know this server: that of the link that unsubscribes."""
    return urlsplit(email.headers.get("List-Unsubscribe", "").strip("<>")).netloc
