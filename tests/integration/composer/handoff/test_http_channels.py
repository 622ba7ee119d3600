"""E-mails through listmonk and as signed webhooks, over real HTTP."""

from __future__ import annotations

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from composer.handoff.channels import ChannelsOf
from composer.handoff.model import HandoffStatus
from composer.handoff.settings import ListmonkSettings, SmtpSettings, WebhookSettings
from composer.handoff.webhooks import endpoints
from composer.handoff.webhooks.endpoints import EndpointDisabled, UnknownEndpoint
from composer.handoff.webhooks.model import NewEndpoint
from store.database import Database
from tests.kit.fake_listmonk import FakeListmonk, fake_listmonk
from tests.kit.handoffs import HandoffShop
from tests.kit.http_receiver import Says, http_receiver

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(sqlite_database: Database) -> HandoffShop:
    """Three composed e-mails; channels know nothing of databases."""
    return await HandoffShop.open(sqlite_database)


def settings(listmonk: FakeListmonk, **changes: object) -> ListmonkSettings:
    return ListmonkSettings.model_validate(
        {"url": listmonk.url, "username": "api", "token": "secret", "template_id": 7, **changes}
    )


async def endpoint(shop: HandoffShop, url: str) -> tuple[str, str]:
    """Id and secret."""
    async with shop.database.session() as session:
        added = await endpoints.add(session, NewEndpoint(url=url, types=()), private=True)
    return added.id, added.secret


async def test_listmonk_is_given_the_whole_e_mail_and_the_key(shop: HandoffShop) -> None:
    async with fake_listmonk() as listmonk:
        ended = await shop.deliver(await shop.start("listmonk"), shop.channels(listmonk=settings(listmonk)))
    assert (ended.status, ended.tally.sent) == (HandoffStatus.COMPLETED, 3)
    sent = {message["subscriber_email"]: message for message in listmonk.sent}
    for email in shop.emails:
        message = sent[f"{email.customer}@post.example"]
        assert (message["subject"], message["content_type"], message["messenger"]) == (email.subject, "html", "email")
        data = {name: message["data"][name] for name in ("key", "subject", "html", "text")}
        assert data == {"key": email.id, "subject": email.subject, "html": email.html, "text": email.text}
        headers = {name: value for one in message["headers"] for name, value in one.items()}
        assert headers["X-Penfriend-Key"] == email.id
        assert headers["List-Unsubscribe"] == email.headers["List-Unsubscribe"]
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {one.headers["idempotency-key"] for one in listmonk.receiver.received} == {one.id for one in shop.emails}


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"token": "other"}, "http_403"), ({"url": "http://127.0.0.1:1"}, "unreachable")],
    ids=["wrong token", "nobody there"],
)
async def test_a_listmonk_that_cannot_be_used_keeps_everything_pending(
    shop: HandoffShop, change: dict[str, str], reason: str
) -> None:
    async with fake_listmonk() as listmonk:
        handoff = await shop.start("listmonk")
        channel = await shop.channels(listmonk=settings(listmonk, **change)).open(handoff)
        answer = await channel.send(shop.parcel(shop.emails[0]))
        await channel.close()
    assert (answer.reason, answer.verdict.value in ("halt", "away")) == (reason, True)


async def test_a_template_that_listmonk_does_not_have_refuses_each_e_mail_with_its_words(shop: HandoffShop) -> None:
    async with fake_listmonk() as listmonk:
        channels = shop.channels(listmonk=settings(listmonk, template_id=8))
        ended = await shop.deliver(await shop.start("listmonk"), channels)
    (first, *_) = await shop.deliveries(ended.id)
    assert (first.status, first.reason, first.code) == ("refused", "http_400", "400")
    assert "Template 8 not found" in first.answer


async def test_without_a_listmonk_in_the_settings_the_hand_off_says_what_to_set(shop: HandoffShop) -> None:
    paused = await shop.deliver(await shop.start("listmonk"), shop.channels())
    assert (paused.status, paused.reason) == (HandoffStatus.PAUSED, "no_listmonk")


async def test_each_e_mail_is_a_signed_webhook_under_its_key(shop: HandoffShop) -> None:
    async with http_receiver() as receiver:
        id_, secret = await endpoint(shop, f"{receiver.url}/mail?token=abc")
        ended = await shop.deliver(await shop.start("webhook", endpoint=id_), shop.channels())
    assert ended.tally.sent == 3
    got = {one.headers["webhook-id"]: one for one in receiver.received}
    for email in shop.emails:
        message = got[email.id].verified(secret)
        assert message["type"] == "email.ready"
        data = message["data"]
        assert (data["key"], data["to"], data["run"]) == (email.id, f"{email.customer}@post.example", shop.run)
        assert (data["subject"], data["html"], data["text"]) == (email.subject, email.html, email.text)
        assert data["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(receiver.received[0].body, receiver.received[0].headers)


async def test_a_busy_endpoint_is_left_alone_and_gets_the_same_key_again(shop: HandoffShop) -> None:
    async with http_receiver() as receiver:
        receiver.answers = [Says(503, {"Retry-After": "0"}), Says(500), Says(429)]
        id_, _ = await endpoint(shop, receiver.url)
        ended = await shop.deliver(await shop.start("webhook", endpoint=id_), shop.channels())
    assert (ended.status, ended.tally.sent) == (HandoffStatus.COMPLETED, 3)
    assert {one.headers["webhook-id"] for one in receiver.received} == {email.id for email in shop.emails}


@pytest.mark.parametrize("status", [302, 401, 404, 410])
async def test_an_answer_that_will_be_the_same_for_everyone_pauses_the_hand_off(shop: HandoffShop, status: int) -> None:
    async with http_receiver() as receiver:
        receiver.answers = [Says(status, {"Location": f"{receiver.url}/elsewhere"})] * 20
        id_, _ = await endpoint(shop, receiver.url)
        paused = await shop.deliver(await shop.start("webhook", endpoint=id_), shop.channels())
        assert (paused.status, paused.reason, paused.tally.pending) == (HandoffStatus.PAUSED, f"http_{status}", 3)
        # Redirects are not followed.
        assert {one.path for one in receiver.received} == {"/"}


async def test_an_endpoint_on_a_private_address_is_asked_nothing_unless_the_settings_allow_it(
    shop: HandoffShop,
) -> None:
    async with http_receiver() as receiver:
        id_, _ = await endpoint(shop, receiver.url)
        public = ChannelsOf(shop.database, smtp=SmtpSettings(), listmonk=ListmonkSettings(), webhooks=WebhookSettings())
        paused = await shop.deliver(await shop.start("webhook", endpoint=id_), public)
    assert (paused.reason, receiver.received) == ("address_refused", [])


async def test_an_endpoint_must_be_there_and_in_use(shop: HandoffShop) -> None:
    with pytest.raises(UnknownEndpoint):
        await shop.start("webhook", endpoint="whe_none")
    id_, _ = await endpoint(shop, "http://127.0.0.1:1/")
    async with shop.database.session() as session:
        await endpoints.disable(session, id_, "gone")
    with pytest.raises(EndpointDisabled):
        await shop.start("webhook", endpoint=id_)


async def test_an_e_mail_larger_than_endpoints_are_promised_is_not_sent(shop: HandoffShop) -> None:
    async with http_receiver() as receiver:
        id_, _ = await endpoint(shop, receiver.url)
        channel = await shop.channels().open(await shop.start("webhook", endpoint=id_))
        answer = await channel.send(shop.parcel(shop.emails[0].model_copy(update={"text": "x" * 400_000})))
        await channel.close()
    assert (answer.verdict.value, answer.reason, receiver.received) == ("refused", "too_large", [])
