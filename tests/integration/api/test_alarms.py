"""Alarms over the API and in Prometheus."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api import guarding
from composer.harm.model import Limits
from store import clock
from store.database import Database
from tests.integration.api.conftest import Authorized, Client
from tests.kit.decisions import decision

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alarm(sqlite_database: Database) -> str:
    async with sqlite_database.session() as session:
        for number in range(200):
            at = clock.now() - timedelta(days=1)
            session.add(decision(number, at, complained=number < 30, final=False))
    return (await guarding.guard(sqlite_database, Limits())).raised[0].id


async def test_an_alarm_is_listed_closed_with_a_reason_and_kept(
    client: Client, authorized: Authorized, alarm: str
) -> None:
    reader, writer = await authorized("read"), await authorized("write")
    [listed] = (await client.get("/v1/alarms?standing=true", headers=reader)).json()["data"]
    assert listed["id"] == alarm
    assert "30 were reported as spam" in listed["sentence"]
    assert (await client.post(f"/v1/alarms/{alarm}/close", json={"reason": "seen"}, headers=reader)).status_code == 403
    assert (await client.post(f"/v1/alarms/{alarm}/close", json={}, headers=writer)).status_code == 422
    closed = await client.post(f"/v1/alarms/{alarm}/close", json={"reason": "A wrong list."}, headers=writer)
    assert closed.json()["reason"] == "A wrong list."
    assert (await client.post(f"/v1/alarms/{alarm}/close", json={"reason": "x"}, headers=writer)).status_code == 409
    assert (await client.get("/v1/alarms?standing=true", headers=reader)).json()["data"] == []
    after = (await client.get("/v1/alarms", headers=reader)).json()
    assert after["data"][0]["closed_at"]
    assert after["judged_at"]


async def test_an_unknown_alarm_is_not_found(client: Client, authorized: Authorized) -> None:
    answer = await client.post("/v1/alarms/alm_no/close", json={"reason": "x"}, headers=await authorized("write"))
    assert answer.status_code == 404


async def test_prometheus_counts_what_stands_and_names_nobody(
    client: Client, authorized: Authorized, alarm: str
) -> None:
    told = (await client.get("/metrics", headers=await authorized("metrics"))).text
    assert 'penfriend_harm_alarms{level="campaign"} 1.0' in told
    assert 'penfriend_harm_alarms{level="shop"} 0.0' in told
    assert "spring" not in told
