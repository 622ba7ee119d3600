"""The catalog over HTTP: single products, batches, search, feeds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.settings import Settings
from tests.integration.api.conftest import Client
from tests.kit.patience import PATIENCE_S, until

pytestmark = pytest.mark.anyio

TEA = {
    "title": "Sencha, 100 g",
    "link": "https://shop.example/sencha",
    "price": "12.50 GBP",
    "product_type": "Tea > Green tea",
}
FEED = "id\ttitle\tlink\tprice\np1\tSencha\thttps://shop.example/1\t12.50 GBP\np2\t\thttps://shop.example/2\t1 GBP\n"


async def finished(client: Client, location: str, headers: dict[str, str]) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            job: dict[str, Any] = (await client.get(location, headers=headers)).json()
            if job["status"] != "running":
                return job
            await asyncio.sleep(0.05)


async def test_a_product_comes_back_as_it_was_put(client: Client, headers: dict[str, str]) -> None:
    put = await client.put("/v1/products/p1", json=TEA, headers=headers)
    got = await client.get("/v1/products/p1", headers=headers)
    assert put.status_code == got.status_code == 200
    assert got.json() == put.json()
    assert (got.json()["price"], got.json()["currency"]) == ("12.50", "GBP")


async def test_a_product_without_a_title_is_pointed_at(client: Client, headers: dict[str, str]) -> None:
    body = {key: value for key, value in TEA.items() if key != "title"}
    answer = await client.put("/v1/products/p1", json=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/title"


async def test_an_unknown_product_is_404(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get("/v1/products/nope", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (404, "product_not_found")


async def test_a_deleted_product_is_gone_and_deleting_it_again_is_fine(client: Client, headers: dict[str, str]) -> None:
    await client.put("/v1/products/p1", json=TEA, headers=headers)
    for _ in range(2):
        assert (await client.delete("/v1/products/p1", headers=headers)).status_code == 204
    assert (await client.get("/v1/products/p1", headers=headers)).status_code == 404


async def test_in_a_batch_good_lines_are_kept_and_bad_ones_named(client: Client, headers: dict[str, str]) -> None:
    lines = '{"id":"p1","title":"Sencha","link":"https://shop.example/1","price":"3 GBP"}\n{"id":\nnull\n{"id":"p4"}\n'
    answer = await client.post("/v1/products:batch", content=lines, headers=headers)
    report = answer.json()
    assert answer.status_code == 200
    assert report["imported"] == 1
    assert [issue["line"] for issue in report["rejected"]] == [2, 3, 4]
    assert all(issue["reason"] and issue["fix"] for issue in report["rejected"])


async def test_a_new_product_can_be_found_by_its_words_soon_after(client: Client, headers: dict[str, str]) -> None:
    await client.put("/v1/products/p1", json=TEA, headers=headers)
    await client.put("/v1/products/p2", json=TEA | {"title": "Teapot"}, headers=headers)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await client.get("/v1/products:search", params={"q": "sencha", "k": 1}, headers=headers)
            if found.json()["data"]:
                break
            await asyncio.sleep(0.05)
    assert [hit["product"]["id"] for hit in found.json()["data"]] == ["p1"]


async def test_pages_walk_through_all_products_once(client: Client, headers: dict[str, str]) -> None:
    for number in range(5):
        await client.put(f"/v1/products/p{number}", json=TEA, headers=headers)
    seen, cursor = [], ""
    while cursor is not None:
        page = (await client.get("/v1/products", params={"limit": 2, "cursor": cursor}, headers=headers)).json()
        seen += [product["id"] for product in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [f"p{number}" for number in range(5)]


async def test_a_made_up_cursor_is_422(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get("/v1/products", params={"cursor": "!!"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?cursor"


async def test_a_feed_is_taken_at_once_and_its_bad_rows_are_told_later(
    client: Client, headers: dict[str, str], settings: Settings
) -> None:
    answer = await client.post("/v1/catalog/imports", content=FEED, headers=headers)
    assert answer.status_code == 202
    job = await finished(client, answer.headers["location"], headers)
    assert job["status"] == "done"
    assert job["format"] == "google_tsv"
    assert job["imported"] == 1
    assert job["rejected"][0]["line"] == 3
    # It goes when the job ends, which is a moment after its report says so.
    await until(lambda: not list(settings.uploads_dir.iterdir()))


async def test_a_feed_that_cannot_be_read_fails_with_its_reason(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post("/v1/catalog/imports?format=csv", content="no,useful,columns", headers=headers)
    job = await finished(client, answer.headers["location"], headers)
    assert job["status"] == "failed"
    assert job["failure"]["reason"] == "feed_unreadable"


async def test_an_empty_feed_is_refused_at_once(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post("/v1/catalog/imports", content=b" \n", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (422, "empty_feed")


async def test_a_feed_may_be_larger_than_other_bodies(
    client: Client, headers: dict[str, str], settings: Settings
) -> None:
    feed = FEED + "#" * settings.max_body_bytes
    assert (await client.post("/v1/catalog/imports", content=feed, headers=headers)).status_code == 202


async def test_an_unknown_import_is_404(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get("/v1/catalog/imports/imp_none", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_import")
