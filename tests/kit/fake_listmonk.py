"""A listmonk as far as transactional messages go: the same refusals, and what it would have sent.

After `cmd/tx.go` of listmonk 5: `POST /api/tx` with an API user's token.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.kit.http_receiver import Received, Receiver, Says, http_receiver


@dataclass
class FakeListmonk:
    """Knows one API user and one transactional template, number 7."""

    receiver: Receiver
    token: str = "token api:secret"
    templates: frozenset[int] = frozenset({7})
    messengers: frozenset[str] = frozenset({"email"})
    sent: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its root."""
        return self.receiver.url

    def judge(self, request: Received) -> Says:
        """What listmonk answers."""
        if request.path != "/api/tx":
            return _error(404, "not found")
        if request.headers.get("authorization") != self.token:
            return _error(403, "invalid API credentials")
        message = request.json
        if not message.get("subscriber_email") or message.get("subscriber_mode") not in ("default", "fallback"):
            return _error(400, "Missing required fields: subscriber_email or subscriber_id")
        if message["template_id"] not in self.templates:
            return _error(400, f"Template {message['template_id']} not found")
        if message["messenger"] not in self.messengers:
            return _error(400, f"Unknown messenger {message['messenger']}")
        self.sent.append(message)
        return Says()


def _error(status: int, text: str) -> Says:
    return Says(status, body=orjson.dumps({"message": text}))


@asynccontextmanager
async def fake_listmonk() -> AsyncIterator[FakeListmonk]:
    """On a free port, for the length of the block."""
    async with http_receiver() as receiver:
        listmonk = FakeListmonk(receiver)
        receiver.judge = listmonk.judge
        yield listmonk
