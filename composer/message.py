"""The MIME message: `multipart/alternative` with its headers, the same bytes for the same input.

One-click unsubscribe by RFC 8058 (with RFC 2369's `List-Unsubscribe`), `List-Id` by RFC 2919.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from urllib.parse import urlsplit

from composer.documents import Brand
from composer.render import Rendered
from store.errors import InvalidInput

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MESSAGE_ID = re.compile(r"^<[^\s<>@]+@[^\s<>@]+>$")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# RFC 2045 allows 76 characters in a quoted-printable line.
_BODY = SMTP.clone(max_line_length=76)
_FOLDED = SMTP
# At the standard 78 the stdlib breaks a long URL into RFC 2047 words, which no mail client's one-click can read.
_UNFOLDED = SMTP.clone(max_line_length=998)
_NEVER_FOLDED = frozenset({"list-unsubscribe", "list-unsubscribe-post", "list-id", "message-id"})


class InvalidHeader(InvalidInput):
    """A header value is not fit to be sent: an injection, or not what the header needs."""

    reason = "invalid_header"


class _MessagePolicy(EmailPolicy):
    """Folds words like any SMTP message, and never folds the headers that machines read."""

    def fold_binary(self, name: str, value: str) -> bytes:
        policy = _UNFOLDED if name.lower() in _NEVER_FOLDED else _FOLDED
        return policy.fold_binary(name, value)


_MESSAGE = _MessagePolicy(linesep="\r\n", max_line_length=998)


def headers(brand: Brand, *, unsubscribe_url: str) -> dict[str, str]:
    """The headers that belong on every e-mail of a brand, for senders that build the message themselves.

    Raises InvalidHeader when the unsubscribe link is not https (plain http only on localhost).
    """
    link = _one_line(unsubscribe_url, "List-Unsubscribe")
    parts = urlsplit(link)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS)
    if not secure or not link.isascii() or set(link) & set("<> "):
        raise InvalidHeader(
            "One-click unsubscribe needs an https link (RFC 8058).", pointer="/unsubscribe_url", fix="Set public_url."
        )
    values = {
        "From": str(_address(brand.sender.name, brand.sender.email, "From")),
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{brand.id}.{brand.domain}>",
    }
    if brand.sender.reply_to:
        values["Reply-To"] = str(_address("", brand.sender.reply_to, "Reply-To"))
    return values


def build_message(
    rendered: Rendered, brand: Brand, *, to: str, message_id: str, date: datetime, unsubscribe_url: str
) -> bytes:
    """The message as it goes over SMTP (CRLF line ends).

    `to` is an address; `message_id` looks like `<id@domain>`; `date` is timezone-aware.
    Raises InvalidHeader that names the header.
    """
    message = EmailMessage(policy=_MESSAGE)
    for name, value in headers(brand, unsubscribe_url=unsubscribe_url).items():
        message[name] = value
    message["To"] = str(_address("", to, "To"))
    message["Subject"] = " ".join(_CONTROL.sub(" ", rendered.subject).split())
    message["Date"] = _date(date)
    message["Message-ID"] = _message_id(message_id)
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = "multipart/alternative"
    message.set_boundary(_boundary(rendered, message_id))
    message.set_payload([_part(rendered.text, "plain"), _part(rendered.html, "html")])
    return message.as_bytes()


def _part(content: str, subtype: str) -> EmailMessage:
    part = EmailMessage(policy=_BODY)
    part.set_content(content, subtype=subtype, charset="utf-8", cte="quoted-printable")
    del part["MIME-Version"]
    return part


def _boundary(rendered: Rendered, message_id: str) -> str:
    """From the content: the stdlib would draw it at random. `=_` cannot occur in quoted-printable (RFC 2045, 6.7)."""
    seed = "\x00".join((message_id, rendered.subject, rendered.text, rendered.html))
    return f"=_{hashlib.sha256(seed.encode()).hexdigest()[:32]}"


def _address(name: str, spec: str, header: str) -> Address:
    try:
        return Address(display_name=_one_line(name, header), addr_spec=_one_line(spec, header))
    except (ValueError, IndexError) as error:
        raise InvalidHeader(f"{header} is not an e-mail address: {error}", pointer=f"/{header}") from error


def _date(date: datetime) -> str:
    if date.tzinfo is None:
        raise InvalidHeader("Date needs a timezone.", pointer="/Date", fix="Pass an aware datetime.")
    return format_datetime(date)


def _message_id(message_id: str) -> str:
    if not _MESSAGE_ID.match(_one_line(message_id, "Message-ID")) or not message_id.isascii():
        raise InvalidHeader("Message-ID must look like <id@domain>.", pointer="/Message-ID", fix="Add the brackets.")
    return message_id


def _one_line(value: str, header: str) -> str:
    if _CONTROL.search(value):
        raise InvalidHeader(
            f"{header} holds a line break or control character.", pointer=f"/{header}", fix="Remove it."
        )
    return value
