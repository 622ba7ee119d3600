"""Exports of other systems over HTTP: taken at once, worked on beside the requests, told by id."""

from __future__ import annotations

import asyncio
import gzip
import io
import zipfile
from typing import Any

import pytest

from api import imports
from api.house import House
from api.settings import Settings
from memory.importers import importer
from memory.importers.runs import ImportedElsewhere
from tests.integration.api.conftest import Client
from tests.kit.imports import FIXTURES

pytestmark = pytest.mark.anyio

ORDERS = (FIXTURES / "shopify_orders.csv").read_bytes()
LOG = "nr,who,day,what,sum\n1,k1,2026-01-01,A,30\n2,,2026-01-02,B,12\n3,k2,2026-01-03,C,5\n"
MAPPING = """
source: till
currency: EUR
fields: {order_id: nr, customer_id: who, at: day, product_id: what, price: sum}
"""


async def until_ended(client: Client, where: str, headers: dict[str, str]) -> dict[str, Any]:
    for _ in range(600):
        told: dict[str, Any] = (await client.get(where, headers=headers)).json()
        if told["status"] != "running":
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(told)


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.csv", content)
    return packed.getvalue()


async def test_orders_are_taken_at_once_and_told_of_later(
    client: Client, headers: dict[str, str], settings: Settings
) -> None:
    answer = await client.post("/v1/imports?kind=orders", content=ORDERS, headers=headers)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/imports/{answer.json()['id']}"
    told = await until_ended(client, answer.headers["location"], headers)
    assert (told["status"], told["format"], told["rejected"]) == ("done", "shopify_csv", 1)
    assert told["issues"][0]["order_id"]
    for _ in range(200):
        if not list(settings.uploads_dir.iterdir()):
            break
        await asyncio.sleep(0.05)
    assert list(settings.uploads_dir.iterdir()) == []


@pytest.mark.parametrize("pack", [gzip.compress, zipped])
async def test_a_packed_table_of_anybody_comes_in_with_its_mapping(
    client: Client, headers: dict[str, str], pack: Any
) -> None:
    params = {"kind": "orders", "mapping": MAPPING, "as_of": "2026-02-01T00:00:00"}
    answer = await client.post("/v1/imports", params=params, content=pack(LOG.encode()), headers=headers)
    assert answer.status_code == 202
    told = await until_ended(client, answer.headers["location"], headers)
    assert (told["position"], told["accepted"], told["rejected"]) == (3, 2, 1)
    assert [(issue["line"], issue["order_id"]) for issue in told["issues"]] == [(3, "2")]
    memory = (await client.get("/v1/customers/k1/memory", headers=headers)).json()
    assert [product["product_id"] for product in memory["products"]] == ["A"]


async def test_the_same_export_again_brings_nothing_twice(client: Client, headers: dict[str, str]) -> None:
    told = []
    for _ in range(2):
        answer = await client.post("/v1/imports?kind=orders", content=ORDERS, headers=headers)
        told.append(await until_ended(client, answer.headers["location"], headers))
    assert told[0]["id"] != told[1]["id"]
    assert told[0]["accepted"] > 0 == told[1]["accepted"]
    listed = (await client.get("/v1/imports?limit=1", headers=headers)).json()
    assert [one["id"] for one in listed["data"]] == [told[1]["id"]]
    assert listed["data"][0]["issues"] == []
    older = await client.get("/v1/imports", params={"cursor": listed["next_cursor"]}, headers=headers)
    assert [one["id"] for one in older.json()["data"]] == [told[0]["id"]]


def hold(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Imports are begun and wait until the event is set."""
    held = asyncio.Event()
    run = importer._Work.run

    async def wait(work: Any, rows: Any, progress: Any) -> Any:
        await held.wait()
        return await run(work, rows, progress)

    monkeypatch.setattr(importer._Work, "run", wait)
    return held


async def test_while_it_is_worked_on_it_is_not_begun_twice(
    client: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(monkeypatch)
    first = await client.post("/v1/imports?kind=orders", content=ORDERS, headers=headers)
    second = await client.post("/v1/imports?kind=orders", content=ORDERS, headers=headers)
    assert first.json()["id"] == second.json()["id"]
    held.set()
    told = await until_ended(client, first.headers["location"], headers)
    assert (told["status"], told["resumed_from"]) == ("done", 0)


async def test_more_than_are_worked_on_at_once_are_told_when_to_come_back_and_leave_nothing(
    client: Client, headers: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(monkeypatch)
    monkeypatch.setattr(imports, "AT_ONCE", 2)
    params = {"kind": "orders", "mapping": MAPPING, "as_of": "2026-02-01T00:00:00"}
    bodies = [LOG.replace("k1", f"k{number}").encode() for number in (5, 6, 7)]
    taken = [await client.post("/v1/imports", params=params, content=body, headers=headers) for body in bodies[:2]]
    kept = len(list(settings.uploads_dir.iterdir()))
    third = await client.post("/v1/imports", params=params, content=bodies[2], headers=headers)
    feed = await client.post("/v1/catalog/imports", content=b"id,title\n1,Tea\n", headers=headers)
    for refused in (third, feed):
        told = refused.json()
        assert (refused.status_code, told["reason"], told["errors"][0]["pointer"]) == (429, "too_many_imports", "body")
        assert int(refused.headers["retry-after"]) > 0
    assert len(list(settings.uploads_dir.iterdir())) == kept == 2
    held.set()
    for one in taken:
        assert (await until_ended(client, one.headers["location"], headers))["status"] == "done"
    for _ in range(200):
        again = await client.post("/v1/imports", params=params, content=bodies[2], headers=headers)
        if again.status_code != 429:
            break
        await asyncio.sleep(0.05)
    assert again.status_code == 202
    assert (await until_ended(client, again.headers["location"], headers))["status"] == "done"


async def test_one_that_failed_says_why_and_goes_on_when_it_is_sent_again(
    client: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 1)
    take, taken = importer._Work._take, 0

    async def break_second(work: Any, batch: Any) -> None:
        nonlocal taken
        taken += 1
        if taken == 2:
            raise OSError("no such thing in a report")
        await take(work, batch)

    monkeypatch.setattr(importer._Work, "_take", break_second)
    answer = await client.post("/v1/imports?kind=orders", content=ORDERS, headers=headers)
    told = await until_ended(client, answer.headers["location"], headers)
    assert (told["status"], told["position"], told["failure"]["reason"]) == ("failed", 1, "internal_error")
    assert "no such thing" not in str(told)
    again = await client.post("/v1/imports?kind=orders", content=ORDERS, headers=headers)
    assert again.json()["id"] == told["id"]
    told = await until_ended(client, again.headers["location"], headers)
    assert (told["status"], told["resumed_from"], told["failure"]) == ("done", 1, None)


async def test_what_another_process_works_on_is_left_to_it(
    client: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    async def refuse(*_: Any) -> Any:
        raise ImportedElsewhere("Another process is importing the same file.")

    monkeypatch.setattr(importer._Work, "run", refuse)
    answer = await client.post("/v1/imports?kind=orders", content=ORDERS, headers=headers)
    for _ in range(200):
        if not house.imports._at_work:
            break
        await asyncio.sleep(0.05)
    told = (await client.get(answer.headers["location"], headers=headers)).json()
    assert (told["status"], told["failure"]) == ("running", None)


@pytest.mark.parametrize(
    ("params", "content", "reason"),
    [
        ({"kind": "orders"}, b" \n", "empty_export"),
        ({"kind": "orders", "format": "klaviyo_csv"}, ORDERS, "wrong_format"),
        ({"kind": "orders", "currency": "euro"}, ORDERS, "bad_import_option"),
        ({"kind": "orders", "mapping": "fields: {nothing: x}"}, ORDERS, "bad_mapping"),
        ({"kind": "orders", "mapping": "[" * 8_000}, ORDERS, "bad_mapping"),
        ({"kind": "orders"}, gzip.compress(ORDERS)[:60], "file_damaged"),
        ({"kind": "nobodies"}, ORDERS, "validation"),
    ],
)
async def test_what_can_be_told_beforehand_is_told_at_once(
    client: Client, headers: dict[str, str], settings: Settings, params: dict[str, str], content: bytes, reason: str
) -> None:
    answer = await client.post("/v1/imports", params=params, content=content, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)
    assert not settings.uploads_dir.exists() or list(settings.uploads_dir.iterdir()) == []
    assert (await client.get("/v1/imports", headers=headers)).json()["data"] == []


async def test_an_unknown_import_is_404(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get("/v1/imports/imp_none", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (404, "import_not_found")
