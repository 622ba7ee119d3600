"""From an event to an inbox and back, over HTTP, with every room real and the model out of reach."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import create_app
from api.house import open_house
from api.learning import learn
from api.settings import Settings
from catalog.embedding import HashingEncoder
from composer.model_settings import ModelSettings
from tests.kit.homes import new_home
from tests.kit.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

BRAND: dict[str, Any] = {
    "id": "leaf",
    "name": "Leaf & Kettle",
    "url": "https://leaf.example",
    "domain": "leaf.example",
    "currency": "GBP",
    "locale": "en-GB",
    "sender": {"name": "Leaf & Kettle", "email": "hello@leaf.example"},
    "postal_address": "1 Mill Lane, Leeds LS1 1AA",
    "voice": {"description": "warm and plain"},
    "public_url": "https://mail.leaf.example",
}
CART: dict[str, Any] = {"id": "cart", "name": "Cart", "flow": "abandoned_cart", "brand": "leaf"}
FEED = "id\ttitle\tlink\tprice\tproduct_type\tdescription\n" + "".join(
    f"p{n}\t{name}\thttps://leaf.example/p{n}\t{n + 3}.50 GBP\tTea > Green tea\tA green tea from Japan.\n"
    for n, name in enumerate(["Sencha", "Gyokuro", "Genmaicha", "Bancha", "Kukicha", "Hojicha"], start=1)
)
ADA = {"email": "ada@example.com", "firstName": "Ada", "email_consent": True}
ORDER = {"order_id": "o1", "products": [{"product_id": f"p{n}", "quantity": 1} for n in range(1, 7)]}
ASK = {"campaign": "cart", "customer": "c42", "deadline_ms": 30_000}
PATIENT = {"deadline_ms": 60_000}
"""A sender that waits as long as a busy machine needs."""


def _added(product: str, name: str) -> dict[str, Any]:
    properties = {"product_id": product, "name": name, "price": 4.5, "quantity": 1, "category": "Green tea"}
    return {"type": "track", "userId": "c42", "event": "Product Added", "messageId": product, "properties": properties}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A shop with six teas, and Ada with two of them in her cart."""
    settings = Settings(home=tmp_path, model=ModelSettings(model="openai/none"))
    token = new_home(settings.home)
    app = create_app(settings, lambda: open_house(settings, encoder=HashingEncoder()))
    bearer = {"Authorization": f"Bearer {token}"}
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://penfriend", headers=bearer, timeout=60
        ) as made,
    ):
        await _open_shop(made)
        await learn(app.state.house.database)
        await app.state.house.catalog.reload()
        yield made


async def _open_shop(client: httpx2.AsyncClient) -> None:
    for path, document in (("/v1/brands/leaf", BRAND), ("/v1/campaigns/cart", CART)):
        assert (await client.put(path, json=document)).status_code == 200
    job = await client.post("/v1/catalog/imports", content=FEED)
    async with asyncio.timeout(PATIENCE_S):
        while (await client.get(job.headers["location"])).json()["status"] != "done":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        while len((await client.get("/v1/products:search", params={"q": "tea"})).json()) < 6:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    messages = [
        {"type": "identify", "userId": "c42", "traits": ADA},
        _added("p1", "Sencha"),
        _added("p2", "Gyokuro"),
        {"type": "track", "userId": "c7", "event": "Order Completed", "properties": ORDER},
    ]
    answer = (await client.post("/v1/batch", json={"batch": messages})).json()
    assert (answer["accepted"], answer["rejected"]) == (4, [])


async def test_an_event_becomes_an_email_about_it(client: httpx2.AsyncClient) -> None:
    email_ = (await client.post("/v1/compose", json=ASK)).json()
    assert email_["reason"] == "ok"
    assert {pick["product_id"] for pick in email_["picks"]} >= {"p1", "p2"}
    assert "Sencha" in email_["html"]
    assert "£4.50" in email_["html"]
    assert "Ada" in email_["text"]


async def test_the_message_is_ready_for_smtp_and_can_be_unsubscribed_from_in_one_click(
    client: httpx2.AsyncClient,
) -> None:
    composed = (await client.post("/v1/compose", json=ASK)).json()
    raw = (await client.get(f"/v1/emails/{composed['id']}/message")).content
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert b"\nList-Unsubscribe: <https://mail.leaf.example/u/" in raw.replace(b"\r\n", b"\n")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "ada@example.com" in message["To"]
    link = message["List-Unsubscribe"].strip("<>").removeprefix("https://mail.leaf.example")
    assert (await client.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    pulled = (await client.get("/v1/content/cart/c42", params=PATIENT | {"occasion": "next"})).json()
    assert (pulled["abort"], pulled["reason"]) == (True, "unsubscribed")


async def test_fifty_at_once_get_the_same_bytes_and_replay_gives_them_again(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post("/v1/compose", json=ASK) for _ in range(50)))
    assert {answer.content for answer in answers} == {answers[0].content}
    report = (await client.post(f"/v1/emails/{answers[0].json()['id']}/replay")).json()
    assert report["differences"] == []
    assert report["identical"] is True


async def test_the_text_part_a_sender_pulls_second_is_of_the_same_email(client: httpx2.AsyncClient) -> None:
    html = await client.get("/v1/content/cart/c42", params=PATIENT | {"format": "html"})
    text = await client.get("/v1/content/cart/c42", params=PATIENT | {"format": "text"})
    assert html.headers["x-penfriend-email"] == text.headers["x-penfriend-email"]
    assert html.headers["x-penfriend-path"] == "template"
    assert "Sencha" in text.text


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/v1/content/nope/c42", "unknown_campaign"), ("/v1/content/cart/nobody", "unknown_customer")],
)
async def test_what_cannot_be_written_to_is_an_abort_with_its_reason(
    client: httpx2.AsyncClient, path: str, reason: str
) -> None:
    answer = await client.get(path, params=PATIENT)
    assert answer.status_code == 200
    assert (answer.json()["abort"], answer.json()["reason"]) == (True, reason)


async def test_a_stranger_of_a_shop_that_keeps_consent_elsewhere_still_gets_content(
    client: httpx2.AsyncClient,
) -> None:
    await client.put("/v1/brands/leaf", json=BRAND | {"consent_required": False})
    await client.put("/v1/campaigns/news", json=CART | {"id": "news", "flow": "newsletter"})
    answer = (await client.get("/v1/content/news/nobody", params=PATIENT)).json()
    assert (answer["abort"], answer["path"]) == (False, "template")
    assert answer["html"]
