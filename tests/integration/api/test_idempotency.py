"""The same `Idempotency-Key` twice, concurrently, with another payload, and after a failure."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from api.house import House
from api.idempotency import KEEP, LEASE
from memory.ingest import ingest
from store import clock
from store.errors import Unavailable
from tests.integration.api.conftest import Authorized, Client
from tests.kit.events import identify, track
from tests.kit.fake_composer import FakeComposer

pytestmark = pytest.mark.anyio

ASK = {"campaign": "spring", "customer": "c42"}


async def test_the_second_request_gets_the_first_ones_answer(
    client: Client, composer: FakeComposer, headers: dict[str, str]
) -> None:
    keyed = headers | {"Idempotency-Key": "k1"}
    first = await client.post("/v1/compose", json=ASK, headers=keyed)
    second = await client.post("/v1/compose", json=ASK, headers=keyed)
    assert first.status_code == second.status_code == 200
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"
    assert len(composer.asked) == 1


@pytest.mark.parametrize(
    ("event", "properties"),
    [
        ("Unsubscribed", {}),
        ("Consent Changed", {"method": "form", "purposes": {"personalisation": False}}),
        ("Consent Changed", {"method": "form", "topics": {"news": False}}),
    ],
)
async def test_an_e_mail_whose_customer_has_said_no_since_is_not_answered_again(
    client: Client,
    house: House,
    composer: FakeComposer,
    headers: dict[str, str],
    event: str,
    properties: dict[str, Any],
) -> None:
    async with house.database.session() as session:
        await ingest(session, [identify({"email_consent": True}, user="c42", days_ago=2)])
    keyed = headers | {"Idempotency-Key": "k1"}
    for _ in range(2):
        first = await client.post("/v1/compose", json=ASK, headers=keyed)
    assert (first.headers["idempotency-replayed"], len(composer.asked)) == ("true", 1)
    async with house.database.session() as session:
        await ingest(session, [track(event, properties, user="c42")])
    composer.emails.clear()
    composer.skipped = "said_no"
    told = [await client.post("/v1/compose", json=ASK, headers=keyed) for _ in range(2)]
    assert [(answer.json()["reason"], answer.json()["html"]) for answer in told] == [("said_no", "")] * 2
    assert told[1].headers["idempotency-replayed"] == "true"
    assert len(composer.asked) == 2


async def test_of_whom_no_consent_is_known_has_not_said_no(
    client: Client, house: House, composer: FakeComposer, headers: dict[str, str]
) -> None:
    async with house.database.session() as session:
        await ingest(session, [track("Viewed Product", {"product_id": "p1"}, user="c42")])
    told = [await client.post("/v1/compose", json=ASK, headers=headers | {"Idempotency-Key": "k1"}) for _ in range(2)]
    assert (told[1].headers["idempotency-replayed"], len(composer.asked)) == ("true", 1)


async def test_without_a_key_each_request_is_worked_on(
    client: Client, composer: FakeComposer, headers: dict[str, str]
) -> None:
    for _ in range(2):
        await client.post("/v1/compose", json=ASK, headers=headers)
    assert len(composer.asked) == 2


async def test_another_payload_under_the_same_key_is_422(client: Client, headers: dict[str, str]) -> None:
    keyed = headers | {"Idempotency-Key": "k1"}
    await client.post("/v1/compose", json=ASK, headers=keyed)
    other = await client.post("/v1/compose", json=ASK | {"customer": "c43"}, headers=keyed)
    assert other.status_code == 422
    assert other.json()["reason"] == "idempotency_key_reused"


async def test_another_route_under_the_same_key_is_422(client: Client, headers: dict[str, str]) -> None:
    keyed = headers | {"Idempotency-Key": "k1"}
    await client.post("/v1/compose", json=ASK, headers=keyed)
    other = await client.post("/v1/catalog/imports", content=b"id,title\n", headers=keyed)
    assert other.status_code == 422


async def test_of_many_at_once_one_works_and_the_others_are_told_to_wait(
    client: Client, composer: FakeComposer, headers: dict[str, str]
) -> None:
    composer.seconds = 0.3
    keyed = headers | {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(*(client.post("/v1/compose", json=ASK, headers=keyed) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert len(composer.asked) == 1
    waiting = next(answer for answer in answers if answer.status_code == 409)
    assert int(waiting.headers["retry-after"]) > 0
    assert (await client.post("/v1/compose", json=ASK, headers=keyed)).status_code == 200


async def test_two_callers_may_choose_the_same_words(
    client: Client, composer: FakeComposer, authorized: Authorized
) -> None:
    for _ in range(2):
        keyed = await authorized("compose") | {"Idempotency-Key": "k1"}
        assert (await client.post("/v1/compose", json=ASK, headers=keyed)).status_code == 200
    assert len(composer.asked) == 2


async def test_a_failure_is_not_kept_so_that_a_retry_tries_again(
    client: Client, composer: FakeComposer, headers: dict[str, str]
) -> None:
    keyed = headers | {"Idempotency-Key": "k1"}
    composer.failure = Unavailable("The disk is full.")
    assert (await client.post("/v1/compose", json=ASK, headers=keyed)).status_code == 503
    composer.failure = None
    assert (await client.post("/v1/compose", json=ASK, headers=keyed)).status_code == 200


async def test_a_bug_on_our_side_frees_the_key_too(
    client: Client, composer: FakeComposer, headers: dict[str, str]
) -> None:
    keyed = headers | {"Idempotency-Key": "k1"}
    composer.failure = RuntimeError("boom")
    assert (await client.post("/v1/compose", json=ASK, headers=keyed)).status_code == 500
    composer.failure = None
    assert (await client.post("/v1/compose", json=ASK, headers=keyed)).status_code == 200


async def test_after_a_day_the_key_is_free(client: Client, composer: FakeComposer, headers: dict[str, str]) -> None:
    keyed = headers | {"Idempotency-Key": "k1"}
    await client.post("/v1/compose", json=ASK, headers=keyed)
    with clock.frozen_at(clock.now() + KEEP + timedelta(minutes=1)):
        await client.post("/v1/compose", json=ASK, headers=keyed)
    assert len(composer.asked) == 2


async def test_a_request_that_was_killed_holds_its_key_only_for_its_lease(
    client: Client, composer: FakeComposer, headers: dict[str, str]
) -> None:
    keyed = headers | {"Idempotency-Key": "k1"}
    composer.seconds = 60
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await client.post("/v1/compose", json=ASK, headers=keyed)
    composer.seconds = 0
    with clock.frozen_at(clock.now() + LEASE + timedelta(seconds=1)):
        assert (await client.post("/v1/compose", json=ASK, headers=keyed)).status_code == 200


async def test_a_stranger_cannot_fill_the_table(client: Client, headers: dict[str, str]) -> None:
    keyed = {"Idempotency-Key": "k1", "Authorization": "Bearer pf_live_wrong"}
    assert (await client.post("/v1/compose", json=ASK, headers=keyed)).status_code == 401
    assert (await client.post("/v1/compose", json=ASK, headers=headers | {"Idempotency-Key": "k1"})).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
async def test_an_unusable_key_is_refused(client: Client, headers: dict[str, str], key: str) -> None:
    answer = await client.post("/v1/compose", json=ASK, headers=headers | {"Idempotency-Key": key})
    assert answer.status_code == 422
