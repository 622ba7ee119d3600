"""Who is due, over HTTP: asked page by page, and told of products that changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from api.house import House
from catalog import products
from store import clock
from tests.integration.api.conftest import Authorized, Client
from tests.kit.catalog import product
from tests.kit.events import KETTLE, NOW, identify, track

pytestmark = pytest.mark.anyio

LATER = NOW + timedelta(hours=3)


@pytest.fixture(autouse=True)
def three_hours_later() -> Iterator[None]:
    """Carts are filled at `NOW`."""
    with clock.frozen_at(LATER):
        yield


async def filled(client: Client, headers: dict[str, str], customers: int) -> None:
    batch = [identify({"email_consent": True}, user=f"u{number}", days_ago=40) for number in range(customers)]
    batch += [track("Product Added", KETTLE, user=f"u{number}") for number in range(customers)]
    answer = await client.post("/v1/batch", json={"batch": batch}, headers=headers)
    assert answer.json()["accepted"] == 2 * customers


async def test_whoever_is_due_comes_once_page_by_page(client: Client, headers: dict[str, str]) -> None:
    await filled(client, headers, 5)
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        answer = await client.get("/v1/flows/abandoned_cart/due", params=asked, headers=headers)
        assert answer.status_code == 200
        page = answer.json()
        assert page["behind"] == 0
        assert page["next_ask_after"] == "2026-06-01T15:05:00Z"
        found += page["data"]
        cursor = page["next_cursor"]
    assert sorted(one["customer"] for one in found) == [f"u{number}" for number in range(5)]
    assert found[0] == {
        "customer": found[0]["customer"],
        "flow": "abandoned_cart",
        "step": "reminder",
        "occasion": "cart-2026-06-01T12:00:00",
        "due_since": "2026-06-01T13:00:00Z",
        "until": "2026-06-02T12:00:00Z",
        "reason": "Filled a cart from 1 June 2026 on and has not ordered since.",
        "product_id": "",
    }


async def test_a_product_that_becomes_cheaper_or_comes_back_makes_those_who_want_it_due(
    client: Client, headers: dict[str, str], house: House
) -> None:
    async def asked(flow: str) -> list[str]:
        answer = await client.get(f"/v1/flows/{flow}/due", headers=headers)
        return [one["customer"] for one in answer.json()["data"]]

    async def put(**changes: Any) -> None:
        async with house.database.session() as session:
            await products.upsert(session, [product("p1", "Kettle", **{"price": "100", **changes})])

    await filled(client, headers, 2)
    await put()
    assert await asked("price_drop") == []
    await put(price="80")
    with clock.frozen_at(LATER):
        assert await asked("price_drop") == []
    with clock.frozen_at(LATER + timedelta(hours=2)):
        assert sorted(await asked("price_drop")) == ["u0", "u1"]
        await put(price="80", stock=0)
        assert await asked("price_drop") == []
        await put(price="80")
        assert sorted(await asked("back_in_stock")) == ["u0", "u1"]


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        pytest.param("newsletter/due", 404, "unknown_flow", id="a flow nobody enters"),
        pytest.param("welcome/due?step=goodbye", 404, "unknown_step", id="a step it has not got"),
        pytest.param("welcome/due?cursor=bm9uc2Vuc2U", 422, "bad_cursor", id="no cursor of ours"),
    ],
)
async def test_what_cannot_be_asked_is_a_problem(
    client: Client, headers: dict[str, str], path: str, status: int, reason: str
) -> None:
    answer = await client.get(f"/v1/flows/{path}", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.json()["fix"]


async def test_it_takes_a_key_that_may_read(client: Client, authorized: Authorized) -> None:
    assert (await client.get("/v1/flows/welcome/due")).status_code == 401
    assert (await client.get("/v1/flows/welcome/due", headers=await authorized("ingest"))).status_code == 403
