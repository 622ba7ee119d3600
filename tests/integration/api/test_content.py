"""Pulls of prepared e-mails over HTTP, by a sender that asks at send time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest

from api import known_keys
from api.house import House
from api.keys import FEED, create_key, list_keys, revoke_key
from composer.contract import ComposeResult
from tests.integration.api.conftest import Client
from tests.kit.fake_composer import FakeComposer
from tests.kit.prepared import PreparedShop

pytestmark = pytest.mark.anyio

PULL = "/v1/content/autumn/c-1?deadline_ms=60000"
"""By a sender that waits as long as a busy machine needs."""


class Prepared:
    """A shop in the house's database with an e-mail for `c-1`."""

    def __init__(self, house: House, shop: PreparedShop, email: ComposeResult) -> None:
        self.house, self.shop, self.email = house, shop, email

    async def change(self, product_id: str, **fields: Any) -> None:
        """As an import would."""
        self.shop.shelf.change(product_id, **fields)
        await self.shop.stock()
        await self.house.catalog.reload()


@pytest.fixture
async def prepared(house: House) -> Prepared:
    """The e-mail is written; the house's own composer is not asked for it."""
    shop = await PreparedShop.open(house.database)
    await shop.stock()
    await house.catalog.reload()
    return Prepared(house, shop, await shop.compose())


async def test_a_prepared_e_mail_is_answered_as_it_is_stored(
    client: Client, headers: dict[str, str], prepared: Prepared, composer: FakeComposer
) -> None:
    answer = await client.get(PULL, headers=headers)
    email = prepared.email
    assert answer.headers["X-Penfriend-Email"] == email.id
    assert answer.headers["X-Penfriend-Path"] == "template"
    body = answer.json()
    assert (body["subject"], body["html"], body["text"]) == (email.subject, email.html, email.text)
    assert body["blocks"] == {block.key: block.text for block in email.blocks}
    assert body["products"][0]["link"] == email.picks[0].link
    assert (await client.get(f"{PULL}&format=html", headers=headers)).text == email.html
    assert (await client.post(f"{PULL}&format=text", headers=headers)).text == email.text
    assert composer.asked == []


async def test_a_pull_shows_the_price_of_its_moment_and_the_next_one_the_same_bytes(
    client: Client, headers: dict[str, str], prepared: Prepared
) -> None:
    await prepared.change("sencha", price=Decimal("13.75"))
    first, second = [await client.get(PULL, headers=headers) for _ in range(2)]
    assert "£13.75" in first.json()["html"]
    assert first.content == second.content


async def test_what_may_not_go_out_is_an_abort_with_its_reason(
    client: Client, headers: dict[str, str], prepared: Prepared
) -> None:
    for product_id in list(prepared.shop.shelf.products):
        await prepared.change(product_id, availability="out_of_stock")
    answer = (await client.get(PULL, headers=headers)).json()
    assert (answer["abort"], answer["reason"]) == (True, "too_few_picks")
    await prepared.shop.unsubscribe("c-1")
    assert (await client.get(PULL, headers=headers)).json()["reason"] == "unsubscribed"


async def test_without_a_prepared_e_mail_one_is_composed(
    client: Client, headers: dict[str, str], prepared: Prepared, composer: FakeComposer
) -> None:
    answer = await client.get(f"{PULL}&occasion=2027", headers=headers)
    assert answer.json()["html"] == "<p>Your tea</p>"
    assert [request.occasion for request in composer.asked] == ["2027"]


async def test_a_revoked_key_pulls_no_longer_than_it_is_trusted(
    client: Client, house: House, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_keys, "TRUSTED_S", 0.0)
    async with house.database.session() as session:
        key, token = await create_key(session, "sender", ["compose"])
    header = {"Authorization": f"Bearer {token}"}
    assert (await client.get(PULL, headers=header)).status_code == 200
    async with house.database.session() as session:
        await revoke_key(session, key.id)
    assert (await client.get(PULL, headers=header)).status_code == 401


async def test_a_key_is_not_looked_up_at_every_pull_and_still_known_as_used(
    client: Client, house: House, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_keys, "TRUSTED_S", 3600.0)
    async with house.database.session() as session:
        key, token = await create_key(session, "sender", ["compose"])
    header = {"Authorization": f"Bearer {token}"}
    assert (await client.get(PULL, headers=header)).status_code == 200
    async with house.database.session() as session:
        await revoke_key(session, key.id)
    assert (await client.get(PULL, headers=header)).status_code == 200
    async with house.database.session(readonly=True) as session:
        used = {known.id: known.last_used_at for known in await list_keys(session)}
    assert used[key.id] is not None


async def test_a_runs_e_mails_come_as_lines_and_go_on_where_they_broke_off(
    client: Client, headers: dict[str, str], prepared: Prepared
) -> None:
    run = await prepared.shop.run([prepared.email], others=("skipped", "failed"))
    answer = await client.get(f"/v1/runs/{run}/emails.jsonl", headers=headers)
    assert answer.headers["content-type"].startswith("application/jsonl")
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [line["status"] for line in lines] == ["composed", "skipped", "failed"]
    assert lines[0]["html"] == prepared.email.html
    rest = await client.get(f"/v1/runs/{run}/emails.jsonl?after=0", headers=headers)
    assert rest.content == b"".join(answer.content.splitlines(keepends=True)[1:])


async def test_the_lines_of_an_unknown_run_are_a_problem_not_an_empty_stream(
    client: Client, headers: dict[str, str]
) -> None:
    answer = await client.get("/v1/runs/run_none/emails.jsonl", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_run")
    assert (await client.get("/v1/runs/run_none/emails.jsonl?after=x", headers=headers)).status_code == 422


async def test_a_secret_url_opens_the_e_mails_of_its_campaign_and_nothing_else(
    client: Client, house: House, prepared: Prepared
) -> None:
    async with house.database.session() as session:
        _, token = await create_key(session, "feed", [f"{FEED}autumn"])
        _, other = await create_key(session, "sender", ["compose", "read"])
    assert (await client.get(f"/c/{token}/c-1")).text == prepared.email.html
    assert (await client.get(f"/c/{token}/c-1?format=json")).json()["email_id"] == prepared.email.id
    bearer = {"Authorization": f"Bearer {token}"}
    for path in (PULL, "/v1/campaigns", f"/v1/emails/{prepared.email.id}"):
        assert (await client.get(path, headers=bearer)).status_code == 403
    assert (await client.get(f"/c/{other}/c-1")).status_code == 403
    assert (await client.get("/c/nonsense/c-1")).status_code == 401


async def test_a_secret_url_that_is_asked_too_often_aborts(
    client: Client, house: House, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_keys, "FEED_RATE", 0.001)
    async with house.database.session() as session:
        _, token = await create_key(session, "feed", [f"{FEED}autumn"])
    assert (await client.get(f"/c/{token}/c-1")).text == prepared.email.html
    answer = await client.get(f"/c/{token}/c-1")
    assert (answer.status_code, answer.json()["reason"]) == (200, "rate_limited")
