"""Composed e-mails over a real SMTP server: good, slow, one that refuses, one that greylists, one that hangs up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from composer.handoff.model import HandoffStatus
from composer.handoff.pace import Pace
from store.database import Database
from tests.kit.certificates import make_certificate
from tests.kit.handoffs import HASTE, HandoffShop, dispatching, relay
from tests.kit.ports import free_port
from tests.kit.smtp_server import Mailbox, smtp_server

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(sqlite_database: Database) -> HandoffShop:
    """Three composed e-mails; channels know nothing of databases."""
    return await HandoffShop.open(sqlite_database)


async def test_everyone_gets_their_own_e_mail_once_and_the_rows_say_so(shop: HandoffShop, mailbox: Mailbox) -> None:
    ended = await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port)))
    assert (ended.status, ended.tally.sent, ended.emails) == (HandoffStatus.COMPLETED, 3, 3)
    assert mailbox.addressees == ["c-1@post.example", "c-2@post.example", "c-3@post.example"]
    by_address = {mail.to: mail for mail in mailbox.mails}
    for email in shop.emails:
        mail = by_address[f"{email.customer}@post.example"]
        assert mail.message["Subject"] == email.subject
        assert (mail.key, mail.sender) == (email.id, "hello@harbourleaf.example")
        text = mail.message.get_body(("plain",))  # type: ignore[attr-defined]
        assert text.get_content().split() == email.text.split()
    delivered = await shop.deliveries(ended.id)
    assert {one.code for one in delivered} == {"250 2.0.0"}
    assert all("queued as Q" in one.answer and one.attempts == 1 for one in delivered)
    assert await shop.events() == ["handoff_started", "handoff_completed"]


async def test_the_message_is_the_one_the_api_shows_with_the_key_in_it(shop: HandoffShop, mailbox: Mailbox) -> None:
    await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port)))
    for mail in mailbox.mails:
        shown = await shop.shop.composer.message(mail.key)
        head, _, body = mail.content.partition(b"\r\n\r\n")
        keys = {f"{name}: {mail.key}".encode() for name in ("X-Penfriend-Key", "X-PM-Metadata-email_id")}
        lines = head.split(b"\r\n")
        assert keys <= set(lines)
        assert [line for line in lines if line not in keys] == shown.partition(b"\r\n\r\n")[0].split(b"\r\n")
        assert body == shown.partition(b"\r\n\r\n")[2]


async def test_connections_are_used_again(shop: HandoffShop, mailbox: Mailbox) -> None:
    await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port, connections=1)))
    assert (len(mailbox.mails), mailbox.connections) == (3, 1)


async def test_an_unknown_mailbox_is_refused_for_good_and_never_written_to_again(
    shop: HandoffShop, mailbox: Mailbox
) -> None:
    mailbox.at_rcpt["c-2@post.example"] = "550 5.1.1 <c-2@post.example>: no such user"
    ended = await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port, connections=1)))
    assert (ended.status, ended.tally.sent, ended.tally.refused) == (HandoffStatus.COMPLETED, 2, 1)
    (refused,) = [one for one in await shop.deliveries(ended.id) if one.customer == "c-2"]
    assert (refused.reason, refused.code) == ("smtp_address_unknown", "550 5.1.1")
    assert await shop.shop.why_not(shop.emails[1]) == "bounced"
    # The refusal did not spoil the connection for those behind it.
    assert mailbox.connections == 1


async def test_a_full_mailbox_is_no_bad_address(shop: HandoffShop, mailbox: Mailbox) -> None:
    mailbox.at_rcpt["c-1@post.example"] = "552 5.2.2 Mailbox full"
    ended = await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port)))
    assert [one.reason for one in await shop.deliveries(ended.id)] == ["smtp_mailbox_full", "", ""]
    assert (await shop.shop.now(shop.emails[0])).id == shop.emails[0].id


async def test_a_greylist_is_waited_for(shop: HandoffShop, mailbox: Mailbox) -> None:
    mailbox.greylists = True
    ended = await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port)))
    assert (ended.tally.sent, [one.attempts for one in await shop.deliveries(ended.id)]) == (3, [2, 2, 2])


async def test_what_is_put_off_again_and_again_has_failed_and_can_be_retried(
    shop: HandoffShop, mailbox: Mailbox
) -> None:
    mailbox.at_rcpt["c-3@post.example"] = "452 4.3.1 Not enough space"
    channels = shop.channels(smtp=relay(mailbox.port))
    ended = await shop.deliver(await shop.start(), channels)
    assert (ended.status, ended.tally.failed, ended.tally.sent) == (HandoffStatus.COMPLETED, 1, 2)
    (failed,) = [one for one in await shop.deliveries(ended.id) if one.status == "failed"]
    assert (failed.attempts, failed.code) == (1 + len(HASTE.retry_s), "452 4.3.1")
    mailbox.at_rcpt.clear()
    again = await shop.retry(ended)
    assert (await shop.deliver(again, channels)).tally.sent == 3
    assert max(mailbox.keys.values()) == 1


async def test_a_server_that_hangs_up_before_it_took_an_e_mail_is_asked_again(
    shop: HandoffShop, mailbox: Mailbox
) -> None:
    mailbox.hangs_up_before = 2
    ended = await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port)))
    assert (ended.tally.sent, sorted(mailbox.keys.values())) == (3, [1, 1, 1])


async def test_a_server_that_hangs_up_after_it_took_an_e_mail_gets_it_again_under_the_same_key(
    shop: HandoffShop, mailbox: Mailbox
) -> None:
    mailbox.hangs_up_after = 1
    ended = await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port)))
    assert (ended.tally.sent, sorted(mailbox.keys.values())) == (3, [1, 1, 2])
    repeated = [mail for mail in mailbox.mails if mailbox.keys[mail.key] == 2]
    assert repeated[0].content == repeated[1].content
    assert repeated[0].message["Message-ID"] == repeated[1].message["Message-ID"]


async def test_a_slow_server_gets_them_over_all_connections_at_once(shop: HandoffShop, mailbox: Mailbox) -> None:
    mailbox.together = 3
    ended = await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port, connections=3)))
    assert (ended.tally.sent, mailbox.connections) == (3, 3)


async def test_a_server_slower_than_the_timeout_is_tried_again(shop: HandoffShop, mailbox: Mailbox) -> None:
    mailbox.delay_s = 1.3
    settings = relay(mailbox.port, connections=3, timeout_s=1)
    handoff = await shop.start()
    pace = Pace(lease_s=2.0, retry_s=(), flush_s=0.02, grace_s=2.0)
    ended = await shop.deliver(handoff, shop.channels(smtp=settings), pace)
    assert [one.reason for one in await shop.deliveries(ended.id)] == ["smtp_timeout"] * 3
    assert ended.tally.failed == 3


async def test_a_server_that_is_down_costs_no_attempt_and_is_found_again_when_it_is_back(shop: HandoffShop) -> None:
    port = free_port()
    handoff = await shop.start()
    channels = shop.channels(smtp=relay(port))
    dispatcher = shop.dispatcher(channels)
    async with dispatching(dispatcher):
        resting = await shop.until_resting(handoff.id)
        assert resting.reason == "smtp_unreachable"
        async with smtp_server(port=port) as mailbox:
            ended = await shop.until(handoff.id, HandoffStatus.COMPLETED)
            assert (ended.tally.sent, ended.reason, len(mailbox.mails)) == (3, "", 3)
            # That it was away is forgotten: the next time it is waited for as little as the first.
            assert ended.rests_until is None
    assert [one.attempts for one in await shop.deliveries(handoff.id)] == [1, 1, 1]


async def test_a_refused_password_pauses_the_hand_off_and_a_mended_one_goes_on(
    shop: HandoffShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    async with smtp_server(password="open sesame", tls=certificate.server) as mailbox:
        secure = {"security": "starttls", "username": "shop"}
        wrong = relay(mailbox.port, **secure, password="guess")
        paused = await shop.deliver(await shop.start(), shop.channels(smtp=wrong))
        assert (paused.status, paused.reason) == (HandoffStatus.PAUSED, "smtp_credentials")
        assert "guess" not in paused.detail
        assert paused.tally.pending == 3
        right = relay(mailbox.port, **secure, password="open sesame")
        ended = await shop.deliver(await shop.resume(paused), shop.channels(smtp=right))
        assert ended.tally.sent == 3
    assert [one.attempts for one in await shop.deliveries(ended.id)] == [1, 1, 1]


async def test_a_certificate_that_nobody_vouches_for_pauses_the_hand_off(shop: HandoffShop, tmp_path: Path) -> None:
    async with smtp_server(tls=make_certificate(tmp_path).server) as mailbox:
        channels = shop.channels(smtp=relay(mailbox.port, security="starttls"))
        paused = await shop.deliver(await shop.start(), channels)
    assert (paused.status, paused.reason, mailbox.mails) == (HandoffStatus.PAUSED, "smtp_certificate", [])


async def test_a_relay_without_tls_gets_nothing_where_tls_is_set(shop: HandoffShop, mailbox: Mailbox) -> None:
    paused = await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port, security="starttls")))
    assert (paused.status, paused.reason, mailbox.mails) == (HandoffStatus.PAUSED, "smtp_not_offered", [])


async def test_a_sender_the_relay_will_not_have_pauses_the_hand_off(shop: HandoffShop, mailbox: Mailbox) -> None:
    mailbox.at_mail = "550 5.7.1 Sender not allowed"
    paused = await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port)))
    assert (paused.status, paused.reason, paused.tally.pending) == (HandoffStatus.PAUSED, "smtp_sender_refused", 3)


async def test_refusals_one_after_the_other_pause_the_hand_off(shop: HandoffShop, mailbox: Mailbox) -> None:
    mailbox.at_data = "554 5.7.1 Looks like spam"
    pace = Pace(flush_s=0.02, refused_in_a_row=2)
    channels = shop.channels(smtp=relay(mailbox.port, connections=1))
    paused = await shop.deliver(await shop.start(), channels, pace)
    assert (paused.status, paused.reason) == (HandoffStatus.PAUSED, "many_refused")
    assert (paused.tally.refused, paused.tally.pending) == (2, 1)


async def test_bounces_go_where_the_settings_say_and_notifications_are_asked_for(
    shop: HandoffShop, mailbox: Mailbox
) -> None:
    settings = relay(mailbox.port, return_path="bounces@harbourleaf.example", dsn=True)
    await shop.deliver(await shop.start(), shop.channels(smtp=settings))
    assert {mail.sender for mail in mailbox.mails} == {"bounces@harbourleaf.example"}
    # This server does not offer DSN (RFC 3461), so it is not bothered with it.
    assert not any("ENVID" in option for mail in mailbox.mails for option in mail.options)


async def test_without_a_relay_in_the_settings_the_hand_off_pauses_and_says_what_to_set(shop: HandoffShop) -> None:
    paused = await shop.deliver(await shop.start(), shop.channels())
    assert (paused.status, paused.reason) == (HandoffStatus.PAUSED, "no_smtp_relay")
    assert "PENFRIEND_SMTP__HOST" in paused.detail


async def test_a_process_without_the_relay_leaves_the_hand_off_to_one_that_has_it(
    shop: HandoffShop, mailbox: Mailbox
) -> None:
    handoff = await shop.start()
    without = asyncio.create_task(shop.dispatcher(shop.channels()).run())
    await asyncio.sleep(0.3)
    assert (await shop.handoff(handoff.id)).status is HandoffStatus.RUNNING
    ended = await shop.deliver(handoff, shop.channels(smtp=relay(mailbox.port)))
    assert (ended.status, ended.tally.sent) == (HandoffStatus.COMPLETED, 3)
    without.cancel()
    await asyncio.gather(without, return_exceptions=True)
