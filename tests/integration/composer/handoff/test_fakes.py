"""The far sides of these tests do what the real ones do."""

from __future__ import annotations

from typing import Any

import aiohttp
import aiosmtplib
import pytest

from tests.kit.fake_listmonk import fake_listmonk
from tests.kit.smtp_server import smtp_server

pytestmark = pytest.mark.anyio

MESSAGE = {
    "subscriber_email": "c@post.example",
    "subscriber_mode": "fallback",
    "template_id": 7,
    "messenger": "email",
    "data": {"html": "<p>Tea</p>"},
}
TOKEN = {"Authorization": "token api:secret"}


@pytest.mark.parametrize(
    ("path", "headers", "change", "status"),
    [
        ("/api/tx", TOKEN, {}, 200),
        ("/api/tx", {}, {}, 403),
        ("/api/tx", {"Authorization": "token api:guess"}, {}, 403),
        ("/api/tx", TOKEN, {"subscriber_email": ""}, 400),
        ("/api/tx", TOKEN, {"template_id": 8}, 400),
        ("/api/tx", TOKEN, {"messenger": "pigeon"}, 400),
        ("/api/other", TOKEN, {}, 404),
    ],
)
async def test_the_listmonk_takes_and_refuses_as_listmonk_does(
    path: str, headers: dict[str, str], change: dict[str, Any], status: int
) -> None:
    async with fake_listmonk() as listmonk, aiohttp.ClientSession() as client:
        answer = await client.post(listmonk.url + path, json=MESSAGE | change, headers=headers)
        assert answer.status == status
    assert listmonk.sent == ([MESSAGE] if status == 200 else [])


async def test_the_relay_counts_connections_greylists_and_hangs_up() -> None:
    async with smtp_server() as mailbox:
        mailbox.greylists, mailbox.hangs_up_after = True, 1
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=mailbox.port, start_tls=False) as client:
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
                await client.sendmail("a@shop.example", ["c@post.example"], b"X-Penfriend-Key: k\r\n\r\nhi\r\n")
            with pytest.raises(aiosmtplib.SMTPServerDisconnected):
                await client.sendmail("a@shop.example", ["c@post.example"], b"X-Penfriend-Key: k\r\n\r\nhi\r\n")
        assert (mailbox.connections, mailbox.keys["k"]) == (1, 1)
