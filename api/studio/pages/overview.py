"""The overview: what runs, what is held back, what it costs, and what came of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.studio.door import Viewer
from api.studio.rendering import page

router = APIRouter()


@router.get("")
async def overview(request: Request, visitor: Viewer) -> Response:
    """The first page."""
    return page(request, visitor, "overview.html")
