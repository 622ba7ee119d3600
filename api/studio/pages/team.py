"""The team: who works here, and who may do what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.access import ReadSession, WriteSession
from api.studio import team
from api.studio.accounts import MAY, ROLES, Account, AccountExists
from api.studio.door import PATH, Admin
from api.studio.rendering import go, page
from api.studio.sessions import Visitor
from store.errors import Conflict, InvalidInput

router = APIRouter(prefix="/team")
HERE = f"{PATH}/team"


@router.get("")
async def everybody(request: Request, session: ReadSession, visitor: Admin) -> Response:
    """People with their roles, and a form that invites somebody."""
    return await _page(request, session, visitor)


@router.post("/invite")
async def invite(
    request: Request,
    session: WriteSession,
    visitor: Admin,
    address: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "reviewer",
) -> Response:
    """The page with a link to pass on, which is shown this once; or the form with what is wrong."""
    try:
        account, token = await team.invite(session, address, name, role)
    except (InvalidInput, AccountExists) as wrong:
        return await _page(request, session, visitor, wrong=wrong, given=(address, name, role))
    return await _page(request, session, visitor, invited=account, token=token)


@router.post("/{account_id}/role")
async def set_role(
    request: Request, session: WriteSession, visitor: Admin, account_id: str, role: Annotated[str, Form()]
) -> Response:
    """Another role."""
    await team.set_role(session, account_id, role, by=visitor.account.id)
    return go(request, HERE, toast="saved")


@router.post("/{account_id}/disable")
async def disable(request: Request, session: WriteSession, visitor: Admin, account_id: str) -> Response:
    """Out at once, and no way in."""
    await team.disable(session, account_id, by=visitor.account.id)
    return go(request, HERE, toast="disabled")


@router.post("/{account_id}/enable")
async def enable(request: Request, session: WriteSession, visitor: Admin, account_id: str) -> Response:
    """In again."""
    await team.enable(session, account_id)
    return go(request, HERE, toast="enabled")


@router.post("/{account_id}/link")
async def link(request: Request, session: WriteSession, visitor: Admin, account_id: str) -> Response:
    """The page with a new link, for whoever lost theirs or forgot a password."""
    account, token = await team.new_link(session, account_id)
    return await _page(request, session, visitor, invited=account, token=token)


@router.post("/{account_id}/sign-out")
async def sign_out(request: Request, session: WriteSession, visitor: Admin, account_id: str) -> Response:
    """Out in every browser."""
    await team.sign_out_everywhere(session, account_id)
    return go(request, HERE, toast="signed_out_everywhere")


async def _page(
    request: Request,
    session: AsyncSession,
    visitor: Visitor,
    *,
    wrong: InvalidInput | Conflict | None = None,
    given: tuple[str, str, str] = ("", "", "reviewer"),
    invited: Account | None = None,
    token: str = "",
) -> Response:
    values: dict[str, Any] = {
        "members": await team.members(session),
        "roles": [(role, role.capitalize()) for role in ROLES],
        "may": MAY,
        "wrong": {str(wrong.pointer).removeprefix("/"): f"{wrong.message} {wrong.fix or ''}"} if wrong else {},
        "given": dict(zip(("address", "name", "role"), given, strict=True)),
        "invited": invited,
        "link": f"{request.url.scheme}://{request.url.netloc}{PATH}/link/{token}" if token else "",
    }
    return page(request, visitor, "team/team.html", status=422 if wrong else 200, **values)
