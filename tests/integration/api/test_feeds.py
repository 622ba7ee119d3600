"""Feeds over HTTP: kept, run, held, released, and never a way into this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.feeds import PathOverHttp
from api.settings import Settings
from tests.integration.api.conftest import Authorized, Client
from tests.kit.feed_bench import csv, numbered
from tests.kit.feed_server import Answer, FeedServer, feed_server
from tests.kit.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation that may fetch from this machine."""
    return Settings(home=tmp_path, private_feeds=True)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A shop's web server with a hundred products."""
    async with feed_server() as running:
        running.answers = [Answer(csv(numbered(100)).encode())]
        yield running


@pytest.fixture
async def shop(client: Client, headers: dict[str, str], server: FeedServer) -> str:
    """The address of a feed that was imported once."""
    body = {"id": "shop", "source": f"{server.url}/feed?key=s3cret", "headers": {"Authorization": "Bearer s3cret"}}
    put = await client.put("/v1/feeds/shop", json=body, headers=headers)
    assert put.status_code == 200, put.text
    await ran(client, headers, "/v1/feeds/shop")
    return "/v1/feeds/shop"


async def ran(client: Client, headers: dict[str, str], feed: str) -> dict[str, Any]:
    began = await client.post(f"{feed}:run", headers=headers)
    assert began.status_code == 202, began.text
    async with asyncio.timeout(PATIENCE_S):
        while True:
            report: dict[str, Any] = (await client.get(began.headers["location"], headers=headers)).json()
            if report["status"] != "running":
                return report
            await asyncio.sleep(0.05)


async def products(client: Client, headers: dict[str, str]) -> int:
    return len((await client.get("/v1/products", params={"limit": 500}, headers=headers)).json()["data"])


async def test_a_feed_is_kept_run_and_listed_without_its_secrets(
    client: Client, headers: dict[str, str], shop: str
) -> None:
    got = await client.get(shop, headers=headers)
    listed = await client.get("/v1/feeds", headers=headers)
    assert listed.json()["data"] == [got.json()]
    assert (got.json()["state"], got.json()["last_import"]["imported"]) == ("active", 100)
    assert "s3cret" not in listed.text
    assert await products(client, headers) == 100


async def test_what_was_shown_can_be_put_back(
    client: Client, headers: dict[str, str], shop: str, server: FeedServer
) -> None:
    shown = (await client.get(shop, headers=headers)).json()["feed"]
    put = await client.put(shop, json=shown | {"every_minutes": 15}, headers=headers)
    assert put.json()["feed"] == shown | {"every_minutes": 15}
    await ran(client, headers, shop)
    path, sent = server.requests[-1]
    assert (path, sent["authorization"]) == ("/feed?key=s3cret", "Bearer s3cret")


async def test_a_feed_that_shrinks_is_held_and_released(
    client: Client, headers: dict[str, str], shop: str, server: FeedServer
) -> None:
    server.answers = [Answer(csv(numbered(10)).encode())]
    held = await ran(client, headers, shop)
    assert (held["status"], held["warnings"][0]["rule"], held["sellable_after"]) == ("held", "fewer_products", 10)
    assert await products(client, headers) == 100
    assert (await client.get(shop, headers=headers)).json()["held_import_id"] == held["id"]
    released = await client.post(f"{shop}:release", headers=headers)
    assert (released.status_code, released.json()["status"]) == (200, "done")
    assert await products(client, headers) == 10
    again = await client.post(f"{shop}:release", headers=headers)
    assert (again.status_code, again.json()["reason"]) == (409, "nothing_held")


async def test_its_imports_are_paged_newest_first(client: Client, headers: dict[str, str], shop: str) -> None:
    for _ in range(2):
        await ran(client, headers, shop)
    seen, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"{shop}/imports", params={"limit": 2, "cursor": cursor}, headers=headers)).json()
        seen += [report["status"] for report in page["data"]]
        cursor = page["next_cursor"]
    assert seen == ["unchanged", "unchanged", "done"]


async def test_a_failure_is_told_with_its_reason(
    client: Client, headers: dict[str, str], shop: str, server: FeedServer
) -> None:
    server.answers = [Answer(status="404 Not Found")]
    failed = await ran(client, headers, shop)
    assert (failed["status"], failed["failure"]["reason"]) == ("failed", "feed_not_found")
    assert (await client.get(shop, headers=headers)).json()["state"] == "failing"


async def test_a_feed_is_paused_resumed_and_removed(client: Client, headers: dict[str, str], shop: str) -> None:
    paused = await client.patch(shop, json={"paused": True}, headers=headers)
    resumed = await client.patch(shop, json={"paused": False}, headers=headers)
    assert (paused.json()["state"], resumed.json()["state"]) == ("paused", "active")
    assert (await client.delete(shop, headers=headers)).status_code == 204
    gone = await client.get(shop, headers=headers)
    assert (gone.status_code, gone.json()["reason"]) == (404, "unknown_feed")
    assert await products(client, headers) == 100


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": "other"}, "/id"),
        ({"source": "ftp://shop.example"}, "/source"),
        ({"every_minutes": 0}, "/every_minutes"),
        ({"guard": {"max_drop": -1}}, "/guard/max_drop"),
        ({"sourse": "x"}, "/sourse"),
    ],
)
async def test_a_wrong_field_is_pointed_at(
    client: Client, headers: dict[str, str], change: dict[str, object], pointer: str
) -> None:
    body = {"id": "shop", "source": "https://shop.example/feed"} | change
    answer = await client.put("/v1/feeds/shop", json=body, headers=headers)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_no_file_of_the_server_is_read_by_way_of_a_feed(client: Client, headers: dict[str, str]) -> None:
    body = {"id": "shop", "source": "/etc/passwd"}
    answer = await client.put("/v1/feeds/shop", json=body, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (422, PathOverHttp.reason)


async def test_reading_and_writing_feeds_are_scopes_apart(
    client: Client, authorized: Authorized, headers: dict[str, str], shop: str
) -> None:
    reader, writer = await authorized("read"), await authorized("write")
    assert (await client.post(f"{shop}:run", headers=reader)).status_code == 403
    assert (await client.get(shop, headers=writer)).status_code == 403
    assert (await client.get(shop, headers=reader)).status_code == 200


async def test_a_whole_shop_handed_in_is_guarded_unless_it_is_released(client: Client, headers: dict[str, str]) -> None:
    async def hand_in(count: int, **params: bool) -> dict[str, Any]:
        answer = await client.post(
            "/v1/catalog/imports", params={"full": True, **params}, content=csv(numbered(count)), headers=headers
        )
        async with asyncio.timeout(PATIENCE_S):
            while True:
                report: dict[str, Any] = (await client.get(answer.headers["location"], headers=headers)).json()
                if report["status"] != "running":
                    return report
                await asyncio.sleep(0.05)

    assert (await hand_in(100))["status"] == "done"
    assert (await hand_in(10))["status"] == "held"
    assert await products(client, headers) == 100
    assert (await hand_in(10, release=True))["removed"] == 90
    assert await products(client, headers) == 10
