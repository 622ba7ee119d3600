"""Comparisons over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.house import House
from composer.campaigns import save_brand, save_campaign
from composer.documents import Brief
from tests.integration.api.conftest import Authorized, Client
from tests.kit.factories import make_brand, make_campaign
from tests.kit.patience import LOOK_S, PATIENCE_S

pytestmark = pytest.mark.anyio

A, B = {"campaign": "autumn", "version": 1}, {"campaign": "autumn"}


@pytest.fixture(autouse=True)
async def campaign(house: House) -> None:
    """In two versions, without a customer."""
    async with house.database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(brief=Brief(message="One.")))
        await save_campaign(session, make_campaign(brief=Brief(message="Two.")))


async def ready(client: Client, headers: dict[str, str], comparison_id: str) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = (await client.get(f"/v1/comparisons/{comparison_id}", headers=headers)).json()
            if answer["comparison"]["status"] != "writing":
                return answer
            await asyncio.sleep(LOOK_S)


async def test_what_was_left_open_is_settled_when_it_starts(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post("/v1/comparisons", json={"name": "Which?", "a": A, "b": B}, headers=headers)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert [made[side]["version"] for side in "ab"] == [1, 2]
    assert [made[side]["model"] for side in "ab"] == ["local", "local"]
    found = await ready(client, headers, made["id"])
    assert (found["comparison"]["status"], found["standing"]["verdict"]) == ("ready", "nothing_yet")
    assert found["comparison"]["detail"] == "No customer was found whom these campaigns write to."


@pytest.mark.parametrize(
    ("b", "status", "reason"),
    [
        ({"campaign": "nothing"}, 404, "unknown_campaign"),
        ({"campaign": "autumn", "model": "openai/unheard-of"}, 422, "wrong_side"),
        ({"campaign": "autumn", "prompts": "../../etc"}, 404, "unknown_prompts_folder"),
        ({"campaign": "autumn", "version": 1}, 422, "validation"),
        ({"campaign": "autumn", "version": 10**30}, 422, "validation"),
    ],
)
async def test_what_cannot_be_compared_is_refused_with_the_reason(
    client: Client, headers: dict[str, str], b: dict[str, object], status: int, reason: str
) -> None:
    answer = await client.post("/v1/comparisons", json={"name": "Which?", "a": A, "b": b}, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


async def test_both_sides_may_not_come_to_the_same(client: Client, headers: dict[str, str]) -> None:
    b = {"campaign": "autumn", "version": 2}
    answer = await client.post("/v1/comparisons", json={"name": "Which?", "a": B, "b": b}, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (422, "wrong_side")


async def test_who_may_only_read_starts_none(client: Client, authorized: Authorized) -> None:
    reader = await authorized("read")
    answer = await client.post("/v1/comparisons", json={"name": "Which?", "a": A, "b": B}, headers=reader)
    assert answer.status_code == 403
    assert (await client.get("/v1/comparisons/cpr_nothing", headers=reader)).status_code == 404
