"""Around every request: an id, a log line without personal data, and an answer even when our own code breaks."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from uuid import uuid4

import structlog
from fastapi import Request
from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from composer import telemetry

log = structlog.get_logger("penfriend.http")

Refusal = Callable[[Request, Exception], Awaitable[Response]]
"""The answer to an error."""
CLIENT_LEFT = 499
"""nginx's word in logs and metrics for who hung up before there was an answer; nobody is left to be told."""
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestEnvelope:
    """ASGI middleware: `X-Request-Id` in and out, one log line a request, an answer to what nobody caught."""

    def __init__(self, app: ASGIApp, *, on_bug: Callable[[Request], Response]) -> None:
        """`on_bug` makes that answer."""
        self.app = app
        self._on_bug = on_bug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; websocket and lifespan scopes pass through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, _request_id(scope))
        scope["penfriend.request_id"] = answer.request_id
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=answer.request_id):
            method = telemetry.known_method(scope["method"])
            with telemetry.span(method, {telemetry.HTTP_METHOD: method}, SpanKind.SERVER) as span:
                try:
                    await self.app(scope, receive, answer.send)
                except ClientDisconnect:
                    answer.status = answer.status or CLIENT_LEFT
                # The last line of defence: a caller gets a problem with an id to quote, never a traceback.
                except Exception as error:  # noqa: BLE001
                    await self._broke(error, scope, receive, answer)
                span.update_name(f"{method} {_route(scope)}")
                span.set_attributes({telemetry.HTTP_ROUTE: _route(scope), telemetry.HTTP_STATUS: answer.status})
            telemetry.served(method, _route(scope), answer.status, time.perf_counter() - started)
            log.info(
                "request",
                method=scope["method"],
                route=_route(scope),
                status=answer.status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )

    async def _broke(self, error: Exception, scope: Scope, receive: Receive, answer: _Answer) -> None:
        log.error("unhandled", error=type(error).__name__, where=where_it_broke(error), route=_route(scope))
        if answer.status:
            return
        await self._on_bug(Request(scope))(scope, receive, answer.send)


class BodyLimit:
    """ASGI middleware: 413 for bodies over `limit` bytes, or over `upload_limit` on routes that take files."""

    def __init__(
        self, app: ASGIApp, *, limit: int, upload_limit: int, uploads: re.Pattern[str], refuse: Refusal
    ) -> None:
        """`uploads` matches the paths of those routes; `refuse` makes the answer."""
        self.app = app
        self._limit = limit
        self._upload_limit = upload_limit
        self._uploads = uploads
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes; a declared length over the limit is refused before anything is read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._upload_limit if self._uploads.fullmatch(scope["path"]) else self._limit
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isascii() and declared.isdigit() and int(declared) > limit:
            refusal = await self._refuse(Request(scope, receive), _too_large(limit))
            await refusal(scope, receive, send)
            return
        await self.app(scope, _counting(receive, limit), send)


def _counting(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            # The one exception that FastAPI lets through while it reads a body.
            raise _too_large(limit)
        return message

    return counted


def _too_large(limit: int) -> HTTPException:
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body has more than {limit:,} bytes.")


class _Answer:
    """Remembers the status that was sent, and adds the request id to it."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self.request_id.encode())]
        await self._send(message)


def where_it_broke(error: BaseException) -> list[str]:
    """File and line of each frame, innermost last. The message is left out: it may quote personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _GIVEN_ID.fullmatch(given) else f"req_{uuid4().hex}"


def _route(scope: Scope) -> str:
    # The template, not the path: paths hold customer ids.
    return getattr(scope.get("route"), "path", None) or "unmatched"
