"""Search, picks and briefs in words over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from api.house import House
from catalog import products
from composer.campaigns import get_campaign
from composer.picking import limits_for
from tests.integration.api.conftest import Client
from tests.integration.api.test_campaigns import BRAND, CAMPAIGN
from tests.kit.gifts import gift_shop

pytestmark = pytest.mark.anyio

Headers = dict[str, str]


@pytest.fixture
async def shop(house: House, client: Client, headers: Headers) -> None:
    """Products, a brand, and a customer who has bought the sencha and looked at the side-handle teapot."""
    async with house.database.session() as session:
        await products.upsert(session, gift_shop())
    await house.catalog.refresh()
    await client.put("/v1/brands/leaf", json=BRAND | {"currency": "EUR"}, headers=headers)
    ordered = {"order_id": "o1", "products": [{"product_id": "sencha", "name": "Sencha Uji", "price": 10}]}
    told = [
        {"type": "identify", "userId": "ada", "traits": {"firstName": "Ada"}},
        {"type": "track", "userId": "ada", "event": "Order Completed", "properties": ordered},
        {"type": "track", "userId": "ada", "event": "Product Viewed", "properties": {"product_id": "kyusu"}},
    ]
    batch = [message | {"messageId": f"m{number}"} for number, message in enumerate(told)]
    assert (await client.post("/v1/batch", json={"batch": batch}, headers=headers)).status_code == 200


async def searched(client: Client, headers: Headers, **params: Any) -> dict[str, Any]:
    answer = await client.get("/v1/products:search", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [hit["product"]["id"] for hit in found["data"]]


async def test_filters_come_before_the_ranking(client: Client, headers: Headers, shop: None) -> None:
    found = await searched(client, headers, q="green leaf", max_price="20", category="green tea", exclude_id="jasmine")
    assert ids(found) == ["sencha"]
    assert found["data"][0]["words"] == ["green", "leaf"]
    assert found["by"] == "words and meaning"


async def test_what_a_customer_has_bought_can_be_left_out(client: Client, headers: Headers, shop: None) -> None:
    assert "sencha" in ids(await searched(client, headers, q="green leaf"))
    assert "sencha" not in ids(await searched(client, headers, q="green leaf", not_bought_by="ada"))


async def test_words_are_understood_only_when_asked_to(client: Client, headers: Headers, shop: None) -> None:
    plain = await searched(client, headers, q="teapots under 30, no iron")
    found = await searched(client, headers, q="teapots under 40, no iron", understand=True)
    assert plain["understood"] is None
    assert ids(found) == ["kyusu"]
    quoted = {one["kind"]: one["words"] for one in found["understood"]["constraints"]}
    assert quoted == {"category": "teapots", "max_price": "under 40", "exclude_words": "no iron"}
    assert found["query"] == "teapots"


async def test_a_question_of_limits_alone_has_an_answer(client: Client, headers: Headers, shop: None) -> None:
    found = await searched(client, headers, q="on sale", understand=True)
    assert (found["query"], ids(found)) == ("", ["kyusu"])


async def test_whom_it_is_for_alone_is_answered_by_what_the_limits_leave(
    client: Client, headers: Headers, shop: None
) -> None:
    found = await searched(client, headers, q="under 20 for her birthday", understand=True)
    assert found["query"] == ""
    assert found["unknown"] == ["birthday"]
    assert "sencha" in ids(found)
    assert ids(await searched(client, headers, q="birthday under 20", understand=True)) == []


async def test_a_question_of_doubts_alone_is_searched_as_it_is(client: Client, headers: Headers, shop: None) -> None:
    found = await searched(client, headers, q="under £20", understand=True)
    assert found["query"] == "under £20"
    assert found["understood"]["not_understood"][0]["words"] == "under £20"


@pytest.mark.parametrize("params", [{"max_price": "-1"}, {"q": ""}, {"colour": "blue"}, {"currency": "euro"}])
async def test_a_wrong_filter_is_pointed_at(client: Client, headers: Headers, params: dict[str, str]) -> None:
    answer = await client.get("/v1/products:search", params={"q": "tea", **params}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"?{next(iter(params))}"


async def test_picks_are_told_with_their_why(client: Client, headers: Headers, shop: None) -> None:
    answer = await client.get("/v1/customers/ada/picks", params={"why": True, "count": 2}, headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["picks"][0]["product"]["id"] == "kyusu"
    chosen = sorted((one for one in told["why"]["candidates"] if one["place"]), key=lambda one: int(one["place"]))
    assert [one["product"]["product_id"] for one in chosen] == [pick["product"]["id"] for pick in told["picks"]]
    assert chosen[0]["signals"][0]["kind"] == "viewed"
    assert {one["code"] for one in told["why"]["excluded"]} == {"out_of_stock", "just_bought"}


async def test_without_why_there_are_only_the_picks(client: Client, headers: Headers, shop: None) -> None:
    assert (await client.get("/v1/customers/ada/picks", headers=headers)).json()["why"] is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [("nobody/picks", "unknown_customer"), ("ada/picks?campaign=none", "unknown_campaign")],
)
async def test_whom_nobody_knows_has_no_picks(
    client: Client, headers: Headers, shop: None, path: str, reason: str
) -> None:
    answer = await client.get(f"/v1/customers/{path}", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (404, reason)


async def test_a_brief_in_words_becomes_limits_and_a_theme_once(
    client: Client, headers: Headers, house: House, shop: None
) -> None:
    words = {"brief": {"products": "something green under 20, no jasmine"}}
    saved = (await client.post("/v1/campaigns", json=CAMPAIGN | words, headers=headers)).json()
    meant = saved["campaign"]["brief"]["meant"]
    assert meant["understood"]["limits"]["max_price"] == "19.99"
    assert meant["understood"]["limits"]["exclude_words"] == ["jasmine"]
    assert meant["theme"]["query"] == "something green"
    assert meant["products"] > 0
    async with house.database.session() as session:
        await products.delete(session, "sencha")
    await house.catalog.refresh()
    again = (await client.post("/v1/campaigns", json=CAMPAIGN | words, headers=headers)).json()
    assert again == saved


async def test_a_campaign_shows_what_it_is_about_first(client: Client, headers: Headers, shop: None) -> None:
    await client.post("/v1/campaigns", json=CAMPAIGN | {"brief": {"products": "black leaf"}}, headers=headers)
    answer = await client.get("/v1/customers/ada/picks", params={"campaign": "spring"}, headers=headers)
    first = answer.json()["picks"][0]
    assert first["product"]["product_type"] == "Tea > Black tea"
    assert "theme: fits “black leaf” of the brief" in [one["text"] for one in first["evidence"]]


@pytest.mark.parametrize("brief", [{}, {"products": "tea under 30"}])
async def test_a_campaign_without_a_count_of_its_own_has_the_flows(
    client: Client, headers: Headers, house: House, shop: None, brief: dict[str, str]
) -> None:
    campaign = {**CAMPAIGN, "flow": "cross_sell", "brief": brief}
    assert (await client.post("/v1/campaigns", json=campaign, headers=headers)).status_code == 201
    async with house.database.session(readonly=True) as session:
        stored = await get_campaign(session, "spring")
    flow = house.library.flow("cross_sell")
    assert limits_for(stored, flow).count == flow.picks.count == 3


async def test_words_nobody_can_limit_by_are_told_to_the_marketer(client: Client, headers: Headers, shop: None) -> None:
    words = {"brief": {"products": "gifts under £30"}}
    saved = (await client.post("/v1/campaigns", json=CAMPAIGN | words, headers=headers)).json()
    understood = saved["campaign"]["brief"]["meant"]["understood"]
    assert understood["not_understood"][0]["words"] == "under £30"
    assert understood["limits"]["max_price"] is None
