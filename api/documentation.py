"""`/docs`: the HTTP API as a page to read and to try, from files of ours (FastAPI's own page loads them from a CDN)."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from api.studio.rendering import HEADERS, environment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI asks this host for the description and for what is tried, and nobody else for anything."""


def add_documentation(app: FastAPI) -> None:
    """Serve the page; the description itself stays at `/openapi.json`."""

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        text = environment().get_template("docs.html").render(title=app.title, description=app.openapi_url)
        return HTMLResponse(text, headers={**HEADERS, "Content-Security-Policy": POLICY})
