"""The scripted model as a server: one endpoint for completions, and what it was asked."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Self

from aiohttp import web

from evals.scripted_model.faults import Faults, RateLimit
from evals.scripted_model.replies import Answer, Call, Fail, Garble, Hang, Reply, as_reply, response_to

BACKLOG = 4096
"""Connections that may wait to be accepted: a run opens hundreds at once."""


class ScriptedModel:
    """The server. Queued replies go first, then the shares of failures and hangs, then `answer`."""

    def __init__(
        self,
        answer: Answer = "A plain sentence about a plain thing.",
        *,
        latency_ms: float = 0.0,
        fail_share: float = 0.0,
        failure: Fail | Garble = Fail(),
        hang_share: float = 0.0,
        faults_once: bool = False,
        requests_per_minute: float | None = None,
        remember: bool = True,
        model: str = "scripted",
        seed: int = 0,
    ) -> None:
        """`faults_once`: see `Faults.once`. Beyond `requests_per_minute` calls get a 429 and are asked to come back.

        `remember` False keeps counts but no `calls`, for runs of many thousands.
        """
        self.answer = answer
        self.latency_ms = latency_ms
        self.model = model
        self.calls: list[Call] = []
        self.asked: Counter[str] = Counter()
        """Calls let through by `Call.key`: how often the same thing was asked."""
        self.refused = 0
        """Calls beyond the rate."""
        self.open = 0
        """Calls in flight."""
        self.most_open = 0
        self.port = 0
        self._faults = Faults(fail_share, failure, hang_share, faults_once, seed)
        self._limit = RateLimit(requests_per_minute) if requests_per_minute else None
        self._remember = remember
        self._queue: deque[Reply] = deque()
        self._runner: web.AppRunner | None = None

    @property
    def api_base(self) -> str:
        """What an OpenAI client wants as its base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def enqueue(self, *replies: str | Reply) -> None:
        """These answer the next calls, in order, before anything else applies."""
        self._queue.extend(as_reply(reply) for reply in replies)

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        app.router.add_get("/calls", self._counts)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=BACKLOG)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the socket and every open call."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Serve from a thread with an event loop of its own, for callers that have none."""
        ready, done = Event(), Event()

        async def serve() -> None:
            async with self:
                ready.set()
                await asyncio.to_thread(done.wait)

        thread = Thread(target=lambda: asyncio.run(serve()), name="scripted-model")
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            done.set()
            thread.join()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        call = Call(body=await request.json(), headers=dict(request.headers), reply=Hang())
        call.reply = self._decide(call)
        if self._remember:
            self.calls.append(call)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await asyncio.sleep(self.latency_ms / 1000)
            response = await self._respond(request, call.reply)
        except asyncio.CancelledError:
            call.ended = "abandoned"
            raise
        finally:
            self.open -= 1
        call.ended = "answered"
        return response

    def _decide(self, call: Call) -> Reply:
        refusal = self._limit.refuse() if self._limit and not self._queue else None
        if refusal is not None:
            self.refused += 1
            return refusal
        self.asked[call.key] += 1
        if self._queue:
            return self._queue.popleft()
        fault = self._faults.strike(call, self.asked[call.key])
        return fault or as_reply(self.answer(call) if callable(self.answer) else self.answer)

    async def _respond(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        if isinstance(reply, Hang):
            await asyncio.Event().wait()
        assert not isinstance(reply, Hang)
        response = response_to(request, reply, self.model)
        if self._limit is not None:
            response.headers.update(self._limit.headers())
        return response

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": self.model, "object": "model"}]})

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _counts(self, _: web.Request) -> web.Response:
        """What tests in other processes ask: `GET /calls`, beside the API's `/v1`."""
        return web.json_response(
            {
                "calls": self.asked.total(),
                "refused": self.refused,
                "open": self.open,
                "most_open": self.most_open,
                "prompts": self.asked,
            }
        )
