"""Who is asking: `Authorization: Bearer pf_live_…`, or Basic with the key as user name, as Segment sources do."""

from __future__ import annotations

import base64

from fastapi import Request
from fastapi.openapi.models import HTTPBase
from fastapi.security.base import SecurityBase

from api import audit
from api.access import house_of
from api.errors import MissingScope, Unauthenticated
from api.keys import ApiKey, Scope, is_stale, touch, verify
from api.known_keys import KnownKeys

_FIX = "Send `Authorization: Bearer pf_live_…`, or Basic with the key as user name and no password."


class Require(SecurityBase):
    """A dependency that lets through keys with `scope` (or `admin`) and returns the key."""

    scheme_name = "api_key"

    def __init__(self, scope: Scope, *, often: bool = False) -> None:
        """`often`: for routes that one caller asks hundreds of times a second (`api.known_keys`)."""
        self.scope = scope
        self._often = often
        self.model = HTTPBase(
            scheme="bearer",
            description="An API key (`penfriend keys create`). Basic with the key as user name works too.",
        )

    async def __call__(self, request: Request) -> ApiKey:
        """Raises Unauthenticated (401) or MissingScope (403)."""
        key = await (_known(request) if self._often else authenticate(request))
        if not key.may(self.scope):
            raise MissingScope(
                f"This key lacks the scope {self.scope!r}; it has: {', '.join(key.scopes)}.",
                fix=f"Make one with `penfriend keys create NAME --scope {self.scope}`.",
            )
        return key


async def authenticate(request: Request) -> ApiKey:
    """The caller's key, looked up once a request. Raises Unauthenticated."""
    known: ApiKey | None = getattr(request.state, "api_key", None)
    if known is not None:
        return known
    token = _token(request.headers.get("authorization", ""))
    database = house_of(request).database
    async with database.session(readonly=True) as session:
        key = await verify(session, token)
    if is_stale(key):
        async with database.session() as session:
            await touch(session, key)
    request.state.api_key = key
    audit.act_as(f"key:{key.id}")
    return key


async def _known(request: Request) -> ApiKey:
    keys: KnownKeys = request.app.state.known_keys
    return await keys.get(_token(request.headers.get("authorization", "")))


def _token(header: str) -> str:
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    if scheme.lower() == "basic":
        return _basic_user(value.strip())
    raise Unauthenticated("This route needs an API key.", fix=_FIX)


def _basic_user(value: str) -> str:
    try:
        user = base64.b64decode(value, validate=True).decode().partition(":")[0]
    except ValueError as error:
        raise Unauthenticated("The Basic credentials cannot be read.", fix=_FIX) from error
    if not user:
        raise Unauthenticated("The Basic credentials have no user name.", fix=_FIX)
    return user
