"""Who is asking: the session behind the cookie, whether its role may, and whether the request is our own page's.

Every request that may change something must bring the session's token (OWASP: synchronizer token pattern), in the
form's field `csrf` or in the header that htmx adds; the cookie is SameSite as well. As a second lock, and for forms
that nobody is signed in for yet, no request that may change something may come from another site's page
(`refuse_other_sites`).
"""

from __future__ import annotations

import hmac
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api import audit
from api.access import house_of
from api.studio.accounts import Role
from api.studio.sessions import Visitor, find_visitor, note_seen
from store.errors import NotAllowed

COOKIE = "penfriend_session"
SECURE_COOKIE = "__Host-penfriend_session"
"""Behind TLS: browsers keep it only where our host set it over TLS, for all paths (RFC 6265bis, 4.1.3.2)."""
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
PATH = "/studio"
SAFE = frozenset({"GET", "HEAD"})


class SignInNeeded(NotAllowed):
    """Nobody is signed in."""

    reason = "sign_in_needed"


class RoleTooLow(NotAllowed):
    """The account may not do this."""

    reason = "role_too_low"


class ForgedRequest(NotAllowed):
    """A request that changes something did not come from a page of this session."""

    reason = "forged_request"


class Signed:
    """A dependency that lets through who may do what `role` may, and returns them."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Visitor:
        """Raises SignInNeeded, RoleTooLow, ForgedRequest."""
        visitor = await visitor_of(request)
        if visitor is None:
            raise SignInNeeded("Sign in to go on.")
        if not visitor.account.may(self.role):
            raise RoleTooLow(
                f"This needs the role {self.role}; yours is {visitor.account.role}.",
                fix="Ask an admin of this studio for it.",
            )
        if request.method not in SAFE:
            await _require_own(request, visitor)
        return visitor


async def visitor_of(request: Request) -> Visitor | None:
    """Who is signed in, looked up once a request."""
    if hasattr(request.state, "visitor"):
        found: Visitor | None = request.state.visitor
        return found
    token = cookie_of(request)
    database = house_of(request).database
    visitor = None
    if token:
        async with database.session(readonly=True) as session:
            visitor = await find_visitor(session, token)
        if visitor is not None and visitor.stale:
            async with database.session() as session:
                await note_seen(session, token)
    request.state.visitor = visitor
    if visitor is not None:
        audit.act_as(f"account:{visitor.account.id}")
    return visitor


def cookie_name(request: Request) -> str:
    """What the session's cookie is called on this connection; over TLS the other one counts for nothing."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def cookie_of(request: Request) -> str:
    """The session's cookie, or an empty string."""
    return request.cookies.get(cookie_name(request), "")


async def refuse_other_sites(request: Request) -> None:
    """A dependency of every route: what may change something comes from a page of ours, or from no page at all.

    What browsers say of themselves, in the order in which it can be trusted: `Sec-Fetch-Site` (Fetch Metadata), then
    `Origin` against `Host` (RFC 6454). Programs send neither, and have nobody's cookie. Raises ForgedRequest.
    """
    if request.method in SAFE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        own = site in ("same-origin", "none")
    else:
        own = origin is None or urlsplit(origin).netloc == request.headers.get("Host", "")
    if not own:
        raise ForgedRequest("This form is on another site's page.", fix="Open the studio itself, and try again.")


async def _require_own(request: Request, visitor: Visitor) -> None:
    brought: Any = request.headers.get(CSRF_HEADER)
    if brought is None:
        brought = (await request.form()).get(CSRF_FIELD, "")
    if not isinstance(brought, str) or not hmac.compare_digest(brought.encode(), visitor.csrf.encode()):
        raise ForgedRequest(
            "This form is from another session.", fix="Load the page again, and send the form once more."
        )


Viewer = Annotated[Visitor, Depends(Signed("viewer"))]
Reviewer = Annotated[Visitor, Depends(Signed("reviewer"))]
Editor = Annotated[Visitor, Depends(Signed("editor"))]
Admin = Annotated[Visitor, Depends(Signed("admin"))]
