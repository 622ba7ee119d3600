"""What an SMTP server's reply means (RFC 5321, RFC 3463)."""

from __future__ import annotations

import pytest

from composer.handoff.channel import MAX_ANSWER
from composer.handoff.replies import Stage, accepted, read_reply


@pytest.mark.parametrize(
    ("stage", "code", "text", "verdict", "reason"),
    [
        ("rcpt", 550, "5.1.1 no such user", "refused", "smtp_address_unknown"),
        ("rcpt", 550, "No such user", "refused", "smtp_refused"),
        ("rcpt", 550, "5.7.1 Relaying denied", "refused", "smtp_refused"),
        ("rcpt", 550, "5.2.1 Disabled", "refused", "smtp_mailbox_disabled"),
        ("rcpt", 552, "5.2.2 Full", "refused", "smtp_mailbox_full"),
        ("rcpt", 451, "4.7.1 Greylisted", "later", "smtp_temporary"),
        ("data", 452, "4.3.1 Insufficient storage", "later", "smtp_temporary"),
        ("data", 554, "5.7.1 Spam", "refused", "smtp_refused"),
        ("data", 421, "4.3.2 Shutting down", "away", "smtp_unavailable"),
        ("connect", 450, "Busy", "away", "smtp_temporary"),
        ("connect", 454, "4.7.0 Temporary authentication failure", "away", "smtp_temporary"),
        ("connect", 554, "No service for you", "halt", "smtp_refused_us"),
        ("connect", 535, "5.7.8 Bad credentials", "halt", "smtp_credentials"),
        ("mail", 530, "5.7.0 Must issue a STARTTLS command first", "halt", "smtp_credentials"),
        ("mail", 550, "5.7.1 Sender not allowed", "halt", "smtp_sender_refused"),
        ("mail", 552, "5.3.4 Message too big", "refused", "smtp_refused"),
        ("mail", 451, "4.3.0 Try later", "later", "smtp_temporary"),
    ],
)
def test_a_reply_is_taken_for_what_it_says(stage: Stage, code: int, text: str, verdict: str, reason: str) -> None:
    answer = read_reply(stage, code, text)
    assert (answer.verdict.value, answer.reason) == (verdict, reason)


@pytest.mark.parametrize("kind", ["1.1", "1.2", "1.3", "1.6", "1.10"])
def test_an_address_that_is_wrong_for_good_is_dead(kind: str) -> None:
    assert read_reply("rcpt", 550, f"5.{kind} gone").dead_address


@pytest.mark.parametrize(
    "text", ["5.1.7 bad sender", "5.1.8 bad sender's system", "5.2.1 disabled", "5.1.1x", "gone 5.1.1", "4.1.1 odd"]
)
def test_what_speaks_of_the_sender_or_is_not_clear_buries_no_address(text: str) -> None:
    assert not read_reply("rcpt", 550, text).dead_address


def test_a_mailbox_that_may_come_back_is_not_dead() -> None:
    assert not read_reply("rcpt", 450, "4.1.1 mailbox busy").dead_address


def test_codes_are_kept_apart_from_words_and_words_are_bounded() -> None:
    answer = read_reply("data", 554, "5.7.1 " + "spam\r\n" * 1000)
    assert answer.code == "554 5.7.1"
    assert len(answer.text) == MAX_ANSWER
    assert "\n" not in answer.text
    assert accepted("2.0.0 Ok: queued as 4Zx").code == "250 2.0.0"
    assert accepted("Ok").code == "250"
