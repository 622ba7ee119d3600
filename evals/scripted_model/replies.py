"""What a scripted model is asked, what it may say, and how that looks on the wire."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

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
    """An HTTP error with OpenAI's error body.

    `retry_after` becomes the header `Retry-After` (RFC 9110, 10.2.3): a number of seconds, or a date as it stands.
    """

    status: int = 500
    code: str | None = None
    """OpenAI's error code, where the status does not say it all: `insufficient_quota`."""
    retry_after: float | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


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

    @cached_property
    def prompt(self) -> str:
        """All contents in one string, to search in."""
        return "\n".join(message.get("content", "") for message in self.messages)

    @cached_property
    def key(self) -> str:
        """32 hex digits of SHA-256 over prompt and seed: the same when the same thing is asked again."""
        return hashlib.sha256(f"{self.body.get('seed')}\n{self.prompt}".encode()).hexdigest()[:32]


Answer = str | Reply | Callable[[Call], str | Reply]

_ORDER = re.compile(
    r"(?:ignore|disregard|forget|repeat|print|say|write|include|add|output|reveal|tell)\b[^\n.!]*[.!]?",
    re.IGNORECASE,
)


def obedient(call: Call) -> Say:
    """Repeats every instruction found in the newest message: what a fully hijacked model would do."""
    newest = call.messages[-1]["content"] if call.messages else ""
    return Say(" ".join(_ORDER.findall(newest)) or "As you wish.")


def as_reply(reply: str | Reply) -> Reply:
    """A bare text is something to say."""
    return Say(reply) if isinstance(reply, str) else reply


def response_to(request: web.Request, reply: Say | Fail | Garble, model: str) -> web.Response:
    """The reply as an HTTP response."""
    if isinstance(reply, Fail):
        return _failure(reply)
    if isinstance(reply, Garble):
        return _garbled(request, reply.kind, model)
    return web.json_response(_completion(reply.text, reply.finish_reason, model))


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
    headers = dict(reply.headers)
    if isinstance(reply.retry_after, str):
        headers["Retry-After"] = reply.retry_after
    elif reply.retry_after is not None:
        # The RFC knows whole seconds only; the exact time goes the way OpenAI's servers tell it.
        headers["Retry-After"] = str(math.ceil(reply.retry_after))
        headers["retry-after-ms"] = f"{reply.retry_after * 1000:.0f}"
    error = {
        "error": {
            "message": f"scripted {reply.code or reply.status}",
            "type": "scripted",
            "code": reply.code or reply.status,
        }
    }
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
