"""A real HTTP server that takes POSTs, answers as told, and remembers what came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One POST."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The document in it."""
        return orjson.loads(self.body)

    def verified(self, secret: str) -> Any:
        """The document, if the Standard Webhooks signature is right. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass(frozen=True)
class Says:
    """One answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"data": true}'


@dataclass
class Receiver:
    """What the server does, and what came."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[Says] = field(default_factory=list)
    """One a POST, then 200 again and again."""
    judge: Callable[[Received], Says] | None = None
    """Answers instead."""
    silent: bool = False
    """It takes POSTs and never answers."""
    silent_at: str = ""
    """The same, at this path only."""

    async def handle(self, request: web.Request) -> web.Response:
        """Any path."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        one = Received(request.path, headers, await request.read())
        self.received.append(one)
        if self.silent or self.silent_at == one.path:
            await asyncio.sleep(60)
        says = self.judge(one) if self.judge else self.answers.pop(0) if self.answers else Says()
        return web.Response(status=says.status, headers=says.headers, body=says.body)


@asynccontextmanager
async def http_receiver() -> AsyncIterator[Receiver]:
    """A server on a free port, for the length of the block."""
    receiver = Receiver()
    app = web.Application(client_max_size=2**22)
    app.router.add_post("/{tail:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
