"""The studio as part of the application: its routes, its files, and its own answers to errors."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.own_page.rendering import STATIC as OWN_PAGE_STATIC
from api.problems import on_penfriend_error, status_of
from api.studio.door import PATH, SignInNeeded
from api.studio.pages import ROUTERS
from api.studio.rendering import HEADERS, STATIC, page
from store.errors import PenfriendError

YEAR_S = 31_536_000


class _Files(StaticFiles):
    """With addresses that change with the file (`rendering.static`), a browser need never ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def add_studio(app: FastAPI) -> None:
    """Mount the pages under `/studio`, and send whoever opens the bare address there."""
    app.mount(f"{PATH}/static", _Files(directory=STATIC), name="studio-static")
    app.mount(OWN_PAGE_STATIC, _Files(directory=STATIC), name="own-page-static")
    for router in ROUTERS:
        app.include_router(router, prefix=PATH, include_in_schema=False)

    @app.get("/", include_in_schema=False)
    def front() -> RedirectResponse:
        return RedirectResponse(PATH, 307)


async def on_error(request: Request, error: Exception) -> Response:
    """A domain error as a page for people where they look at pages, as a problem for programs elsewhere."""
    if not request.url.path.startswith(PATH) or not isinstance(error, PenfriendError):
        return await on_penfriend_error(request, error)
    if isinstance(error, SignInNeeded):
        return _to_sign_in(request)
    return error_page(request, error)


def error_page(request: Request, error: PenfriendError) -> Response:
    """What went wrong and what to do; for htmx a fragment, which it shows as a notice."""
    visitor = getattr(request.state, "visitor", None)
    fragment = bool(request.headers.get("HX-Request"))
    template = "parts/problem.html" if fragment else "error.html"
    headers = {"HX-Retarget": "#notices", "HX-Reswap": "beforeend"} if fragment else None
    return page(request, visitor, template, status=status_of(error), headers=headers, error=error)


def _to_sign_in(request: Request) -> Response:
    wanted = request.url.path if request.method == "GET" and not request.headers.get("HX-Request") else PATH
    target = f"{PATH}/sign-in?next={quote(wanted)}"
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={**HEADERS, "HX-Redirect": target})
    return RedirectResponse(target, 303, HEADERS)
