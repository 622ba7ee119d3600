"""Runs over HTTP: looked at, started, watched live, steered, and accounted for."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from api.following import EVERY_S
from api.house import House
from api.learning import learn
from catalog import products
from composer.runs.model import Run
from memory.ingest import ingest
from tests.integration.api.conftest import Client
from tests.integration.api.test_campaigns import BRAND, CAMPAIGN
from tests.kit.events import identify, order
from tests.kit.factories import make_product
from tests.kit.runs import working
from tests.kit.scripted_composing import ScriptedComposing

pytestmark = pytest.mark.anyio

SHOP = "https://leaf.shop/"
EVERYONE: dict[str, Any] = {"audience": {"kind": "everyone"}}


@pytest.fixture
async def shop(client: Client, house: House, headers: dict[str, str]) -> None:
    """A shop with five customers and enough to sell, whose campaign may be sent."""
    brand = BRAND | {"url": SHOP, "domain": "leaf.shop", "public_url": "https://mail.leaf.shop/"}
    brand |= {"sender": {"name": "Leaf", "email": "hello@leaf.shop"}}
    assert (await client.put("/v1/brands/leaf", json=brand, headers=headers)).status_code == 200
    assert (await client.post("/v1/campaigns", json=CAMPAIGN, headers=headers)).status_code == 201
    stock = [
        make_product(
            f"tea-{number}",
            title=f"Tea of field {number}",
            link=f"{SHOP}p/{number}",
            image_link="https://cdn.pictures.example/tea.png",
        )
        for number in range(12)
    ]
    async with house.database.session() as session:
        await products.upsert(session, stock)
        for number in range(5):
            lines = [{"product_id": f"tea-{tea}", "name": "Tea", "price": 12} for tea in range(number, number + 3)]
            bought = order(f"o-{number}", *lines, user=f"c-{number}", days_ago=40)
            await ingest(session, [identify({"email_consent": True}, user=f"c-{number}"), bought])
    await house.catalog.refresh()
    await learn(house.database)
    await house.catalog.reload()


async def start(client: Client, headers: dict[str, str], **more: Any) -> Any:
    answer = await client.post("/v1/campaigns/spring/runs", json=EVERYONE | more, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


@pytest.mark.usefixtures("shop")
async def test_a_preflight_tells_whom_a_run_would_reach_and_starts_nothing(
    client: Client, headers: dict[str, str]
) -> None:
    answer = await client.post("/v1/campaigns/spring/preflight", json=EVERYONE, headers=headers)
    report = answer.json()
    assert (answer.status_code, report["ready"], report["audience"]["customers"]) == (200, True, 5), report["checks"]
    assert (await client.get("/v1/runs", headers=headers)).json()["data"] == []


@pytest.mark.usefixtures("shop")
async def test_a_run_that_the_preflight_stops_is_refused_with_the_reason(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    async with house.database.session() as session:
        for number in range(12):
            await products.delete(session, f"tea-{number}")
    await house.catalog.refresh()
    answer = await client.post("/v1/campaigns/spring/runs", json=EVERYONE, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (409, "preflight_failed")
    assert "products" in answer.json()["detail"]
    assert (await client.get("/v1/runs", headers=headers)).json()["data"] == []


@pytest.mark.usefixtures("shop")
async def test_a_started_run_is_worked_off_and_tells_what_became_of_everyone(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    run = await start(client, headers)
    assert (run["status"], run["recipients"]) == ("running", 5)
    async with working(house.database, ScriptedComposing()):
        stream = await client.get(f"/v1/runs/{run['id']}/events", headers=headers)
    told = _events(stream.text)
    assert [name for name, _ in told if name != "progress"] == ["started", "completed"]
    moved = [data for name, data in told if name == "progress"]
    assert Run.model_validate(moved[0]).recipients == 5
    assert moved[-1]["tally"]["composed"] == 5
    became = (await client.get(f"/v1/runs/{run['id']}/recipients?status=composed", headers=headers)).json()["data"]
    assert sorted(one["customer"] for one in became) == [f"c-{number}" for number in range(5)]


@pytest.mark.usefixtures("shop")
async def test_a_stream_tells_the_request_once_and_again_where_it_has_changed(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    run = await start(client, headers, budget_tokens=10)
    address = f"/v1/runs/{run['id']}"

    async def steer() -> None:
        for path, body in (("pause", None), ("resume", {"budget_tokens": 500}), ("cancel", None)):
            await asyncio.sleep(2 * EVERY_S)
            await client.post(f"{address}/{path}", json=body, headers=headers)

    stream, _ = await asyncio.gather(client.get(f"{address}/events", headers=headers), steer())
    moved = [data for name, data in _events(stream.text) if name == "progress"]
    assert [data["status"] for data in moved] == ["running", "paused", "running", "cancelled"]
    assert [data.get("request", {}).get("budget_tokens") for data in moved] == [10, None, 500, None]
    assert ["request" in data for data in moved] == [True, False, True, False]


@pytest.mark.usefixtures("shop")
async def test_a_stream_that_broke_goes_on_behind_the_last_event_it_told(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    run = await start(client, headers)
    async with working(house.database, ScriptedComposing()):
        whole = await client.get(f"/v1/runs/{run['id']}/events", headers=headers)
    first = next(line for line in whole.text.splitlines() if line.startswith("id: ")).removeprefix("id: ")
    again = await client.get(f"/v1/runs/{run['id']}/events", headers=headers | {"Last-Event-ID": first})
    assert [name for name, _ in _events(again.text) if name != "progress"] == ["completed"]


@pytest.mark.usefixtures("shop")
async def test_recipients_are_paged_in_the_runs_order(client: Client, headers: dict[str, str]) -> None:
    run = await start(client, headers)
    seen: list[str] = []
    page = (await client.get(f"/v1/runs/{run['id']}/recipients?limit=2", headers=headers)).json()
    while page["data"]:
        seen += [one["customer"] for one in page["data"]]
        if page["next_cursor"] is None:
            break
        address = f"/v1/runs/{run['id']}/recipients?limit=2&cursor={page['next_cursor']}"
        page = (await client.get(address, headers=headers)).json()
    assert seen == [f"c-{number}" for number in range(5)]


@pytest.mark.usefixtures("shop")
async def test_a_run_is_paused_resumed_with_another_budget_and_cancelled(
    client: Client, headers: dict[str, str]
) -> None:
    run = await start(client, headers, budget_tokens=10)
    address = f"/v1/runs/{run['id']}"
    assert (await client.post(f"{address}/pause", headers=headers)).json()["status"] == "paused"
    resumed = (await client.post(f"{address}/resume", json={"budget_tokens": 500}, headers=headers)).json()
    assert (resumed["status"], resumed["request"]["budget_tokens"]) == ("running", 500)
    cancelled = (await client.post(f"{address}/cancel", headers=headers)).json()
    assert (cancelled["status"], cancelled["tally"]["cancelled"]) == ("cancelled", 5)
    late = await client.post(f"{address}/pause", headers=headers)
    assert (late.status_code, late.json()["reason"]) == (409, "run_not_changeable")
    kinds = [event["kind"] for event in (await client.get(f"{address}/history", headers=headers)).json()["data"]]
    assert kinds == ["started", "paused", "resumed", "cancelled"]


@pytest.mark.usefixtures("shop")
async def test_who_failed_is_begun_anew_by_a_retry(client: Client, house: House, headers: dict[str, str]) -> None:
    run = await start(client, headers, tolerance={"failed": 1})

    def breaks_once(customer: str, before: int) -> Exception | None:
        return ValueError("broken") if customer == "c-3" and not before else None

    composing = ScriptedComposing(breaks_once)
    async with working(house.database, composing):
        await client.get(f"/v1/runs/{run['id']}/events", headers=headers)
        failed = (await client.get(f"/v1/runs/{run['id']}/recipients?status=failed", headers=headers)).json()["data"]
        assert [(one["customer"], one["reason"]) for one in failed] == [("c-3", "internal_error")]
        again = await client.post(f"/v1/runs/{run['id']}/retry", headers=headers)
        assert again.json()["status"] == "running"
        await client.get(f"/v1/runs/{run['id']}/events", headers=headers)
    ended = (await client.get(f"/v1/runs/{run['id']}", headers=headers)).json()
    assert (ended["status"], ended["tally"]["composed"], ended["tally"]["failed"]) == ("completed", 5, 0)


@pytest.mark.usefixtures("shop")
async def test_a_repeated_start_finds_the_run_that_was_started(client: Client, headers: dict[str, str]) -> None:
    key = headers | {"Idempotency-Key": "black-friday"}
    assert await start(client, key) == await start(client, key)
    assert len((await client.get("/v1/runs", headers=headers)).json()["data"]) == 1


@pytest.mark.usefixtures("shop")
async def test_a_run_is_started_for_the_customers_of_an_uploaded_file(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post(
        "/v1/campaigns/spring/runs:upload",
        data={"request": orjson.dumps({"audience": {"kind": "file", "name": "vip.csv"}}).decode()},
        files={"customers": ("vip.csv", b"customer,segment\nc-1,vip\nc-4,vip\n", "text/csv")},
        headers=headers,
    )
    assert answer.status_code == 202, answer.text
    listed = (await client.get(f"{answer.headers['Location']}/recipients", headers=headers)).json()["data"]
    assert [one["customer"] for one in listed] == ["c-1", "c-4"]


@pytest.mark.usefixtures("shop")
async def test_a_file_of_this_machine_cannot_be_named_over_http(client: Client, headers: dict[str, str]) -> None:
    body = {"audience": {"kind": "file", "name": "/etc/passwd"}}
    answer = await client.post("/v1/campaigns/spring/runs", json=body, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (422, "file_not_at_hand")


@pytest.mark.usefixtures("shop")
async def test_more_customers_than_any_other_body_may_hold_can_be_listed(
    client: Client, headers: dict[str, str]
) -> None:
    many = [f"customer-number-{number}" for number in range(5_000)]
    body = {"audience": {"kind": "list", "customers": [*many, "c-1"]}}
    answer = await client.post("/v1/campaigns/spring/preflight", json=body, headers=headers)
    assert answer.status_code == 200
    assert (answer.json()["audience"]["customers"], answer.json()["audience"]["unknown"]) == (5_001, 5_000)


@pytest.mark.parametrize("path", ["", "/events", "/recipients", "/history"])
async def test_an_unknown_run_is_a_404(client: Client, headers: dict[str, str], path: str) -> None:
    answer = await client.get(f"/v1/runs/run_nobody{path}", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_run")


async def test_a_key_that_may_only_read_starts_nothing(client: Client, authorized: Any) -> None:
    reader = await authorized("read")
    answer = await client.post("/v1/campaigns/spring/runs", json=EVERYONE, headers=reader)
    assert answer.status_code == 403


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """(name, data) of each server-sent event."""
    told = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in fields:
            told.append((fields["event"], orjson.loads(fields["data"])))
    return told
