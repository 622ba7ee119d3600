"""Signing in with a password or a link, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, Response

from api.access import ReadSession, WriteSession, house_of
from api.studio import entering
from api.studio.door import COOKIE, PATH, SECURE_COOKIE, Viewer, cookie_name, cookie_of
from api.studio.rendering import go, page
from api.studio.sessions import LONGEST, find_link

router = APIRouter()


@router.get("/sign-in")
async def ask(request: Request, next: str = PATH) -> Response:  # noqa: A002  # the address says `next`
    """The form."""
    return page(request, None, "sign_in.html", next=_ours(next), address="", problem="")


@router.post("/sign-in")
async def sign_in(
    request: Request,
    address: Annotated[str, Form(max_length=320)],
    password: Annotated[str, Form(max_length=1024)],
    next: Annotated[str, Form()] = PATH,  # noqa: A002
) -> Response:
    """In, or the form again with what is wrong."""
    entered = await entering.by_password(house_of(request).database, address, password, _knock(request))
    if isinstance(entered, entering.Refused):
        return page(
            request, None, "sign_in.html", status=401, next=_ours(next), address=address, problem=entered.reason
        )
    return _in(request, entered, _ours(next))


@router.get("/link/{token}")
async def by_link(request: Request, token: str, session: ReadSession) -> Response:
    """A page whose button uses the link up: programs that look at links in advance must not."""
    link = await find_link(session, token)
    return page(request, None, "sign_in_link.html", status=200 if link else 401, token=token, link=link)


@router.post("/link/{token}")
async def use(request: Request, token: str, session: WriteSession) -> Response:
    """In, once."""
    entered = await entering.by_link(session, token, _knock(request))
    if entered is None:
        return page(request, None, "sign_in_link.html", status=401, token=token, link=None)
    return _in(request, entered, f"{PATH}/account" if entered.invited else PATH)


@router.post("/sign-out")
async def sign_out(request: Request, session: WriteSession, visitor: Viewer) -> Response:
    """Out, in this browser."""
    await entering.leave(session, visitor.account.id, cookie_of(request))
    answer = go(request, f"{PATH}/sign-in", toast="signed_out")
    name = cookie_name(request)
    answer.delete_cookie(name, path=_path(name), secure=name == SECURE_COOKIE, httponly=True, samesite="lax")
    return answer


@router.get("/token")
async def token(visitor: Viewer) -> JSONResponse:
    """What forms must bring now, for a page from before somebody signed in again, and whose it is.

    Each page holds as much; like a page, only scripts of our own origin can read it.
    """
    return JSONResponse({"csrf": visitor.csrf, "account": visitor.account.id})


def _knock(request: Request) -> entering.Knock:
    return entering.Knock(
        client=request.client.host if request.client else "",
        user_agent=request.headers.get("User-Agent", ""),
        cookie=cookie_of(request),
    )


def _in(request: Request, entered: entering.Entered, to: str) -> Response:
    answer, name = go(request, to), cookie_name(request)
    answer.set_cookie(
        name,
        entered.cookie,
        max_age=int(LONGEST.total_seconds()),
        path=_path(name),
        httponly=True,
        samesite="lax",
        secure=name == SECURE_COOKIE,
    )
    return answer


def _path(name: str) -> str:
    # The prefix __Host- asks for the whole site.
    return PATH if name == COOKIE else "/"


def _ours(target: str) -> str:
    """Only into the studio: an address of elsewhere would make the form a springboard."""
    inside = target == PATH or target.startswith(f"{PATH}/")
    return target if inside and target.isprintable() and target.isascii() and "\\" not in target else PATH
