"""Signing in with a password or a link, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.access import WriteSession
from api.studio import passwords
from api.studio.door import COOKIE, PATH, Viewer
from api.studio.rendering import go, page
from api.studio.sessions import LONGEST, close_session, open_session, use_link

router = APIRouter()


@router.get("/sign-in")
async def ask(request: Request, next: str = PATH) -> Response:  # noqa: A002  # the address says `next`
    """The form."""
    return page(request, None, "sign_in.html", next=_ours(next), address="", problem="")


@router.post("/sign-in")
async def sign_in(
    request: Request,
    session: WriteSession,
    address: Annotated[str, Form(max_length=320)],
    password: Annotated[str, Form(max_length=1024)],
    next: Annotated[str, Form()] = PATH,  # noqa: A002
) -> Response:
    """In, or the form again with what is wrong."""
    account = await passwords.verify(session, address, password)
    if isinstance(account, passwords.Refused):
        return page(
            request, None, "sign_in.html", status=401, next=_ours(next), address=address, problem=account.reason
        )
    return _in(request, await open_session(session, account.id), _ours(next))


@router.get("/link/{token}")
async def by_link(request: Request, token: str) -> Response:
    """A page whose button uses the link up: programs that look at links in advance must not."""
    return page(request, None, "sign_in_link.html", token=token, problem="")


@router.post("/link/{token}")
async def use(request: Request, token: str, session: WriteSession) -> Response:
    """In, once."""
    account = await use_link(session, token)
    if account is None:
        return page(request, None, "sign_in_link.html", status=401, token=token, problem="This link no longer works.")
    return _in(request, await open_session(session, account.id), PATH)


@router.post("/sign-out")
async def sign_out(request: Request, session: WriteSession, visitor: Viewer) -> Response:
    """Out, in this browser."""
    await close_session(session, request.cookies.get(COOKIE, ""))
    answer = go(request, f"{PATH}/sign-in", toast="signed_out")
    answer.delete_cookie(COOKIE, path=PATH)
    return answer


def _in(request: Request, token: str, to: str) -> Response:
    answer = go(request, to)
    secure = request.url.scheme == "https"
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return answer


def _ours(target: str) -> str:
    """Only into the studio: an address of elsewhere would make the form a springboard."""
    return target if target == PATH or target.startswith(f"{PATH}/") else PATH
