"""The MIME message: `multipart/alternative` with its headers, the same bytes for the same input.

One-click unsubscribe by RFC 8058 (with RFC 2369's `List-Unsubscribe`), `List-Id` by RFC 2919.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import urlsplit

from composer.documents import Brand
from composer.render import Rendered, Value
from store.errors import InvalidInput

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# RFC 2045 (6.7) and RFC 2047 (2) allow 76 characters in an encoded line; the stdlib's 78 goes over.
_FOLDED = SMTP.clone(max_line_length=76)
# At that length the stdlib breaks a long URL into RFC 2047 words, which no mail client's one-click can read.
_UNFOLDED = SMTP.clone(max_line_length=998)
_ONE_LINE = re.compile(r"[!-~]+(?: [!-~]+)*")
"""ASCII words, one space apart."""
_AS_IT_IS = frozenset(
    {"Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"}
)
"""Headers that an ASCII value stands in as it is: the others are written anew from their parsed addresses."""
_INTERNATIONAL = SMTPUTF8.clone(max_line_length=998)
_NEVER_FOLDED = frozenset(
    {"list-unsubscribe", "list-unsubscribe-post", "list-id", "message-id", "feedback-id", "x-penfriend-key"}
)


class InvalidHeader(InvalidInput):
    """A header value is not fit to be sent: an injection, or not what the header needs."""

    reason = "invalid_header"


class Envelope(Value):
    """What surrounds the e-mail: who sends it to whom, under which ids."""

    brand: Brand
    to: str | None = None
    """The recipient's address; None while the message is only judged or previewed."""
    email_id: str
    campaign: str
    date: datetime
    """Timezone-aware."""
    unsubscribe_url: str
    preferences_url: str | None = None
    """Where the recipient reads what is remembered of them; None in e-mails of before there was such a page."""


def headers_of(rendered: Rendered, envelope: Envelope) -> dict[str, str]:
    """The headers in words, for senders that build the message themselves. No `To` without a recipient.

    Raises InvalidHeader that names the header.
    """
    brand = envelope.brand
    values = {
        "From": _address(brand.sender.name, brand.sender.email, "From"),
        "Reply-To": _address("", brand.sender.reply_to, "Reply-To") if brand.sender.reply_to else None,
        "To": _address("", envelope.to, "To") if envelope.to else None,
        "Subject": _plain(" ".join(_CONTROL.sub(" ", rendered.subject).split())),
        "Date": _date(envelope.date),
        "Message-ID": f"<{_token(envelope.email_id, 'Message-ID')}@{brand.domain}>",
        "List-Id": f"<{brand.id}.{brand.domain}>",
        "List-Unsubscribe": f"<{_unsubscribe_link(envelope.unsubscribe_url)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": f"{_token(envelope.campaign, 'Feedback-ID')}:{brand.id}:penfriend",
    }
    return {name: value for name, value in values.items() if value is not None}


def build_message(rendered: Rendered, envelope: Envelope) -> bytes:
    """The message as it goes over SMTP (CRLF line ends): the same input gives the same bytes.

    Raises InvalidHeader that names the header.
    """
    return assemble(rendered, headers_of(rendered, envelope), envelope.email_id)


def assemble(rendered: Rendered, headers: Mapping[str, str], email_id: str) -> bytes:
    """The message with these headers, in their order. A `To` that is not ASCII stays as it is (RFC 6532)."""
    boundary = _boundary(rendered, email_id)
    lines = [_header(name, value) for name, value in headers.items()]
    mime = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'
    mark = f"--{boundary}".encode()
    parts = (mark, _part(rendered.text, "plain"), mark, _part(rendered.html, "html"), mark + b"--\r\n")
    return b"".join(lines) + mime.encode() + b"\r\n" + b"\r\n".join(parts)


def _header(name: str, value: str) -> bytes:
    """A header's lines. Words are folded as in any SMTP message, what machines read never is."""
    room = _UNFOLDED if name.lower() in _NEVER_FOLDED else _FOLDED
    fits = len(name) + len(": ") + len(value) <= (room.max_line_length or 0)
    # The standard library parses each word of it, and comes to the same line.
    if name in _AS_IT_IS and fits and _ONE_LINE.fullmatch(value):
        return f"{name}: {value}\r\n".encode()
    return _parsed_header(name, value)


@lru_cache(maxsize=1024)
def _parsed_header(name: str, value: str) -> bytes:
    """By the standard library. Kept: a brand's own are the same in every e-mail."""
    policy = _UNFOLDED if name.lower() in _NEVER_FOLDED else _FOLDED
    if name == "To" and not value.isascii():
        policy = _INTERNATIONAL
    return policy.fold_binary(*policy.header_store_parse(name, value))


def _part(content: str, subtype: str) -> bytes:
    """A text part in quoted-printable. Put together here: `email.message` takes ten times as long to the same bytes."""
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    lines = content.encode().splitlines()
    # Line ends of one character: behind those of two, a line of exactly 76 characters would be broken.
    return head.encode() + binascii.b2a_qp(b"\n".join(lines) + b"\n").replace(b"\n", b"\r\n")


def _boundary(rendered: Rendered, email_id: str) -> str:
    """From the content: the stdlib would draw it at random.

    `=_` cannot occur in quoted-printable, so the boundary cannot occur in a part (RFC 2045, 6.7).
    """
    seed = "\x00".join((email_id, rendered.subject, rendered.text, rendered.html))
    return f"=_{hashlib.sha256(seed.encode()).hexdigest()[:32]}"


@lru_cache(maxsize=1024)
def _address(name: str, spec: str, header: str) -> str:
    try:
        return str(Address(display_name=_plain(_one_line(name, header)), addr_spec=_one_line(spec, header)))
    except (ValueError, IndexError, HeaderParseError) as error:
        raise InvalidHeader(f"{header} is not an e-mail address: {error}", pointer=f"/{header}") from error


def _date(date: datetime) -> str:
    if date.tzinfo is None:
        raise InvalidHeader("Date needs a timezone.", pointer="/Date", fix="Pass an aware datetime.")
    return format_datetime(date)


def _token(value: str, header: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise InvalidHeader(f"{header} cannot hold {value!r}.", pointer=f"/{header}", fix="Use a plain id.")
    return value


def _unsubscribe_link(url: str) -> str:
    """The link when one-click can use it: https (RFC 8058), plain http only on this machine."""
    link = _one_line(url, "List-Unsubscribe")
    parts = urlsplit(link)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS)
    if not secure or not link.isascii() or set(link) & set("<> "):
        raise InvalidHeader(
            "One-click unsubscribe needs an https link (RFC 8058).",
            pointer="/List-Unsubscribe",
            fix="Set the brand's public_url to an https address.",
        )
    return link


def _plain(words: str) -> str:
    """Words that spell an RFC 2047 word are kept from being one: readers would see what it decodes to."""
    return words.replace("=?", "= ?")


def _one_line(value: str, header: str) -> str:
    if _CONTROL.search(value):
        raise InvalidHeader(
            f"{header} holds a line break or control character.", pointer=f"/{header}", fix="Remove it."
        )
    return value
