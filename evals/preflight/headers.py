"""Headers: each once, each in the form that receivers act on. Read from the raw bytes, before anything unfolds them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from email.utils import getaddresses, parsedate_to_datetime

from evals.checks.links import why_foreign
from evals.preflight.message import Message, decoded_header
from evals.preflight.register import Problem, message_rule

ONE_CLICK = "List-Unsubscribe=One-Click"
REQUIRED = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")
FORBIDDEN = frozenset(("bcc", "cc", "resent-to", "resent-cc", "resent-bcc"))
"""An e-mail to one person has no other recipients; a header that names some was smuggled in."""
ENCODED_WORD = 75
_UNSUBSCRIBE = re.compile(r"<(https?://[^<>\s]+)>(?:\s*,\s*<mailto:[^<>\s]+>)?")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
_LIST_ID = re.compile(r"(?:[^<>]*\s)?<[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+>|(?:[^<>]*\s)?<[A-Za-z0-9_-]+\.localhost>")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Also the marks that turn the order of letters round: they make `moc.eve` of an address."""
_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")


@message_rule("message.headers")
def each_once(message: Message) -> Iterable[Problem]:
    """Required headers stand once, none stands twice, none names further recipients. RFC 5322, section 3.6."""
    counts = Counter(header.name for header in message.entity.headers)
    for name in REQUIRED:
        if not counts[name]:
            yield Problem(f"The header {name} is missing.")
    for name, count in counts.items():
        if count > 1:
            yield Problem(f"The header {name} occurs {count} times; it must occur once.")
        if name in FORBIDDEN:
            yield Problem(f"The header {name} would send this e-mail to others.")


@message_rule("message.date")
def dated(message: Message) -> Iterable[Problem]:
    """The date is one, with its time zone. RFC 5322, section 3.3."""
    value = message.entity.value("date")
    if value and _date(value) is None:
        yield Problem(f"The date {value!r} is not one with a time zone.")


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


@message_rule("message.id")
def identified(message: Message) -> Iterable[Problem]:
    """Message-ID has the form `<unique@domain>`, on one line. RFC 5322, section 3.6.4."""
    for header in message.entity.all("message-id"):
        if header.is_folded or not _MESSAGE_ID.fullmatch(header.value):
            yield Problem(f"Message-ID {header.value!r} does not have the form <unique@domain>.")


@message_rule("message.list_id")
def listed(message: Message) -> Iterable[Problem]:
    """List-Id names the list in angle brackets: filters sort by it, and complaints are counted by it. RFC 2919."""
    headers = message.entity.all("list-id")
    if not headers:
        yield Problem("List-Id is missing: receivers cannot tell this mailing from the shop's other mail.")
    for header in headers:
        if header.is_folded or not _LIST_ID.fullmatch(header.value):
            yield Problem(f"List-Id {header.value!r} does not have the form <list.domain>.")


@message_rule("message.one_click")
def one_click(message: Message) -> Iterable[Problem]:
    """Both one-click headers, as mail clients read them: one https address, not folded, not encoded.

    RFC 8058, sections 3.1 and 4; required by Gmail's and Yahoo's sender guidelines since 2024.
    """
    for name, wanted in (("List-Unsubscribe", _UNSUBSCRIBE), ("List-Unsubscribe-Post", re.compile(ONE_CLICK))):
        headers = message.entity.all(name.lower())
        if not headers:
            yield Problem(f"{name} is missing: without it Gmail and Yahoo do not offer one-click unsubscribing.")
        for header in headers:
            match = wanted.fullmatch(header.value)
            if header.is_folded:
                yield Problem(f"{name} goes over several lines; mail clients read only the first.")
            elif match is None:
                yield Problem(f"{name} is {header.value!r}; it must be {_form_of(name)}.")
            elif match.lastindex and (foreign := _foreign(message, match[1])):
                yield Problem(f"The List-Unsubscribe address may not be used: {foreign}.")


def _form_of(name: str) -> str:
    return repr(ONE_CLICK) if name.endswith("Post") else "one https address in angle brackets"


def _foreign(message: Message, url: str) -> str | None:
    return why_foreign(url, message.world.snapshot.brand.domain, own_hosts=message.own_hosts)


@message_rule("message.sender")
def sender(message: Message) -> Iterable[Problem]:
    """One sender with a name, and the same name in both parts. CAN-SPAM 16 CFR 316.5, CASL section 6(2)."""
    value = decoded_header(message.entity.value("from"))
    addresses = getaddresses([message.entity.value("from")])
    if len(addresses) != 1 or not _ADDRESS.fullmatch(addresses[0][1]):
        yield Problem(f"From must be one address: {value!r}.")
        return
    name = " ".join(decoded_header(addresses[0][0]).split())
    if not name:
        yield Problem("From has no name: readers see who writes by it.")
    for part, line in (("HTML", message.seen_line), ("text", message.text_line)):
        if name not in line:
            yield Problem(f"The {part} part does not say that {name} sends this e-mail.")


@message_rule("message.encoding")
def encoded(message: Message) -> Iterable[Problem]:
    """Only ASCII in headers; other letters are in encoded words of at most 75 characters. RFC 2047, section 2."""
    if not message.entity.head.isascii():
        yield Problem("A header holds letters that are not encoded.")
    for header in message.entity.headers:
        if b"=?" not in header.raw:
            continue
        if any(len(word) > ENCODED_WORD for word in _WORD.findall(header.raw)):
            yield Problem(f"An encoded word in {header.name} is longer than {ENCODED_WORD} characters.")
        text = decoded_header(header.value)
        if "=?" in text or "\ufffd" in text:
            yield Problem(f"The header {header.name} cannot be decoded.")
        elif _CONTROL.search(text):
            yield Problem(f"The header {header.name} hides a control character.")


@message_rule("message.subject", needs=lambda message: message.wanted_subject is not None)
def subject(message: Message) -> Iterable[Problem]:
    """The subject header says what was written, to the letter. CAN-SPAM 15 USC 7704(a)(2): no misleading subject."""
    if message.subject != message.wanted_subject:
        yield Problem(f"The subject header reads {message.subject!r}.")
