"""Pages out of templates: autoescaped, with strict headers, and the frame that every page has."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.studio import wording
from api.studio.door import PATH
from api.studio.icons import icon
from api.studio.sessions import Visitor
from composer.reviews.model import REASONS

HERE = Path(__file__).parent
STATIC = HERE / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of every page: nothing inline runs or styles, nothing comes from elsewhere (CSP level 3)."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Jinja with everything escaped, and an error for every name that is not there."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(static=static, icon=icon, studio=PATH, reject_reasons=REASONS)
    made.filters.update(wording.FILTERS)
    return made


def page(
    request: Request,
    visitor: Visitor | None,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """A whole page, or a fragment: what a template that extends `page.html`, or does not, gives.

    A template knows `visitor` (None before signing in), `account`, `csrf`, `path`, `toast` and what is passed.
    """
    known = {
        "visitor": visitor,
        "account": visitor.account if visitor else None,
        "csrf": visitor.csrf if visitor else "",
        "path": request.url.path,
        "toast": request.query_params.get("toast", ""),
    }
    text = environment().get_template(template).render({**known, **values})
    return HTMLResponse(text, status, {**HEADERS, **(headers or {})})


def go(request: Request, to: str, *, toast: str = "") -> Response:
    """On to another page after something was done; `toast` is a key of `wording.TOASTS` that tells it there."""
    target = f"{to}{'&' if '?' in to else '?'}toast={toast}" if toast else to
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={**HEADERS, "HX-Redirect": target})
    return RedirectResponse(target, 303, HEADERS)


def static(name: str) -> Markup:
    """The address of a file of ours; it changes with the file, so that browsers may keep it for ever."""
    return Markup("{}/static/{}?v={}").format(PATH, name, _version(name))


@lru_cache(maxsize=256)
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
