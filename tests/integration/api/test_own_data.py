"""What a person may ask for over HTTP: told in plain words, taken away, put right, forgotten; and the page behind the
unsubscribe link."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from api import audit
from api.house import House
from composer.campaigns import save_brand, save_campaign
from memory.ingest import ingest
from memory.rebuild import rebuild
from memory.recall import customer_id_of, recall
from memory.tables import Customer, MemoryState
from tests.integration.api.conftest import Authorized, Client
from tests.kit.events import KETTLE, TEA, identify, order, track
from tests.kit.factories import make_brand, make_campaign

pytestmark = pytest.mark.anyio

SECRET = "pregnancy pillow"
TRAITS = {"email": "ada@example.com", "firstName": "Adda", "preferences": {"roast": "dark"}, "gender": "f"}
Headers = dict[str, str]


def _ada() -> list[dict[str, Any]]:
    return [
        identify(TRAITS | {"email_consent": True}, user="c42", days_ago=20),
        track("Product Viewed", TEA, user="c42", days_ago=9),
        track("Products Searched", {"query": SECRET}, user="c42", days_ago=4),
        order("o1", KETTLE, TEA, user="c42", days_ago=8),
        track("Product Reviewed", KETTLE | {"rating": 5, "review_body": "I love the copper."}, user="c42", days_ago=2),
    ]


async def _tell(house: House, *messages: dict[str, Any]) -> None:
    async with house.database.session() as session:
        assert not (await ingest(session, messages)).rejected


async def _account(client: Client, headers: Headers) -> dict[str, dict[str, Any]]:
    """Everything told, by its sentence."""
    answer = (await client.get("/v1/customers/c42/account", headers=headers)).json()
    return {one["text"]: one for group in answer["groups"] for one in group["told"]}


async def test_everything_is_told_with_where_it_came_from_and_what_it_is_for(
    client: Client, house: House, headers: Headers
) -> None:
    await _tell(house, *_ada())
    told = await _account(client, headers)
    assert told["Your first name is Adda."]["use"] == "delivery"
    roast = told["Your roast is dark."]
    assert (roast["use"], [source["event"] for source in roast["sources"]]) == ("named", ["Customer details"])
    assert told[f"You searched for “{SECRET}”."]["use"] == "unused"
    assert told["Your gender is f."]["use"] == "unused"
    assert told["You like green tea."]["sources"]
    assert told["You wrote that you like copper: “I love the copper”."]["can_forget"]
    assert "You have agreed to marketing e-mails." in told
    assert any(text.startswith("Your stage as a customer is") for text in told)


async def test_what_is_told_names_every_fact_of_the_memory(client: Client, house: House, headers: Headers) -> None:
    await _tell(house, *_ada())
    told = {one["id"] for one in (await _account(client, headers)).values()}
    facts = (await client.get("/v1/customers/c42/memory", headers=headers)).json()["facts"]
    assert {fact["id"] for fact in facts if fact["kind"] not in ("lifecycle", "engagement")} <= told


async def test_a_trait_put_right_outlives_the_shops_nightly_export(
    client: Client, house: House, headers: Headers
) -> None:
    await _tell(house, *_ada())
    wrong = (await _account(client, headers))["Your first name is Adda."]
    answer = await client.patch(f"/v1/customers/c42/facts/{wrong['id']}", json={"correct": "Ada"}, headers=headers)
    assert answer.json()["text"] == "Your first name is Ada."
    await _tell(house, identify(TRAITS, user="c42") | {"timestamp": None})
    brief = (await client.get("/v1/customers/c42", headers=headers)).json()
    assert brief["profile"]["first_name"] == "Ada"
    await _tell(house, identify({"firstName": "Adele"}, user="c42") | {"timestamp": None})
    assert (await client.get("/v1/customers/c42", headers=headers)).json()["profile"]["first_name"] == "Adele"


async def test_what_was_forgotten_stays_so_under_rebuild_and_late_events(
    client: Client, house: House, headers: Headers
) -> None:
    await _tell(house, *_ada())
    told = await _account(client, headers)
    likes = [one for text, one in told.items() if "green tea" in text or ("Sencha" in text and one["can_forget"])]
    for one in likes:
        # With a product goes what was said of it: that is not there any more then.
        answer = await client.delete(f"/v1/customers/c42/facts/{one['id']}", headers=headers)
        assert answer.status_code in (200, 404)
    assert len(likes) > 1
    await _tell(house, track("Product Viewed", TEA, user="c42", days_ago=5))
    left = [text for text in await _account(client, headers) if "tea" in text]
    assert left == []
    async with house.database.session(readonly=True) as session:
        customer = await customer_id_of(session, "c42")
        assert customer is not None
        state, profile = await rebuild(session, customer)
        row = await session.get(MemoryState, customer)
        person = await session.get(Customer, customer)
        memory = await recall(session, "c42")
    assert row is not None
    assert person is not None
    assert memory is not None
    assert not [product for product in memory.products if product.product_id == TEA["product_id"]]
    assert (_plain(row.state), _plain(person.profile)) == (state, profile)


def _plain(stored: bytes | None) -> Any:
    return orjson.loads(stored or b"{}")


@pytest.mark.parametrize("sentence", ["On .* you ordered .*", "Your stage as a customer is .*"])
async def test_records_and_what_follows_from_them_cannot_be_put_right_in_words(
    client: Client, house: House, headers: Headers, sentence: str
) -> None:
    await _tell(house, *_ada())
    told = next(one for text, one in (await _account(client, headers)).items() if re.match(sentence, text))
    path = f"/v1/customers/c42/facts/{told['id']}"
    assert (await client.patch(path, json={"correct": "no"}, headers=headers)).json()["reason"] == "not_correctable"
    assert (await client.delete(path, headers=headers)).json()["reason"] == "not_forgettable"
    assert (await client.delete("/v1/customers/c42/facts/none", headers=headers)).status_code == 404


async def test_nobody_else_may_say_that_something_was_corrected(client: Client, headers: Headers) -> None:
    for name in ("Fact Corrected", "Fact Forgotten"):
        answer = await client.post("/v1/track", json={"userId": "c42", "event": name}, headers=headers)
        assert answer.json()["reason"] == "reserved_event"


async def test_an_export_holds_every_event_and_nobody_elses(client: Client, house: House, headers: Headers) -> None:
    await _tell(house, *_ada(), identify({"email": "bo@example.net", "firstName": "Bo"}, user="c43"))
    roast = (await _account(client, headers))["Your roast is dark."]
    await client.delete(f"/v1/customers/c42/facts/{roast['id']}", headers=headers)
    answer = await client.get("/v1/customers/c42/export", headers=headers)
    document = answer.json()
    assert {event["messageId"] for event in document["events"]} == {event["messageId"] for event in _sent(document)}
    assert len(document["events"]) == len(_ada())
    assert [event["event"] for event in document["own_events"]] == ["Fact Forgotten"]
    assert "bo@example.net" not in answer.text
    assert {one["about"] for one in document["consents"]} == {"marketing_email"}
    async with house.database.session(readonly=True) as session:
        actions = [entry.action for entry in await audit.entries(session)]
    assert actions[:2] == ["export_customer", "forget_fact"]


def _sent(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [event for event in document["events"] if event["userId"] == "c42"]


async def test_an_exported_history_can_be_imported_elsewhere(client: Client, house: House, headers: Headers) -> None:
    await _tell(house, *_ada())
    events = (await client.get("/v1/customers/c42/export", headers=headers)).json()["events"]
    moved = [event | {"userId": "moved", "messageId": f"moved-{event['messageId']}"} for event in events]
    answer = await client.post("/v1/batch", json={"batch": moved}, headers=headers)
    assert answer.json()["accepted"] == len(events)


async def test_only_an_admin_key_exports_and_a_hostile_name_is_text_on_the_page(
    client: Client, house: House, headers: Headers, authorized: Authorized
) -> None:
    await _tell(house, identify({"firstName": "<script>alert(1)</script>"}, user="c42"))
    reader = await authorized("read", "write")
    assert (await client.get("/v1/customers/c42/export", headers=reader)).status_code == 403
    page = await client.get("/v1/customers/c42/export?format=html", headers=headers)
    assert page.headers["content-type"].startswith("text/html")
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert (await client.get("/v1/customers/nobody/export", headers=headers)).status_code == 404


async def test_the_page_behind_the_link_offers_topics_and_keeps_what_was_chosen(
    client: Client, house: House, headers: Headers
) -> None:
    await _tell(house, *_ada())
    link = f"/u/{house.links.token('c42', 'spring')}"
    assert 'value="offers" checked' in (await client.get(link)).text
    form = {"save": "choices", "topic": ["newsletter", "reminders"], "frequency": "weekly", "pause": "30"}
    saved = await client.post(link, data=form)
    assert (saved.status_code, "At most one a week." in saved.text) == (200, True)
    again = (await client.get(link)).text
    assert 'value="offers">' in again
    assert 'value="weekly" checked' in again
    assert 'value="keep" checked' in again
    told = await _account(client, headers)
    assert {"You have agreed to marketing e-mails.", "You do not want e-mails about offers."} <= told.keys()
    await client.post(link, data={"save": "choices", "topic": ["offers"], "frequency": "no_limit", "pause": "none"})
    assert "You do not want e-mails about newsletter." in await _account(client, headers)
    assert not [text for text in await _account(client, headers) if text.startswith("You want at most")]


async def test_choosing_does_not_subscribe_again_who_has_left(client: Client, house: House, headers: Headers) -> None:
    await _tell(house, *_ada())
    link = f"/u/{house.links.token('c42', 'spring')}"
    await client.post(link, data={"List-Unsubscribe": "One-Click"})
    saved = await client.post(link, data={"save": "choices", "topic": "offers"})
    assert "You are unsubscribed, and that stays so." in saved.text
    assert "You have unsubscribed from marketing e-mails." in await _account(client, headers)


@pytest.mark.parametrize(
    ("locale", "asked", "fewer", "done", "kept"),
    [
        ("de-AT", "Diese E-Mails beenden?", "Höchstens eine in der Woche", "Erledigt", "Gespeichert"),
        ("fr-FR", "Arrêter ces e-mails", "Un par semaine au plus", "C’est fait", "Enregistré"),
        ("es-ES", "¿Dejar de recibir estos correos?", "Uno por semana como máximo", "Hecho", "Guardado"),
        ("fi-FI", "Stop these e-mails?", "At most one a week", "Done", "Saved"),
    ],
)
async def test_the_page_behind_the_link_speaks_the_language_of_the_e_mail(
    client: Client, house: House, locale: str, asked: str, fewer: str, done: str, kept: str
) -> None:
    async with house.database.session() as session:
        await save_brand(session, make_brand(locale=locale))
        await save_campaign(session, make_campaign())
    await _tell(house, *_ada())
    link = f"/u/{house.links.token('c42', 'autumn')}"
    page = (await client.get(link)).text
    assert f'<html lang="{locale}">' in page or locale == "fi-FI"
    assert all(words in page for words in (asked, fewer, "Harbour &amp; Leaf"))
    assert kept in (await client.post(link, data={"save": "choices", "topic": "offers"})).text
    assert done in (await client.post(link, data={"confirm": "yes"})).text


async def test_a_broken_link_is_told_in_the_browsers_language(client: Client) -> None:
    answer = await client.get("/u/cut-off", headers={"Accept-Language": "sv, de-DE;q=0.9, en;q=0.5"})
    assert answer.status_code == 404
    assert "Dieser Link funktioniert nicht" in answer.text
    assert "This link does not work" in (await client.get("/u/cut-off", headers={"Accept-Language": ";;,"})).text
