"""Whatever a caller sends, the answer is a problem with a way out, an id, and no traceback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.logs import configure_logs
from api.settings import Settings
from tests.integration.api.conftest import Client
from tests.kit.fake_composer import FakeComposer

pytestmark = pytest.mark.anyio

ASK = {"campaign": "spring", "customer": "c42"}


async def test_broken_json_is_400_with_the_place(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post(
        "/v1/compose", content='{"campaign": ', headers=headers | {"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"].startswith("character")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_another_media_type_is_415(client: Client, headers: dict[str, str], kind: str) -> None:
    answer = await client.post("/v1/compose", content=b"campaign=spring", headers=headers | {"content-type": kind})
    assert answer.status_code == 415


async def test_a_body_that_is_not_text_is_refused(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post(
        "/v1/compose", content=b"\xff\xfe{}", headers=headers | {"content-type": "application/json"}
    )
    assert answer.status_code == 400


async def test_nesting_beyond_reason_is_refused(client: Client, headers: dict[str, str]) -> None:
    deep = '{"properties":' + "[" * 40_000 + "]" * 40_000 + "}"
    answer = await client.post("/v1/track", content=deep, headers=headers | {"content-type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k1"}], ids=["plain", "idempotent"])
async def test_a_body_over_the_limit_is_413(
    client: Client, headers: dict[str, str], settings: Settings, declared: bool, key: dict[str, str]
) -> None:
    body = b"x" * (settings.max_body_bytes + 1)

    async def chunks() -> AsyncIterator[bytes]:
        yield body[:1000]
        yield body[1000:]

    answer = await client.post("/v1/compose", content=body if declared else chunks(), headers=headers | key)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/nope", 404),
        ("DELETE", "/v1/compose", 405),
        # Nobody has run the demo here: there is no folder.
        ("GET", "/demo/pictures/moka-blend.jpg", 404),
    ],
)
async def test_an_unknown_route_or_method_is_a_problem(client: Client, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"deadline_ms": 1}, "/deadline_ms"), ({"campaing": "x"}, "/campaing"), ({"customer": ""}, "/customer")],
)
async def test_a_wrong_field_is_named(
    client: Client, headers: dict[str, str], change: dict[str, object], pointer: str
) -> None:
    answer = await client.post("/v1/compose", json=ASK | change, headers=headers)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_our_own_fault_is_a_500_with_an_id_to_quote_and_nothing_else(
    client: Client, composer: FakeComposer, headers: dict[str, str]
) -> None:
    composer.failure = RuntimeError("password is hunter2")
    answer = await client.post("/v1/compose", json=ASK, headers=headers)
    assert answer.status_code == 500
    assert answer.json()["reason"] == "internal_error"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


async def test_a_callers_request_id_is_kept_when_it_is_harmless(client: Client) -> None:
    kept = await client.get("/healthz", headers={"X-Request-Id": "order-2026-11-21"})
    replaced = await client.get("/healthz", headers={"X-Request-Id": "<script>"})
    assert kept.headers["x-request-id"] == "order-2026-11-21"
    assert replaced.headers["x-request-id"].startswith("req_")


async def test_an_unknown_email_is_404_on_each_of_its_routes(client: Client, headers: dict[str, str]) -> None:
    for path in ("", "/html", "/message"):
        assert (await client.get(f"/v1/emails/msg_none{path}", headers=headers)).status_code == 404
    assert (await client.post("/v1/emails/msg_none/replay", headers=headers)).status_code == 404


async def test_an_email_can_be_read_in_each_form(client: Client, headers: dict[str, str]) -> None:
    email = (await client.post("/v1/compose", json=ASK, headers=headers)).json()
    assert (await client.get(f"/v1/emails/{email['id']}", headers=headers)).json() == email
    html = await client.get(f"/v1/emails/{email['id']}/html", headers=headers)
    message = await client.get(f"/v1/emails/{email['id']}/message", headers=headers)
    assert "sandbox" in html.headers["content-security-policy"]
    assert message.headers["content-type"] == "message/rfc822"
    assert message.content.startswith(b"Subject: Your tea\r\n")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/content/spring/c42",
        "/v1/content/spring/c42?deadline_ms=soon&format=pdf",
        "/v1/content/spring/a%2Fb?format=html",
        "/v1/content/" + "x" * 300 + "/c42?format=text",
        "/v1/content/spring/" + "x" * 300,
        "/v1/content/spring/%00",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("failure", [None, RuntimeError("boom")])
async def test_a_pull_is_always_200_and_never_empty(
    client: Client,
    composer: FakeComposer,
    headers: dict[str, str],
    path: str,
    method: str,
    failure: Exception | None,
) -> None:
    composer.failure = failure
    answer = await client.request(method, path, headers=headers)
    assert answer.status_code == 200
    assert answer.content
    assert answer.headers["x-penfriend-path"] in ("model", "template", "abort")
    assert "private" in answer.headers["cache-control"]


async def test_logs_say_the_route_and_not_the_customer(
    client: Client, headers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs()
    await client.get("/v1/content/spring/ada@example.com", headers=headers)
    await client.get("/v1/customers/ada@example.com", headers=headers)
    told = capsys.readouterr().err
    assert "ada@example.com" not in told
    assert "/v1/customers/{external_id}" in told
