"""`Idempotency-Key`: a repeated request gets the first one's answer (draft-ietf-httpapi-idempotency-key-header-07).

Same key and payload: the stored answer. Same key, other payload: 422. First one still working: 409. Answers are
kept for 24 hours; failures are not kept, so that a retry tries again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from anyio import CancelScope
from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.access import house_of
from api.auth import authenticate
from api.errors import KeyReused, StillInFlight
from api.tables import IdempotencyRow
from store import clock
from store.database import Database
from store.errors import InvalidInput

HEADER = "Idempotency-Key"
KEEP = timedelta(hours=24)
LEASE = timedelta(minutes=5)
"""A request in flight for longer was killed: its key is free again. Above every deadline we grant."""
MAX_LENGTH = 255

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class IdempotentRoute(APIRoute):
    """A route class whose routes honour `Idempotency-Key` on methods that write."""

    def get_route_handler(self) -> Handler:
        """Wrap the route's own handler."""
        handler = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method == "GET":
                return await handler(request)
            return await _answer_once(request, _checked(key), handler)

        return once


async def _answer_once(request: Request, key: str, handler: Handler) -> Response:
    # Before anything is stored: a stranger must not be able to fill the table.
    owner = (await authenticate(request)).id
    database = house_of(request).database
    async with database.session() as session:
        stored = await claim(session, owner, key, await _fingerprint(request))
    if stored is not None:
        return _replayed(stored)
    try:
        response = await handler(request)
    except BaseException:  # Cancellation too: whatever ended it, the key must not stay in flight.
        await _forget(database, owner, key)
        raise
    async with database.session() as session:
        await keep(session, owner, key, _stored(response))
    return response


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


async def _insert(session: AsyncSession, row: IdempotencyRow) -> None:
    # PostgreSQL lets two first requests see no row; the primary key lets one of them through.
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise _in_flight() from error


def _in_flight() -> StillInFlight:
    return StillInFlight(
        "The first request with this key is still being worked on.", fix="Repeat it in a moment."
    )


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


async def _fingerprint(request: Request) -> str:
    head = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(head + await request.body()).hexdigest()


def _stored(response: Response) -> dict[str, Any]:
    return {
        "status": response.status_code,
        "headers": {name: value for name, value in response.headers.items() if name != "content-length"},
        "body": bytes(response.body).decode(),
    }


def _replayed(answer: dict[str, Any]) -> Response:
    headers = {**answer["headers"], "Idempotency-Replayed": "true"}
    return Response(answer["body"], answer["status"], headers)
