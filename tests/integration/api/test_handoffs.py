"""Hand-offs and webhook endpoints over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.house import House
from api.settings import Settings
from composer.handoff.settings import WebhookSettings
from tests.integration.api.conftest import Authorized, Client
from tests.kit.handoffs import HandoffShop
from tests.kit.http_receiver import http_receiver

pytestmark = pytest.mark.anyio

ENDPOINTS = "/v1/webhook-endpoints"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Webhooks may go to this machine."""
    return Settings(home=tmp_path, webhooks=WebhookSettings(private=True))


@pytest.fixture
async def shop(house: House) -> HandoffShop:
    """Three composed e-mails."""
    return await HandoffShop.open(house.database)


async def test_a_hand_off_is_started_steered_and_looked_at(
    client: Client, headers: dict[str, str], shop: HandoffShop
) -> None:
    begun = await client.post(f"/v1/runs/{shop.run}/handoffs", json={"channel": "smtp"}, headers=headers)
    assert (begun.status_code, begun.json()["tally"]["pending"]) == (202, 3)
    where = begun.headers["Location"]
    for verb, status in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        steered = await client.post(f"{where}/{verb}", headers=headers)
        assert (steered.status_code, steered.json()["status"]) == (200, status)
    assert (await client.post(f"{where}/resume", headers=headers)).status_code == 409
    assert (await client.post(f"{where}/retry", headers=headers)).status_code == 409
    assert (await client.get(where, headers=headers)).json()["tally"]["cancelled"] == 3
    listed = (await client.get(f"/v1/runs/{shop.run}/handoffs", headers=headers)).json()["data"]
    assert [one["id"] for one in listed] == [begun.json()["id"]]


async def test_deliveries_come_in_pages_and_by_status(
    client: Client, headers: dict[str, str], shop: HandoffShop
) -> None:
    where = f"/v1/handoffs/{(await shop.start()).id}/deliveries"
    page = (await client.get(f"{where}?limit=2", headers=headers)).json()
    rest = (await client.get(f"{where}?cursor={page['next_cursor']}", headers=headers)).json()
    assert [one["email_id"] for one in page["data"] + rest["data"]] == [email.id for email in shop.emails]
    assert (await client.get(f"{where}?status=sent", headers=headers)).json()["data"] == []
    assert (await client.get(f"{where}?cursor=bm9uZQ", headers=headers)).status_code == 422


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"channel": "pigeon"}, 422, "validation"),
        ({"channel": "smtp", "host": "evil.example"}, 422, "validation"),
        ({"channel": "webhook"}, 422, "validation"),
        ({"channel": "webhook", "endpoint": "whe_none"}, 404, "unknown_endpoint"),
    ],
)
async def test_what_cannot_be_handed_off_is_refused_with_its_reason(
    client: Client, headers: dict[str, str], shop: HandoffShop, body: dict[str, str], status: int, reason: str
) -> None:
    refused = await client.post(f"/v1/runs/{shop.run}/handoffs", json=body, headers=headers)
    assert (refused.status_code, refused.json()["reason"]) == (status, reason)


async def test_unknown_runs_and_hand_offs_are_named_and_a_key_needs_the_scope(
    client: Client, headers: dict[str, str], authorized: Authorized, shop: HandoffShop
) -> None:
    body = {"channel": "smtp"}
    assert (await client.post("/v1/runs/run_x/handoffs", json=body, headers=headers)).status_code == 404
    assert (await client.get("/v1/handoffs/hof_x", headers=headers)).status_code == 404
    assert (await client.get(f"{ENDPOINTS}/whe_x/deliveries", headers=headers)).status_code == 404
    reader = await authorized("read")
    assert (await client.post(f"/v1/runs/{shop.run}/handoffs", json=body, headers=reader)).status_code == 403
    assert (await client.post(ENDPOINTS, json={"url": "https://x.example"}, headers=reader)).status_code == 403


async def test_an_endpoint_is_added_tested_listed_and_forgotten(client: Client, headers: dict[str, str]) -> None:
    async with http_receiver() as receiver:
        added = await client.post(ENDPOINTS, json={"url": receiver.url}, headers=headers)
        assert added.status_code == 201
        secret, where = added.json()["secret"], added.headers["Location"]
        tested = await client.post(f"{where}/test", headers=headers)
        assert (tested.status_code, tested.json()["status"], tested.json()["code"]) == (200, "delivered", 200)
        assert receiver.received[0].verified(secret)["type"] == "webhook.test"
    (listed,) = (await client.get(ENDPOINTS, headers=headers)).json()["data"]
    assert "secret" not in listed
    assert "secret" not in (await client.get(where, headers=headers)).json()
    told = (await client.get(f"{where}/deliveries", headers=headers)).json()["data"]
    assert [one["type"] for one in told] == ["webhook.test"]
    assert (await client.delete(where, headers=headers)).status_code == 204
    assert (await client.get(where, headers=headers)).status_code == 404


async def test_an_event_type_that_does_not_exist_is_named(client: Client, headers: dict[str, str]) -> None:
    body = {"url": "https://x.example/hook", "types": ["run.exploded"]}
    refused = await client.post(ENDPOINTS, json=body, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/types/0"
