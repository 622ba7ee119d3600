"""The bytes that go over SMTP, read back by the standard library and by eye."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.message import Envelope, InvalidHeader, build_message, headers_of
from composer.render import Rendered
from tests.kit.emails import make_brand

LONG_LINK = "https://mail.fennelrow.example/u/" + "t" * 400


def make_rendered(**changes: str) -> Rendered:
    return Rendered.model_validate(
        {"subject": "Hello", "preheader": "Hi.", "html": "<p>£29.00 für dich</p>", "text": "£29.00 für dich\n"}
        | changes
    )


def make_envelope(**changes: object) -> Envelope:
    return Envelope.model_validate(
        {
            "brand": make_brand(),
            "to": "anna@example.com",
            "email_id": "msg_01h455vb4pex5vsknk084sn02q",
            "campaign": "autumn",
            "date": datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
            "unsubscribe_url": LONG_LINK,
        }
        | changes
    )


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def header_lines(raw: bytes) -> list[bytes]:
    return raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")


def test_the_unsubscribe_headers_stand_on_one_line_as_they_are() -> None:
    """The stdlib would encode a long URL as RFC 2047 words, which one-click readers cannot follow."""
    lines = header_lines(build_message(make_rendered(), make_envelope()))
    assert b"List-Unsubscribe: <" + LONG_LINK.encode() + b">" in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert b"List-Id: <fennel-row.fennelrow.example>" in lines
    assert b"Message-ID: <msg_01h455vb4pex5vsknk084sn02q@fennelrow.example>" in lines
    assert b"Date: Sat, 21 Nov 2026 09:30:00 +0000" in lines


def test_both_parts_come_back_as_they_went_in_text_first() -> None:
    message = parsed(build_message(make_rendered(), make_envelope()))
    assert message.get_content_type() == "multipart/alternative"
    parts = cast(list[EmailMessage], list(message.iter_parts()))
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert parts[0].get_content().strip() == "£29.00 für dich"
    assert parts[1].get_content().strip() == "<p>£29.00 für dich</p>"


def test_no_line_is_longer_than_the_standards_allow() -> None:
    raw = build_message(make_rendered(html="<p>" + "ä" * 5000 + "</p>", subject="🎁 " + "wörd " * 15), make_envelope())
    head, body = raw.split(b"\r\n\r\n", 1)
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    words = [line for line in head.split(b"\r\n") if b"=?utf-8?" in line]
    assert all(len(line.removeprefix(b"Subject:").strip()) <= 75 for line in words)


@pytest.mark.parametrize(
    "subject", ["Grüße aus Kendal", "Happy birthday 🎂", "Tea, coffee & <more>", "日本茶のお知らせ"]
)
def test_a_subject_survives_encoding(subject: str) -> None:
    assert parsed(build_message(make_rendered(subject=subject), make_envelope()))["Subject"] == subject


def test_a_line_break_in_a_subject_becomes_a_space_and_no_header() -> None:
    raw = build_message(make_rendered(subject="Hello\r\nBcc: all@example.com"), make_envelope())
    assert parsed(raw)["Bcc"] is None
    assert parsed(raw)["Subject"] == "Hello Bcc: all@example.com"


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "anna@example.com\r\nBcc: all@example.com"},
        {"to": "anna"},
        {"to": "anna@example.com, eve@example.com"},
        {"email_id": "msg>\r\nX: y"},
        {"campaign": "two words"},
        {"unsubscribe_url": "https://mail.example/u/x\r\nX: y"},
        {"unsubscribe_url": "https://mail.example/u/x> <y"},
        {"unsubscribe_url": "http://mail.example/u/x"},
        {"unsubscribe_url": "mailto:out@mail.example"},
        {"date": datetime(2026, 11, 21)},  # noqa: DTZ001 - the naive date is the point
    ],
)
def test_a_header_that_could_carry_another_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidHeader):
        build_message(make_rendered(), make_envelope(**changes))


def test_on_this_machine_plain_http_is_enough() -> None:
    headers = headers_of(make_rendered(), make_envelope(unsubscribe_url="http://localhost:8000/u/x"))
    assert headers["List-Unsubscribe"] == "<http://localhost:8000/u/x>"


def test_equal_input_gives_equal_bytes_and_other_content_another_boundary() -> None:
    one, two = (build_message(make_rendered(), make_envelope()) for _ in range(2))
    assert one == two
    other = build_message(make_rendered(text="other"), make_envelope())
    assert parsed(one).get_boundary() != parsed(other).get_boundary()


def test_a_preview_has_no_recipient_and_a_brand_without_reply_to_none() -> None:
    message = parsed(build_message(make_rendered(), make_envelope(to=None)))
    assert message["To"] is None
    assert message["Reply-To"] is None
    assert message["From"] == "Fennel Row <hello@fennelrow.example>"


def test_a_sender_name_with_special_characters_is_quoted() -> None:
    brand = make_brand(
        sender={"name": "Tee & Café, Kendal", "email": "hi@fennelrow.example", "reply_to": "re@fennelrow.example"}
    )
    message = parsed(build_message(make_rendered(), make_envelope(brand=brand)))
    assert message["From"].addresses[0].display_name == "Tee & Café, Kendal"
    assert message["Reply-To"] == "re@fennelrow.example"


def test_words_that_spell_an_encoded_word_are_not_decoded() -> None:
    brand = make_brand(sender={"name": "=?utf-8?q?Your_bank?=", "email": "hi@fennelrow.example"})
    message = parsed(build_message(make_rendered(subject="=?utf-8?q?You_won?="), make_envelope(brand=brand)))
    assert message["Subject"] == "= ?utf-8?q?You_won?="
    assert message["From"].addresses[0].display_name == "= ?utf-8?q?Your_bank?="


def test_the_api_gets_the_same_headers() -> None:
    envelope = make_envelope()
    message = parsed(build_message(make_rendered(), envelope))
    for name, value in headers_of(make_rendered(), envelope).items():
        assert message[name] == value


@given(subject=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=100))
def test_a_subject_in_ascii_stands_as_the_standard_library_writes_it(subject: str) -> None:
    envelope = make_envelope()
    said = headers_of(make_rendered(subject=subject), envelope)["Subject"]
    policy = SMTP.clone(max_line_length=76)
    expected = policy.fold_binary(*policy.header_store_parse("Subject", said))
    assert expected in build_message(make_rendered(subject=subject), envelope)
