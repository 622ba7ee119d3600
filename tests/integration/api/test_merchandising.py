"""Merchandising over HTTP: versions, warnings, pointers to what is wrong, and costs that never come back."""

from __future__ import annotations

from typing import Any

import pytest

from api.house import House
from tests.integration.api.conftest import Authorized, Client

pytestmark = pytest.mark.anyio

URL = "/v1/merchandising"
RULES: dict[str, Any] = {"pins": [{"product": "sencha", "place": 2}], "exploration": 0.05}


async def test_a_shop_begins_with_the_empty_document(client: Client, headers: dict[str, str]) -> None:
    found = (await client.get(URL, headers=headers)).json()
    assert (found["version"], found["created_at"], found["document"]["pins"]) == (0, None, [])


async def test_each_change_is_a_version_that_can_be_read_again(client: Client, headers: dict[str, str]) -> None:
    first = await client.put(URL, json=RULES, headers=headers)
    again = await client.put(URL, json=RULES, headers=headers)
    second = await client.put(URL, json={}, headers=headers)
    assert [answer.json()["version"] for answer in (first, again, second)] == [1, 1, 2]
    old = (await client.get(f"{URL}/versions/1", headers=headers)).json()
    assert (old["document"]["pins"][0]["product"], old["document"]["exploration"]) == ("sencha", 0.05)
    page = (await client.get(f"{URL}/versions", params={"limit": 1}, headers=headers)).json()
    rest = (await client.get(f"{URL}/versions", params={"cursor": page["next_cursor"]}, headers=headers)).json()
    assert [one["version"] for one in page["data"] + rest["data"]] == [2, 1]
    assert (await client.get(f"{URL}/versions/9", headers=headers)).status_code == 404


async def test_products_that_are_not_there_are_named(client: Client, headers: dict[str, str]) -> None:
    assert (await client.put(URL, json=RULES, headers=headers)).json()["unknown_products"] == ["sencha"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"boosts": [{"select": {"ids": ["a"]}, "factor": 50}]}, "/boosts/0/factor"),
        ({"excludes": [{"select": {}}]}, "/excludes/0/select"),
        ({"pin": []}, "/pin"),
    ],
)
async def test_what_is_wrong_is_pointed_at(
    client: Client, headers: dict[str, str], body: dict[str, Any], pointer: str
) -> None:
    answer = await client.put(URL, json=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_cursor_that_is_none_is_refused(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get(f"{URL}/versions", params={"cursor": "eHg"}, headers=headers)
    assert answer.status_code == 422


async def test_costs_are_taken_with_write_scope_and_never_answered(
    client: Client, authorized: Authorized, house: House
) -> None:
    reader, writer = await authorized("read"), await authorized("write", "read")
    body = {"title": "Sencha", "link": "https://shop.example/s", "price": "12.50 GBP"}
    assert (await client.put("/v1/products/sencha", json=body, headers=writer)).status_code == 200
    assert (await client.put(f"{URL}/costs", json={"sencha": "7.7777"}, headers=reader)).status_code == 403
    saved = await client.put(f"{URL}/costs", json={"sencha": "7.7777"}, headers=writer)
    assert saved.json() == {"products": 1}
    await house.catalog.refresh()
    answers = [
        await client.get(path, headers=writer)
        for path in (URL, f"{URL}/versions", "/v1/products", "/v1/products/sencha", "/v1/products:search?q=sencha")
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert not any("7.7777" in answer.text or "cost" in answer.json() for answer in answers)


@pytest.mark.parametrize("cost", ["-1", "abc", "1.23456", "1e20"])
async def test_what_is_no_cost_is_refused(client: Client, headers: dict[str, str], cost: str) -> None:
    answer = await client.put(f"{URL}/costs", json={"sencha": cost}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/sencha"
