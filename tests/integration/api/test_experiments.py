"""Experiments, holdout and groups over HTTP: what can be done, and what is refused with the field and the fix."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api import audit
from composer.campaigns import save_brand, save_campaign
from store import clock
from store.database import Database
from tests.integration.api.conftest import Authorized, Client
from tests.kit.factories import make_brand, make_campaign

pytestmark = pytest.mark.anyio

ARMS = [{"name": "control", "share": 0.5}, {"name": "plain", "share": 0.5, "model": "templates"}]
PLAN: dict[str, Any] = {"name": "Plain?", "campaigns": ["autumn"], "arms": ARMS}


@pytest.fixture(autouse=True)
async def campaigns(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(id="autumn"))


async def test_an_experiment_from_draft_to_its_end(
    client: Client, authorized: Authorized, sqlite_database: Database
) -> None:
    headers = await authorized("write", "read")
    made = await client.post("/v1/experiments", json=PLAN, headers=headers)
    assert made.status_code == 201
    address = made.headers["Location"]
    changed = await client.put(address, json={**PLAN, "hypothesis": "Nobody minds."}, headers=headers)
    assert changed.json()["plan"]["hypothesis"] == "Nobody minds."
    draft = (await client.get(address, headers=headers)).json()
    assert "would be in it" in draft["could_find"]
    assert (await client.post(f"{address}/start", headers=headers)).json()["status"] == "running"
    refused = await client.put(address, json=PLAN, headers=headers)
    assert (refused.status_code, refused.json()["reason"]) == (409, "already_started")
    report = (await client.get(address, headers=headers)).json()
    assert [arm["does"] for arm in report["arms"]] == ["The campaign as it is", "Templates only, no model"]
    assert report["arms"][1]["outcome"]["verdict"] == "nothing_yet"
    assert (await client.post(f"{address}/stop", headers=headers)).json()["status"] == "stopped"
    listed = (await client.get("/v1/experiments", headers=headers)).json()["data"]
    assert [one["status"] for one in listed] == ["stopped"]
    async with sqlite_database.session(readonly=True) as session:
        done = [entry.action for entry in await audit.entries(session, limit=10)]
    assert [one for one in done if one.startswith("experiment")] == [
        "experiment.stop", "experiment.start", "experiment.change", "experiment.create",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**PLAN, "arms": [ARMS[0], {**ARMS[1], "share": "much"}]}, "/arms/1/share"),
        ({**PLAN, "arms": [ARMS[0], {**ARMS[1], "share": 0.4}]}, "/arms"),
        ({**PLAN, "metric": "opens"}, "/metric"),
        ({**PLAN, "sneaky": 1}, "/sneaky"),
    ],
)
async def test_a_plan_that_does_not_hold_together_names_the_field(
    client: Client, authorized: Authorized, body: dict[str, Any], pointer: str
) -> None:
    answer = await client.post("/v1/experiments", json=body, headers=await authorized("write"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].removeprefix("/body") == pointer


async def test_a_model_that_settings_do_not_name_does_not_start(client: Client, authorized: Authorized) -> None:
    headers = await authorized("write", "read")
    plan = {**PLAN, "arms": [ARMS[0], {**ARMS[1], "model": "openai/other"}]}
    made = await client.post("/v1/experiments", json=plan, headers=headers)
    answer = await client.post(f"{made.headers['Location']}/start", headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/arms/1/model"


async def test_the_shops_holdout_is_set_read_and_ended(client: Client, authorized: Authorized) -> None:
    headers = await authorized("write", "read")
    until = (clock.now() + timedelta(days=30)).isoformat()
    assert (await client.put("/v1/holdout", json={"share": 0.05, "until": until}, headers=headers)).status_code == 200
    found = (await client.get("/v1/holdout", headers=headers)).json()
    assert found["current"]["share"] == 0.05
    assert (await client.delete("/v1/holdout", headers=headers)).status_code == 204
    assert (await client.get("/v1/holdout", headers=headers)).json()["current"] is None
    for wrong in ({"share": 0.9, "until": until}, {"share": 0.05, "until": "2030-01-01"}, {"share": 0.1}):
        assert (await client.put("/v1/holdout", json=wrong, headers=headers)).status_code == 422


async def test_groups_over_http(client: Client, authorized: Authorized) -> None:
    headers = await authorized("write", "read")
    members = "/v1/exclusion-groups/letters/members"
    joined = await client.post(members, json={"kind": "campaign", "id": "autumn", "share": 0.5}, headers=headers)
    assert joined.json()["members"][0]["slots"] == [[0, 5000]]
    much = await client.post(members, json={"kind": "campaign", "id": "autumn", "share": 0.6}, headers=headers)
    assert much.status_code == 422
    unknown = await client.post(members, json={"kind": "campaign", "id": "spring", "share": 0.1}, headers=headers)
    assert unknown.status_code == 404
    assert (await client.delete(f"{members}/campaign/autumn", headers=headers)).status_code == 204
    assert (await client.get("/v1/exclusion-groups", headers=headers)).json() == []


async def test_who_may_only_read_changes_nothing(client: Client, authorized: Authorized) -> None:
    headers = await authorized("read")
    assert (await client.post("/v1/experiments", json=PLAN, headers=headers)).status_code == 403
    assert (await client.delete("/v1/holdout", headers=headers)).status_code == 403
