"""The form of the bytes: lines, parts, charset, sizes."""

from __future__ import annotations

from collections.abc import Iterable

from evals.preflight.message import Message
from evals.preflight.register import Problem, message_rule
from evals.verdict import Severity

MAX_LINE = 998
BLOCK_BYTES = 100_000
WARN_BYTES = 80_000
"""Bytes of HTML; Gmail clips at about 102,000, and links grow when they are rewritten."""


@message_rule("message.lines")
def lines(message: Message) -> Iterable[Problem]:
    """Lines end in CR LF and have at most 998 bytes. RFC 5322, sections 2.1.1 and 2.3."""
    found = message.raw.split(b"\r\n")
    if message.raw.count(b"\n") != len(found) - 1 or message.raw.count(b"\r") != len(found) - 1:
        yield Problem("Lines must end in CR LF; a bare CR or LF lets a receiver see other lines than we do.")
    longest = max(map(len, found))
    if longest > MAX_LINE:
        yield Problem(f"A line has {longest} bytes; {MAX_LINE} is the limit.")


@message_rule("message.structure")
def structure(message: Message) -> Iterable[Problem]:
    """`multipart/alternative` of a text and an HTML part, the preferred one last. RFC 2046, section 5.1.4."""
    kinds = [part.content_type for part in message.entity.parts]
    if message.entity.content_type != "multipart/alternative" or kinds != ["text/plain", "text/html"]:
        found = ", ".join(kinds) or "none"
        yield Problem(f"It needs a text part and then an HTML part, and no other; it has: {found}.")
    elif not message.html.strip() or not message.text.strip():
        yield Problem("One of its parts is empty.")


@message_rule("message.charset")
def charset(message: Message) -> Iterable[Problem]:
    """Both parts are UTF-8 and say so. RFC 2045, section 5.1; RFC 6532 for why no other."""
    for part in message.entity.parts:
        named = part.parameter("charset").lower()
        if named != "utf-8":
            yield Problem(f"The {part.content_type} part says its charset is {named or 'none'}, not utf-8.")
        if why := part.why_unreadable:
            yield Problem(f"The {part.content_type} part cannot be read: {why}.")


@message_rule("message.size")
def size(message: Message) -> Iterable[Problem]:
    """Gmail cuts HTML off at about 102 kB, and with it the footer. Sources disagree on the byte; this is on its safe
    side."""
    found = len(message.html.encode())
    if found >= BLOCK_BYTES:
        yield Problem(f"The HTML has {found} bytes; Gmail clips at about 102,000.")
    elif found >= WARN_BYTES:
        yield Problem(f"The HTML has {found} bytes; aim for under {WARN_BYTES}.", Severity.WARN)
