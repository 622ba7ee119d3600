"""Events in, memory out, and the link that ends it: what a shop and its customers see of memory over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from api.house import House
from memory import consent
from memory.rebuild import load_states
from memory.recall import recall
from tests.integration.api.conftest import Client
from tests.kit.emails_told import told_email

pytestmark = pytest.mark.anyio

ADA = {"userId": "c42", "traits": {"email": "ada@example.com", "firstName": "Ada", "email_consent": True}}
VIEW = {
    "userId": "c42",
    "messageId": "m1",
    "event": "Product Viewed",
    "properties": {"product_id": "p1", "name": "Sencha", "category": "Green tea"},
}


async def standing(house: House, external_id: str) -> consent.Standing:
    async with house.database.session(readonly=True) as session:
        memory = await recall(session, external_id)
        assert memory is not None
        return await consent.status(session, memory.customer_id)


async def ids_in_memory(client: Client, headers: dict[str, str]) -> list[str]:
    memory = (await client.get("/v1/customers/c42/memory", headers=headers)).json()
    return [product["product_id"] for product in memory["products"]]


async def test_segment_calls_are_answered_as_segment_answers(client: Client, headers: dict[str, str]) -> None:
    for call, body in (("identify", ADA), ("track", VIEW)):
        answer = await client.post(f"/v1/{call}", json=body, headers=headers)
        assert answer.status_code == 200
        assert answer.json()["success"] is True
    assert await ids_in_memory(client, headers) == ["p1"]


async def test_the_same_message_again_is_a_duplicate(client: Client, headers: dict[str, str]) -> None:
    await client.post("/v1/track", json=VIEW, headers=headers)
    again = (await client.post("/v1/track", json=VIEW, headers=headers)).json()
    assert (again["accepted"], again["duplicates"]) == (0, 1)


async def test_in_a_batch_the_good_ones_count_and_the_bad_ones_are_pointed_at(
    client: Client, headers: dict[str, str]
) -> None:
    batch: list[Any] = [ADA | {"type": "identify"}, {"type": "track", "userId": "c42"}, VIEW | {"type": "track"}, 7]
    answer = await client.post("/v1/batch", json={"batch": batch}, headers=headers)
    told = answer.json()
    assert answer.status_code == 200
    assert (told["accepted"], [item["pointer"] for item in told["rejected"]]) == (2, ["/batch/1/event", "/batch/3"])
    assert all(item["fix"] for item in told["rejected"])


async def test_a_bad_single_call_is_422_with_its_pointer(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post("/v1/track", json={"event": "Product Viewed"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/userId"


async def test_text_no_database_keeps_is_refused_not_choked_on(client: Client, headers: dict[str, str]) -> None:
    body = '{"userId": "c42", "event": "Products Searched", "properties": {"query": "\\ud800"}}'
    answer = await client.post("/v1/track", content=body, headers=headers | {"content-type": "application/json"})
    assert answer.status_code == 422


async def test_a_product_named_by_id_alone_is_known_from_the_catalog(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    tea = {"title": "Sencha, 100 g", "link": "https://shop.example/1", "price": "3 GBP", "product_type": "Tea"}
    await client.put("/v1/products/p1", json=tea, headers=headers)
    await house.catalog.refresh()
    await client.post("/v1/track", json=VIEW | {"properties": {"product_id": "p1"}}, headers=headers)
    memory = (await client.get("/v1/customers/c42/memory", headers=headers)).json()
    assert memory["products"][0]["name"] == "Sencha, 100 g"


async def test_put_traits_go_over_earlier_ones_and_others_stay(client: Client, headers: dict[str, str]) -> None:
    await client.put("/v1/customers/c42", json={"traits": {"firstName": "Ada", "lastName": "L"}}, headers=headers)
    answer = await client.put("/v1/customers/c42", json={"traits": {"firstName": "Augusta"}}, headers=headers)
    profile = (await client.get("/v1/customers/c42", headers=headers)).json()["profile"]
    assert answer.json()["profile"] == profile
    assert (profile["first_name"], profile["last_name"]) == ("Augusta", "L")


async def test_an_unknown_customer_is_404_without_naming_others(client: Client, headers: dict[str, str]) -> None:
    await client.post("/v1/identify", json=ADA, headers=headers)
    for path in ("/v1/customers/c43", "/v1/customers/c43/memory"):
        answer = await client.get(path, headers=headers)
        problem = answer.json()
        assert (answer.status_code, problem["reason"]) == (404, "unknown_customer")
        assert "c42" not in problem["detail"]


async def test_every_fact_says_what_it_rests_on_and_whether_it_may_be_said(
    client: Client, headers: dict[str, str]
) -> None:
    await client.post("/v1/track", json=VIEW, headers=headers)
    facts = (await client.get("/v1/customers/c42/memory", headers=headers)).json()["facts"]
    viewed = [fact for fact in facts if fact["kind"] == "view"]
    assert viewed[0]["sources"] == ["m1"]
    assert viewed[0]["say"] in ("named", "coarse", "never")


async def test_opening_an_unsubscribe_link_changes_nothing(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    await client.post("/v1/identify", json=ADA, headers=headers)
    for _ in range(3):
        page = await client.get(f"/u/{house.links.token('c42', 'spring')}")
    assert page.status_code == 200
    assert '<form method="post">' in page.text
    assert "set-cookie" not in page.headers
    assert (await standing(house, "c42")).allowed


@pytest.mark.parametrize("form", [{"List-Unsubscribe": "One-Click"}, {"confirm": "yes"}], ids=["one-click", "page"])
async def test_posting_to_it_unsubscribes_without_key_or_cookie(
    client: Client, house: House, headers: dict[str, str], form: dict[str, str]
) -> None:
    await client.post("/v1/identify", json=ADA, headers=headers)
    link = f"/u/{house.links.token('c42', 'spring')}"
    for _ in range(2):
        answer = await client.post(link, data=form)
        assert answer.status_code == 200
    assert (await standing(house, "c42")).reason == "unsubscribed"


async def test_it_works_for_a_customer_memory_has_never_heard_of(client: Client, house: House) -> None:
    await client.post(f"/u/{house.links.token('stranger', 'spring')}", data={"List-Unsubscribe": "One-Click"})
    assert (await standing(house, "stranger")).reason == "unsubscribed"


@pytest.mark.parametrize("damage", ["x", "", "AAAA"])
async def test_a_damaged_link_acts_on_nobody(client: Client, house: House, damage: str) -> None:
    token = house.links.token("c42", "spring")
    changed = token[:-4] + damage if damage else token[:-1]
    for method in ("GET", "POST"):
        answer = await client.request(method, f"/u/{changed}")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")


async def test_outcomes_reach_the_customers_memory_once(client: Client, house: House, headers: dict[str, str]) -> None:
    await client.post("/v1/identify", json=ADA, headers=headers)
    email = await told_email(house.database, "c42")
    click = {"type": "clicked", "email_id": email.id, "event_id": "sg-1", "url": "https://shop.example/p1"}
    first = await client.post("/v1/outcomes", json={"outcomes": [click]}, headers=headers)
    again = await client.post("/v1/outcomes", json={"outcomes": [click]}, headers=headers)
    memory = (await client.get("/v1/customers/c42/memory", headers=headers)).json()
    assert (first.json()["accepted"], again.json()["duplicates"]) == (1, 1)
    assert memory["engagement"]["clicked"] == 1


async def test_a_complaint_withdraws_consent(client: Client, house: House, headers: dict[str, str]) -> None:
    await client.post("/v1/identify", json=ADA, headers=headers)
    email = await told_email(house.database, "c42")
    report = {"outcomes": [{"type": "complained", "email_id": email.id}]}
    await client.post("/v1/outcomes", json=report, headers=headers)
    assert (await standing(house, "c42")).reason == "complained"


async def test_an_outcome_of_an_unknown_email_is_named_and_the_others_count(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    email = await told_email(house.database, "c42")
    outcomes = [{"type": "opened", "email_id": "msg_none"}, {"type": "opened", "email_id": email.id}]
    told = (await client.post("/v1/outcomes", json={"outcomes": outcomes}, headers=headers)).json()
    assert told["accepted"] == 1
    assert [item["pointer"] for item in told["rejected"]] == ["/outcomes/0"]


async def test_segments_own_email_events_are_ours_by_the_id_in_the_message_id_header(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    email = await told_email(house.database, "c42")
    about = {"message_id": f"<{email.id}@shop.example>", "campaign_id": "spring"}
    names = ("Email Delivered", "Email Opened", "Email Link Clicked", "Email Marked as Spam")
    batch = [
        {"type": "track", "userId": "c42", "messageId": f"seg-{name}", "event": name, "properties": about}
        for name in names
    ]
    for _ in range(2):
        await client.post("/v1/batch", json={"batch": batch}, headers=headers)
    async with house.database.session(readonly=True) as session:
        memory = await recall(session, "c42")
        assert memory is not None
        states = await load_states(session, [memory.customer_id])
    engagement = memory.engagement
    assert (engagement.delivered, engagement.opened, engagement.clicked) == (1, 1, 1)
    assert (await standing(house, "c42")).reason == "complained"
    assert [[*state["mails"]] for state in states.values()] == [[email.id]]
