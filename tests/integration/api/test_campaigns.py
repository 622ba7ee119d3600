"""Brands and campaigns over HTTP: versions, near matches, pointers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

BRAND: dict[str, Any] = {
    "id": "leaf",
    "name": "Leaf & Kettle",
    "url": "https://leaf.example",
    "domain": "leaf.example",
    "currency": "GBP",
    "sender": {"name": "Leaf & Kettle", "email": "hello@leaf.example"},
    "postal_address": "1 Mill Lane, Leeds LS1 1AA",
    "voice": {"description": "warm and plain"},
    "public_url": "https://mail.leaf.example",
}
CAMPAIGN: dict[str, Any] = {"id": "spring", "name": "Spring", "flow": "newsletter", "brand": "leaf"}


@pytest.fixture
async def brand(client: Client, headers: dict[str, str]) -> dict[str, Any]:
    """A saved brand."""
    answer = await client.put("/v1/brands/leaf", json=BRAND, headers=headers)
    assert answer.status_code == 200
    saved: dict[str, Any] = answer.json()
    return saved


async def test_a_brand_comes_back_as_it_was_saved(
    client: Client, headers: dict[str, str], brand: dict[str, Any]
) -> None:
    assert (await client.get("/v1/brands/leaf", headers=headers)).json() == brand
    assert (await client.get("/v1/brands", headers=headers)).json()["data"] == [brand]


async def test_a_changed_campaign_is_a_new_version_and_an_unchanged_one_is_not(
    client: Client, headers: dict[str, str], brand: dict[str, Any]
) -> None:
    first = await client.post("/v1/campaigns", json=CAMPAIGN, headers=headers)
    again = await client.put("/v1/campaigns/spring", json=CAMPAIGN, headers=headers)
    changed = await client.put("/v1/campaigns/spring", json=CAMPAIGN | {"name": "Late spring"}, headers=headers)
    assert first.status_code == 201
    assert first.headers["location"] == "/v1/campaigns/spring"
    assert [answer.json()["version"] for answer in (first, again, changed)] == [1, 1, 2]


async def test_an_older_version_can_still_be_read(
    client: Client, headers: dict[str, str], brand: dict[str, Any]
) -> None:
    await client.post("/v1/campaigns", json=CAMPAIGN, headers=headers)
    await client.post("/v1/campaigns", json=CAMPAIGN | {"name": "Late spring"}, headers=headers)
    old = await client.get("/v1/campaigns/spring", params={"version": 1}, headers=headers)
    assert old.json()["campaign"]["name"] == "Spring"


async def test_an_unknown_campaign_lists_near_matches(
    client: Client, headers: dict[str, str], brand: dict[str, Any]
) -> None:
    await client.post("/v1/campaigns", json=CAMPAIGN, headers=headers)
    answer = await client.get("/v1/campaigns/sprnig", headers=headers)
    assert answer.status_code == 404
    assert "spring" in answer.json()["fix"]


async def test_a_campaign_needs_its_brand_first(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post("/v1/campaigns", json=CAMPAIGN, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_brand")


async def test_a_misspelt_field_deep_inside_is_pointed_at(client: Client, headers: dict[str, str]) -> None:
    body = CAMPAIGN | {"brief": {"limits": {"cuont": 3}}}
    answer = await client.post("/v1/campaigns", json=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/brief/limits/cuont"


async def test_address_and_document_must_agree(client: Client, headers: dict[str, str]) -> None:
    answer = await client.put("/v1/brands/other", json=BRAND, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/id")


async def test_the_list_walks_by_cursor(client: Client, headers: dict[str, str], brand: dict[str, Any]) -> None:
    for name in ("autumn", "spring", "summer"):
        await client.post("/v1/campaigns", json=CAMPAIGN | {"id": name}, headers=headers)
    first = (await client.get("/v1/campaigns", params={"limit": 2}, headers=headers)).json()
    rest = await client.get("/v1/campaigns", params={"cursor": first["next_cursor"]}, headers=headers)
    assert [line["id"] for line in first["data"] + rest.json()["data"]] == ["autumn", "spring", "summer"]
    assert rest.json()["next_cursor"] is None


async def test_a_repeated_create_with_its_key_makes_one_version(
    client: Client, headers: dict[str, str], brand: dict[str, Any]
) -> None:
    keyed = headers | {"Idempotency-Key": "create-spring"}
    answers = [await client.post("/v1/campaigns", json=CAMPAIGN, headers=keyed) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].status_code == 201
    assert answers[1].headers["location"] == "/v1/campaigns/spring"
