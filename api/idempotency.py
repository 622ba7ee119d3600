"""`Idempotency-Key`: a repeated request gets the first one's answer (draft-ietf-httpapi-idempotency-key-header-07).

Same key and payload: the stored answer. Same key, other payload: 422. First one still working: 409. Answers are
kept for 24 hours; failures are not kept, so that a retry tries again. An e-mail that its customer or a reviewer has
said no to since is not answered again: composing is asked anew, and says what they get in its place.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from anyio import CancelScope
from fastapi import Request, Response
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import house_of
from api.auth import authenticate
from api.composed import said_no_to
from api.errors import KeyReused, StillInFlight
from api.problems import on_http_exception, on_penfriend_error
from api.tables import IdempotencyRow
from store import clock
from store.database import Database
from store.errors import InvalidInput, PenfriendError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEEP = timedelta(hours=24)
LEASE = timedelta(minutes=5)
"""A request in flight for longer was killed: its key is free again. Above every deadline we grant."""
MAX_LENGTH = 255

COMPOSE = "/v1/compose"
ROUTES = (
    COMPOSE,
    "/v1/campaigns",
    "/v1/brands",
    "/v1/products",
    "/v1/catalog/imports",
    "/v1/imports",
    "/v1/feeds",
    "/v1/runs",
    "/v1/samples",
)
"""Routes that honour the key. Not the pull endpoint: it is idempotent itself, and never answers 409."""


class Idempotency:
    """ASGI middleware: around the whole route, so that an answer is kept only after its transaction has ended."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; those without a key pass through."""
        if not _concerns(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._once(request)
        except PenfriendError as error:
            response = await on_penfriend_error(request, error)
        except HTTPException as error:  # The body is over its limit.
            response = await on_http_exception(request, error)
        await response(scope, receive, send)

    async def _once(self, request: Request) -> Response:
        key = _checked(request.headers[HEADER])
        # Before anything is stored: a stranger must not be able to fill the table.
        owner = (await authenticate(request)).id
        body = await request.body()
        database = house_of(request).database
        async with database.session() as session:
            stored = await claim(session, owner, key, _fingerprint(request, body))
            if stored is not None and request.url.path == COMPOSE and await said_no_to(session, stored["body"]):
                await _reopen(session, owner, key)
                stored = None
        if stored is not None:
            return Response(stored["body"], stored["status"], stored["headers"] | {REPLAYED: "true"})
        try:
            response = await self._answer(request.scope, body)
        except BaseException:  # Cancellation too: whatever ended it, the key must not stay in flight.
            await _forget(database, owner, key)
            raise
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            await _forget(database, owner, key)
            return response
        async with database.session() as session:
            await keep(session, owner, key, _stored(response))
        return response

    async def _answer(self, scope: Scope, body: bytes) -> Response:
        """Run the route with the body we have read, and collect what it sends."""
        start: Message = {}
        content = bytearray()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                content.extend(message.get("body", b""))

        await self.app(scope, receive, send)
        response = Response(bytes(content), start["status"])
        response.raw_headers = list(start["headers"])
        return response


def _concerns(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in ("POST", "PUT"):
        return False
    return scope["path"].startswith(ROUTES) and HEADER in Headers(scope=scope)


async def claim(session: AsyncSession, owner: str, key: str, fingerprint: str) -> dict[str, Any] | None:
    """Take the key (None), or the answer stored under it.

    Raises KeyReused for another payload, StillInFlight while the first request works.
    """
    now = clock.now()
    await session.execute(delete(IdempotencyRow).where(col(IdempotencyRow.started_at) < now - KEEP))
    row = await session.get(IdempotencyRow, (owner, key), with_for_update=True)
    if row is None:
        await _insert(session, IdempotencyRow(owner=owner, key=key, fingerprint=fingerprint, started_at=now))
        return None
    if row.fingerprint != fingerprint:
        raise KeyReused(
            f"This {HEADER} was used for another request.",
            pointer=f"header {HEADER}",
            fix="Use a new key for each new request, and the same key only to repeat one.",
        )
    if row.answer is not None:
        return row.answer
    if now - row.started_at < LEASE:
        raise _in_flight()
    row.started_at = now
    return None


async def keep(session: AsyncSession, owner: str, key: str, answer: dict[str, Any]) -> None:
    """Store the answer of a request that holds its key."""
    row = await session.get(IdempotencyRow, (owner, key))
    if row is not None:
        row.answer = answer


async def _reopen(session: AsyncSession, owner: str, key: str) -> None:
    """The key is ours, as though its request came for the first time."""
    row = await session.get_one(IdempotencyRow, (owner, key))
    row.answer, row.started_at = None, clock.now()


async def _insert(session: AsyncSession, row: IdempotencyRow) -> None:
    # PostgreSQL lets two first requests see no row; the primary key lets one of them through.
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise _in_flight() from error


def _in_flight() -> StillInFlight:
    return StillInFlight("The first request with this key is still being worked on.", fix="Repeat it in a moment.")


async def _forget(database: Database, owner: str, key: str) -> None:
    # Shielded: a caller that hangs up must not leave its key in flight.
    with CancelScope(shield=True):
        await _delete(database, owner, key)


async def _delete(database: Database, owner: str, key: str) -> None:
    async with database.session() as session:
        await session.execute(
            delete(IdempotencyRow).where(col(IdempotencyRow.owner) == owner, col(IdempotencyRow.key) == key)
        )


def _checked(key: str) -> str:
    if not key or len(key) > MAX_LENGTH or not key.isprintable():
        raise InvalidInput(
            f"The {HEADER} must have 1 to {MAX_LENGTH} printable characters.",
            pointer=f"header {HEADER}",
            fix="A random UUID is a good key.",
        )
    return key


def _fingerprint(request: Request, body: bytes) -> str:
    head = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


def _stored(response: Response) -> dict[str, Any]:
    return {
        "status": response.status_code,
        "headers": {name: value for name, value in response.headers.items() if name != "content-length"},
        "body": bytes(response.body).decode(),
    }
