"""A NUL in an id or a name is the sender's mistake, and is named; nobody meets it as an error of the database."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.conftest import Authorized, Client

pytestmark = pytest.mark.anyio

IDENTIFY = {"type": "identify", "messageId": "m1", "userId": "ada"}
PRODUCT = {"title": "Tin", "link": "https://shop.example/p", "price": "4.00", "currency": "GBP"}


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        pytest.param("POST", "/v1/compose", {"campaign": "a", "customer": "a\x00b"}, "/customer", id="compose"),
        pytest.param(
            "POST", "/v1/compose", {"campaign": "a\x00", "customer": "b"}, "/campaign", id="compose, campaign"
        ),
        pytest.param("GET", "/v1/customers/a%00b", None, "path external_id", id="read a customer"),
        pytest.param("PUT", "/v1/customers/a%00b", {"traits": {}}, "path external_id", id="write a customer"),
        pytest.param(
            "PUT", "/v1/customers/ada", {"traits": {"tags": ["x", "a\x00"]}}, "/traits/tags/1", id="in a list"
        ),
        pytest.param(
            "PUT", "/v1/customers/ada", {"traits": {"a/b": {"c~d": "\x00"}}}, "/traits/a~1b/c~0d", id="below odd keys"
        ),
        pytest.param("PUT", "/v1/customers/ada", {"traits": {"a\x00": 1}}, "/traits", id="a key"),
        pytest.param("PUT", "/v1/products/a%00b", PRODUCT, "path product_id", id="a product's id"),
        pytest.param("PUT", "/v1/products/tin", {**PRODUCT, "brand": "a\x00"}, "/brand", id="a product's brand"),
        pytest.param("GET", "/v1/products?cursor=a%00b", None, "?cursor", id="a parameter"),
        pytest.param(
            "POST",
            "/v1/campaigns/autumn/runs",
            {"audience": {"kind": "customers", "customers": ["ada", "b\x00"]}},
            "/audience/customers/1",
            id="a run's audience",
        ),
        pytest.param(
            "POST", "/v1/campaigns/a%00/runs", {"audience": {"kind": "everyone"}}, "path campaign_id", id="run"
        ),
        pytest.param("POST", "/v1/track", {**IDENTIFY, "event": "X", "userId": "a\x00"}, "/userId", id="an event"),
    ],
)
async def test_the_field_is_named(
    client: Client, authorized: Authorized, method: str, path: str, body: dict[str, Any] | None, pointer: str
) -> None:
    headers = await authorized("admin")
    answer = await client.request(method, path, headers=headers, json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert "NUL" in answer.json()["detail"]


async def test_one_event_of_a_batch_is_refused_and_the_others_are_taken(client: Client, authorized: Authorized) -> None:
    """Its id without the NUL would be somebody else's. A NUL within what is told of them is cleaned out."""
    wrong = [
        {**IDENTIFY, "messageId": f"m-{field}", field: "a\x00"} for field in ("userId", "anonymousId", "messageId")
    ]
    sound = {**IDENTIFY, "traits": {"city": "Whit\x00by"}}
    answer = await client.post("/v1/batch", headers=await authorized("ingest"), json={"batch": [*wrong, sound]})
    said = answer.json()
    assert said["accepted"] == 1
    assert [one["pointer"] for one in said["rejected"]] == [
        "/batch/0/userId",
        "/batch/1/anonymousId",
        "/batch/2/messageId",
    ]


async def test_a_puller_is_answered_as_ever(client: Client, authorized: Authorized) -> None:
    answer = await client.get("/v1/content/autumn/a%00b", headers=await authorized("compose"))
    assert (answer.status_code, answer.json()["abort"], answer.json()["reason"]) == (200, True, "invalid_request")
