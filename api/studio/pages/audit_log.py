"""The audit log: who did what, newest first, and whether it is whole."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import audit
from api.access import ReadSession
from api.studio import audit_words
from api.studio.door import Admin
from api.studio.rendering import page
from api.studio.sessions import Visitor

router = APIRouter(prefix="/audit")
PAGE = 50


@router.get("")
async def log(
    request: Request,
    session: ReadSession,
    visitor: Admin,
    about: Annotated[str, Query(max_length=128)] = "",
    actor: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """A page of it, of all or of one thing, one person."""
    return await _page(request, session, visitor, about=about.strip(), actor=actor, before=before)


@router.post("/verify")
async def verify(
    request: Request, session: ReadSession, visitor: Admin, expected: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """The same page, with what going through the whole chain came to."""
    chain = await audit.verify(session, expected=expected.strip(), progress=lambda _: None)
    return await _page(request, session, visitor, chain=chain)


async def _page(
    request: Request,
    session: AsyncSession,
    visitor: Visitor,
    *,
    about: str = "",
    actor: str = "",
    before: int | None = None,
    chain: audit.Chain | None = None,
) -> Response:
    known = await audit_words.names(session)
    found = await audit.entries(session, limit=PAGE + 1, before=before, about=about, actor=actor)
    values: dict[str, Any] = {
        "entries": audit_words.tell(found[:PAGE], known),
        "older": found[PAGE - 1].id if len(found) > PAGE else None,
        "newest": before is None,
        "actors": known.actors(),
        "about": about,
        "actor": actor,
        "chain": chain,
        "verdict": audit_words.verdict(chain) if chain else "",
    }
    return page(request, visitor, "audit/log.html", **values)
