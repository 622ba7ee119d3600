"""The studio as part of the application: its routes, its files, its headers, and its own answers to errors."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote, urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.own_page.rendering import STATIC as OWN_PAGE_STATIC
from api.studio.door import PATH, SAFE, SignInNeeded, refuse_other_sites, visitor_of
from api.studio.error_words import (
    NO_SUCH_PAGE,
    SIGN_IN_ELSEWHERE,
    SIGNED_OUT,
    WRONG_FIELDS,
    field_problem,
    in_words,
)
from api.studio.pages import ROUTERS
from api.studio.rendering import HEADERS, STATIC, page
from store.errors import InvalidInput, NotFound, PenfriendError

YEAR_S = 31_536_000
OPEN = (f"{PATH}/sign-in", f"{PATH}/link/", f"{PATH}/static/")
"""What is there for everybody; of all else nobody learns whether it exists without signing in."""


class _Files(StaticFiles):
    """With addresses that change with the file (`rendering.static`), a browser need never ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


class StudioHeaders:
    """ASGI middleware: no answer of the studio leaves without its headers, whoever made it. Those it has stay."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add what is missing."""
        if scope["type"] != "http" or not is_studio(scope["path"]):
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, guarded)


def add_studio(app: FastAPI) -> None:
    """Mount the pages under `/studio`, and send whoever opens the bare address there."""
    app.mount(f"{PATH}/static", _Files(directory=STATIC), name="studio-static")
    app.mount(OWN_PAGE_STATIC, _Files(directory=STATIC), name="own-page-static")
    for router in ROUTERS:
        app.include_router(router, prefix=PATH, include_in_schema=False, dependencies=[Depends(refuse_other_sites)])

    @app.get("/", include_in_schema=False)
    def front() -> RedirectResponse:
        return RedirectResponse(PATH, 307)


def is_studio(path: str) -> bool:
    """Whether a path is one of the studio's."""
    return path == PATH or path.startswith(f"{PATH}/")


async def on_error(request: Request, error: Exception) -> Response:
    """A domain error as a page for people where they look at pages, as a problem for programs elsewhere."""
    if not is_studio(request.url.path) or not isinstance(error, PenfriendError):
        return await problems.on_penfriend_error(request, error)
    if isinstance(error, SignInNeeded):
        return _to_sign_in(request)
    return error_page(request, error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Unknown addresses, wrong methods, bodies that are too large or cannot be read."""
    if not is_studio(request.url.path) or not isinstance(error, HTTPException):
        return await problems.on_http_exception(request, error)
    if not request.url.path.startswith(OPEN) and await visitor_of(request) is None:
        return _to_sign_in(request)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return error_page(request, NotFound(NO_SUCH_PAGE))
    told = in_words(error.status_code)
    return error_page(request, told, status=error.status_code, headers=dict(error.headers or {}))


async def on_validation_error(request: Request, error: Exception) -> Response:
    """A form with fields missing or too long; an address that cannot be one of ours."""
    if not is_studio(request.url.path) or not isinstance(error, RequestValidationError):
        return await problems.on_validation_error(request, error)
    wrong = error.errors()
    if any(item["loc"][0] == "path" for item in wrong):
        return error_page(request, NotFound(NO_SUCH_PAGE))
    return error_page(request, InvalidInput(WRONG_FIELDS, fix=" ".join(map(field_problem, wrong))))


def on_bug(request: Request) -> Response:
    """What nobody caught: a page with the id under which the log has it."""
    if not is_studio(request.url.path):
        return problems.internal_error(request)
    return error_page(request, in_words(HTTPStatus.INTERNAL_SERVER_ERROR))


def error_page(
    request: Request, error: PenfriendError, *, status: int | None = None, headers: dict[str, str] | None = None
) -> Response:
    """What went wrong and what to do; for htmx a fragment, which it shows as a notice."""
    visitor = getattr(request.state, "visitor", None)
    # Where we say why ourselves, nobody needs to look into the log.
    logged = problems.request_id(request) if type(error) is PenfriendError else None
    fragment = bool(request.headers.get("HX-Request"))
    template = "parts/problem.html" if fragment else "error.html"
    shown = {"HX-Retarget": "#notices", "HX-Reswap": "beforeend"} if fragment else {}
    return page(
        request,
        visitor,
        template,
        status=status or problems.status_of(error),
        headers={**(headers or {}), **shown},
        error=error,
        request_id=logged,
        back=_page_before(request),
    )


def _page_before(request: Request) -> str:
    """The page of the studio that this was asked from, where it tells; never another site's, nor this one again."""
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    # Not the scheme: behind a proxy that ends TLS, this server sees http. Only the path goes on the page.
    ours = before.netloc == request.url.netloc and is_studio(before.path)
    if not ours or (before.path == request.url.path and request.method == "GET"):
        return ""
    return f"{before.path}?{before.query}" if before.query else before.path


def _to_sign_in(request: Request) -> Response:
    """Back here afterwards: to the page, never to what a form on it would have done.

    Where htmx sent what somebody typed, their page stays as it is, with a notice: on another page it would be gone.
    """
    wanted = request.url.path if request.method == "GET" else PATH
    target = f"{PATH}/sign-in?next={quote(wanted)}"
    if not request.headers.get("HX-Request"):
        return RedirectResponse(target, 303, HEADERS)
    if request.method not in SAFE:
        return error_page(request, SignInNeeded(SIGNED_OUT, fix=SIGN_IN_ELSEWHERE), status=HTTPStatus.UNAUTHORIZED)
    shown = urlsplit(request.headers.get("HX-Current-URL", "")).path
    target = f"{PATH}/sign-in?next={quote(shown if is_studio(shown) else PATH)}"
    return Response(status_code=204, headers={**HEADERS, "HX-Redirect": target})
