"""What the envelope makes of a request whose sender is gone."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from api.middleware import RequestEnvelope


async def _reads_the_body(scope: Scope, receive: Receive, send: Send) -> None:
    await Request(scope, receive).body()
    pytest.fail("There was no body to read.")


async def test_who_hangs_up_while_speaking_is_no_fault_of_ours() -> None:
    sent: list[Message] = []

    async def hung_up() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    envelope = RequestEnvelope(_reads_the_body, on_bug=lambda request: Response(status_code=500))
    scope = {"type": "http", "method": "POST", "path": "/studio/preview", "headers": []}
    with capture_logs() as lines:
        await envelope(scope, hung_up, send)
    assert sent == []
    assert [(line["event"], line["status"]) for line in lines] == [("request", 499)]
