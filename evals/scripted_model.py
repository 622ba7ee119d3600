"""An OpenAI-compatible model server that does as it is told: be slow, fail, hang, answer garbage, obey anyone.

It is how we show that an e-mail goes out before its deadline whatever the model does. In a test:

    async with ScriptedModel("A bell you can hear.", latency_ms=50) as model:
        model.enqueue(Fail(429, retry_after=1), Garble("truncated"))
        ...                                  # talk to model.api_base
    assert model.calls[0].messages[-1]["content"] == "..."

As a process of its own, for benchmarks: `python -m evals.scripted_model --latency-ms 200 --port 0`, which
prints its base URL as the first line.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Literal, Self

from aiohttp import web

GarbleKind = Literal["not_json", "no_choices", "null_content", "truncated", "huge", "wrong_type", "reset"]
HUGE_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class Say:
    """A well-formed answer."""

    text: str
    finish_reason: str = "stop"


@dataclass(frozen=True)
class Fail:
    """An HTTP error with OpenAI's error body; `retry_after` in seconds becomes the header."""

    status: int = 500
    retry_after: float | None = None


@dataclass(frozen=True)
class Hang:
    """No answer, ever."""


@dataclass(frozen=True)
class Garble:
    """Status 200 and something no client can use."""

    kind: GarbleKind = "not_json"


Reply = Say | Fail | Hang | Garble


@dataclass
class Call:
    """One request as it came, and how it ended."""

    body: dict[str, Any]
    headers: dict[str, str]
    reply: Reply
    ended: Literal["open", "answered", "abandoned"] = "open"
    """`abandoned`: the client hung up first."""

    @property
    def messages(self) -> list[dict[str, str]]:
        """The chat messages, each with `role` and `content`."""
        return list(self.body.get("messages", []))

    @property
    def prompt(self) -> str:
        """All contents in one string, to search in."""
        return "\n".join(message.get("content", "") for message in self.messages)


Answer = str | Reply | Callable[[Call], str | Reply]

_ORDER = re.compile(
    r"(?:ignore|disregard|forget|repeat|print|say|write|include|add|output|reveal|tell)\b[^\n.!]*[.!]?",
    re.IGNORECASE,
)


def obedient(call: Call) -> Say:
    """Repeats every instruction found in the newest message: what a fully hijacked model would do."""
    newest = call.messages[-1]["content"] if call.messages else ""
    return Say(" ".join(_ORDER.findall(newest)) or "As you wish.")


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
        model: str = "scripted",
        seed: int = 0,
    ) -> None:
        self.answer = answer
        self.latency_ms = latency_ms
        self.fail_share = fail_share
        self.failure = failure
        self.hang_share = hang_share
        self.model = model
        self.calls: list[Call] = []
        self.port = 0
        self._random = random.Random(seed)  # noqa: S311 - which call fails is no secret
        self._queue: deque[Reply] = deque()
        self._runner: web.AppRunner | None = None

    @property
    def api_base(self) -> str:
        """What an OpenAI client wants as its base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def enqueue(self, *replies: str | Reply) -> None:
        """These answer the next calls, in order, before anything else applies."""
        self._queue.extend(_as_reply(reply) for reply in replies)

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=1024)
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
        self.calls.append(call)
        try:
            await asyncio.sleep(self.latency_ms / 1000)
            response = await self._respond(request, call.reply)
        except asyncio.CancelledError:
            call.ended = "abandoned"
            raise
        call.ended = "answered"
        return response

    def _decide(self, call: Call) -> Reply:
        if self._queue:
            return self._queue.popleft()
        draw = self._random.random()
        if draw < self.fail_share:
            return self.failure
        if draw < self.fail_share + self.hang_share:
            return Hang()
        return _as_reply(self.answer(call) if callable(self.answer) else self.answer)

    async def _respond(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        if isinstance(reply, Hang):
            await asyncio.Event().wait()
        if isinstance(reply, Fail):
            return _failure(reply)
        if isinstance(reply, Garble):
            return _garbled(request, reply.kind, self.model)
        assert isinstance(reply, Say)
        return web.json_response(_completion(reply.text, reply.finish_reason, self.model))

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": self.model, "object": "model"}]})

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})


def _as_reply(reply: str | Reply) -> Reply:
    return Say(reply) if isinstance(reply, str) else reply


def _completion(text: str | None, finish_reason: str, model: str) -> dict[str, Any]:
    words = len((text or "").split())
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": words, "total_tokens": 10 + words},
    }


def _failure(reply: Fail) -> web.Response:
    headers = {} if reply.retry_after is None else {"Retry-After": f"{reply.retry_after:g}"}
    error = {"error": {"message": f"scripted {reply.status}", "type": "scripted", "code": reply.status}}
    return web.json_response(error, status=reply.status, headers=headers)


def _garbled(request: web.Request, kind: GarbleKind, model: str) -> web.Response:
    if kind == "reset":
        assert request.transport is not None
        request.transport.abort()
    whole = web.json_response(_completion("A sentence.", "stop", model)).text or ""
    return {
        "not_json": web.Response(text="<html><body>502 Bad Gateway</body></html>", content_type="text/html"),
        "no_choices": web.json_response({"id": "x", "object": "chat.completion", "choices": []}),
        "null_content": web.json_response(_completion(None, "stop", model)),
        "truncated": web.Response(text=whole[: len(whole) // 2], content_type="application/json"),
        "huge": web.json_response(_completion("word " * (HUGE_CHARACTERS // 5), "stop", model)),
        "wrong_type": web.Response(body=b"\x89PNG\r\n\x1a\n", content_type="image/png"),
        "reset": web.Response(),
    }[kind]


async def _serve(arguments: argparse.Namespace) -> None:
    model = ScriptedModel(
        arguments.answer,
        latency_ms=arguments.latency_ms,
        fail_share=arguments.fail_share,
        hang_share=arguments.hang_share,
    )
    await model.start(arguments.port)
    sys.stdout.write(model.api_base + "\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await model.stop()


def main(argv: list[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m evals.scripted_model", description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--fail-share", type=float, default=0.0, help="share of calls answered with a 500")
    parser.add_argument("--hang-share", type=float, default=0.0, help="share of calls never answered")
    parser.add_argument("--answer", default="A plain sentence about a plain thing.")
    try:
        asyncio.run(_serve(parser.parse_args(argv)))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
