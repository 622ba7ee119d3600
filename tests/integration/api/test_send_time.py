"""When to write to somebody, over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.house import House
from store import clock
from tests.integration.api.conftest import Client
from tests.kit.emails_told import told_email

pytestmark = pytest.mark.anyio

TOKYO = ZoneInfo("Asia/Tokyo")
BRAND: dict[str, Any] = {
    "id": "leaf",
    "name": "Leaf & Kettle",
    "url": "https://leaf.example",
    "domain": "leaf.example",
    "currency": "GBP",
    "timezone": "Asia/Tokyo",
    "sender": {"name": "Leaf & Kettle", "email": "hello@leaf.example"},
    "postal_address": "1 Mill Lane, Leeds LS1 1AA",
    "voice": {"description": "warm and plain"},
    "public_url": "http://localhost:8000",
    "quiet_hours": {"start": "19:00", "end": "10:00"},
}


async def _reads_in_the_evening(client: Client, headers: dict[str, str], **traits: str) -> None:
    """Every day of the last five weeks at twenty past eight, Tokyo time."""
    evening = clock.now().astimezone(TOKYO).replace(hour=20, minute=20, second=5)
    events = [{"type": "identify", "userId": "c42", "traits": {"firstName": "Ada", **traits}}] + [
        {
            "type": "track",
            "userId": "c42",
            "event": "Email Opened",
            "timestamp": (evening - timedelta(days=days)).isoformat(),
        }
        for days in range(1, 36)
    ]
    await client.post("/v1/batch", json={"batch": events}, headers=headers)


async def _asked(client: Client, headers: dict[str, str], **query: str) -> dict[str, Any]:
    answer = await client.get("/v1/customers/c42/send-time", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_the_window_is_by_the_customers_own_clock(client: Client, headers: dict[str, str]) -> None:
    await _reads_in_the_evening(client, headers, timezone="Asia/Tokyo")
    told = await _asked(client, headers)
    window = told["window"]
    assert window["timezone"] == "Asia/Tokyo"
    assert window["from_hour"] <= 20 < window["to_hour"]
    at = datetime.fromisoformat(told["at"]).astimezone(TOKYO)
    assert window["from_hour"] <= at.hour < window["to_hour"]
    assert at.weekday() in window["weekdays"]


async def test_without_a_time_zone_the_brands_clock_is_taken(client: Client, headers: dict[str, str]) -> None:
    await client.put("/v1/brands/leaf", json=BRAND, headers=headers)
    await _reads_in_the_evening(client, headers)
    window = (await _asked(client, headers, brand="leaf"))["window"]
    assert window["timezone"] == "Asia/Tokyo"
    assert window["from_hour"] <= 20 < window["to_hour"]


async def test_quiet_hours_hold_where_they_leave_nothing_of_the_window(client: Client, headers: dict[str, str]) -> None:
    await client.put("/v1/brands/leaf", json=BRAND, headers=headers)
    await _reads_in_the_evening(client, headers)
    told = await _asked(client, headers, brand="leaf")
    assert 10 <= datetime.fromisoformat(told["at"]).astimezone(TOKYO).hour < 19


async def test_nothing_is_recommended_after_the_last_moment(client: Client, headers: dict[str, str]) -> None:
    await _reads_in_the_evening(client, headers, timezone="Asia/Tokyo")
    told = await _asked(client, headers, not_after=(clock.now() - timedelta(days=1)).isoformat())
    assert told["at"] is None


async def test_a_moment_too_far_away_is_refused(client: Client, headers: dict[str, str]) -> None:
    await _reads_in_the_evening(client, headers)
    query = {"not_before": "9999-12-31T23:59:59Z"}
    answer = await client.get("/v1/customers/c42/send-time", params=query, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/not_before")


async def test_an_unknown_customer_and_an_unknown_brand_are_told(client: Client, headers: dict[str, str]) -> None:
    unknown = await client.get("/v1/customers/nobody/send-time", headers=headers)
    await _reads_in_the_evening(client, headers)
    brand = await client.get("/v1/customers/c42/send-time", params={"brand": "none"}, headers=headers)
    assert (unknown.status_code, brand.status_code) == (404, 404)


async def test_the_memory_says_what_they_respond_to(client: Client, headers: dict[str, str]) -> None:
    await _reads_in_the_evening(client, headers)
    memory = (await client.get("/v1/customers/c42/memory", headers=headers)).json()
    assert memory["responses"]["rates"]["clicked"]["emails"] == 0
    assert memory["send_window"]["reason"]


async def test_what_a_machine_opened_counts_for_nothing(client: Client, house: House, headers: dict[str, str]) -> None:
    await client.post("/v1/identify", json={"userId": "c42", "traits": {"email": "a@b.example"}}, headers=headers)
    email = await told_email(house.database, "c42")
    machine = {"type": "opened", "email_id": email.id, "machine": True}
    await client.post("/v1/outcomes", json={"outcomes": [machine]}, headers=headers)
    memory = (await client.get("/v1/customers/c42/memory", headers=headers)).json()
    assert memory["engagement"]["opened"] == 0
