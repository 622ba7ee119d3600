"""One's own account: name, password, and the browsers that are signed in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.access import ReadSession, WriteSession, house_of
from api.studio import team
from api.studio.accounts import MAY
from api.studio.door import PATH, Viewer, cookie_of
from api.studio.passwords import SHORTEST_PASSWORD, BadPassword
from api.studio.rendering import go, page
from api.studio.sessions import Visitor, browsers
from store.errors import InvalidInput

router = APIRouter(prefix="/account")
HERE = f"{PATH}/account"


@router.get("")
async def mine(request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """Everybody may change their own."""
    return await _page(request, session, visitor)


@router.post("/name")
async def rename(
    request: Request, session: WriteSession, visitor: Viewer, name: Annotated[str, Form()] = ""
) -> Response:
    """What colleagues see."""
    try:
        await team.rename(session, visitor.account.id, name)
    except InvalidInput as wrong:
        return await _page(request, session, visitor, wrong=wrong)
    return go(request, HERE, toast="saved")


@router.post("/password")
async def change_password(
    request: Request,
    visitor: Viewer,
    password: Annotated[str, Form()] = "",
    old: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    """Choose a password."""
    client, database = request.client.host if request.client else "", house_of(request).database
    try:
        await team.change_password(database, visitor, old, password, cookie=cookie_of(request), client=client)
    except BadPassword as wrong:
        async with database.session(readonly=True) as session:
            return await _page(request, session, visitor, wrong=wrong)
    return go(request, HERE, toast="password")


@router.post("/browsers/sign-out")
async def sign_out_others(request: Request, session: WriteSession, visitor: Viewer) -> Response:
    """Every browser but this one."""
    await team.sign_out_others(session, visitor.account.id, cookie=cookie_of(request))
    return go(request, HERE, toast="signed_out_others")


@router.post("/browsers/{handle}/sign-out")
async def sign_out_browser(request: Request, session: WriteSession, visitor: Viewer, handle: str) -> Response:
    """One of them."""
    await team.sign_out_browser(session, visitor.account.id, handle)
    return go(request, HERE, toast="signed_out_browser")


async def _page(
    request: Request, session: AsyncSession, visitor: Visitor, *, wrong: InvalidInput | None = None
) -> Response:
    values: dict[str, Any] = {
        "browsers": await browsers(session, visitor.account.id, this=cookie_of(request)),
        "asks_old": team.asks_old_password(visitor),
        "may": MAY[visitor.account.role],
        "shortest": SHORTEST_PASSWORD,
        "wrong": {str(wrong.pointer).removeprefix("/"): f"{wrong.message} {wrong.fix or ''}"} if wrong else {},
    }
    return page(request, visitor, "team/account.html", status=422 if wrong else 200, **values)
