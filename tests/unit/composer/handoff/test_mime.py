"""A stored e-mail as a message, and its recipient as SMTP takes them."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest

from composer.handoff.channel import Parcel
from composer.handoff.mime import BadAddress, message, recipient

HEADERS = {
    "Date": "Sat, 21 Nov 2026 09:00:00 +0000",
    "Feedback-ID": "autumn:harbour:penfriend",
    "From": '"Harbour & Leaf" <hello@harbourleaf.example>',
    "List-Unsubscribe": "<https://mail.harbourleaf.example/u/" + "t" * 200 + ">",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "Message-ID": "<msg_1@harbourleaf.example>",
    "Subject": "Tee für dich",
}


def parcel(**changes: Any) -> Parcel:
    document = {"subject": "Tee für dich", "preheader": "", "html": "<p>Tee</p>", "text": "Tee", "headers": HEADERS}
    return Parcel("msg_1", "run_1", "c@post.example", document | changes)


def test_a_message_carries_its_own_headers_the_recipient_and_the_key() -> None:
    content = message(parcel(), recipient("c@post.example"))
    parsed = BytesParser(policy=default).parsebytes(content)
    assert (parsed["To"], parsed["X-Penfriend-Key"], parsed["Subject"]) == ("c@post.example", "msg_1", "Tee für dich")
    assert [name for name in parsed if name in HEADERS][:2] == ["From", "Subject"]
    # One line, or mail clients cannot read it.
    assert f"List-Unsubscribe: {HEADERS['List-Unsubscribe']}\r\n".encode() in content


def test_the_same_e_mail_is_the_same_bytes() -> None:
    assert message(parcel(), recipient("c@post.example")) == message(parcel(), recipient("c@post.example"))


@pytest.mark.parametrize(
    ("address", "sent_to", "utf8"),
    [
        ("c@post.example", "c@post.example", False),
        ("c@bücher.example", "c@xn--bcher-kva.example", False),
        ("jürgen@bücher.example", "jürgen@bücher.example", True),
        ("o'hara+tea@post.example", "o'hara+tea@post.example", False),
    ],
)
def test_addresses_are_ascii_as_far_as_they_can_be(address: str, sent_to: str, utf8: bool) -> None:
    found = recipient(address)
    assert (found.address, found.utf8) == (sent_to, utf8)


def test_a_name_that_is_not_ascii_stands_in_the_message_as_it_is() -> None:
    content = message(parcel(), recipient("jürgen@post.example"))
    assert "To: jürgen@post.example\r\n".encode() in content


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "a@b\r\nBcc: x@y.example", "a b@post.example"])
def test_what_is_no_address_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(BadAddress) as caught:
        recipient(address)
    assert not address or address not in str(caught.value)
