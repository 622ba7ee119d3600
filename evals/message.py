"""The finished MIME message, judged once more as it will be sent: headers, links, sizes, both parts.

Sources: RFC 8058 (one-click unsubscribe), RFC 5322 (lines and headers), Gmail's sender guidelines (clipping at
about 102 kB of HTML), CAN-SPAM 16 CFR 316 (postal address, visible opt-out).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message as MimeMessage
from functools import cached_property

from evals.checks.links import why_foreign
from evals.judging import GUARD_VERSION, judge
from evals.passage import TOKEN_NAME, Passage
from evals.rules import RULES
from evals.snapshot import Snapshot
from evals.text.markup import Page
from evals.verdict import Severity, Status, Verdict
from evals.world import World, world_of

BLOCK_BYTES = 100_000
WARN_BYTES = 80_000
"""Bytes of HTML; Gmail clips at about 102,000."""
UNSUBSCRIBE_BYTES = 90_000
"""The visible unsubscribe link stands before this byte, so that clipping cannot hide it."""
MAX_LINE = 998
KEY = "message"
TEXT_RULES = ("price.wrong", "discount.invented", "code.invented", "placeholder.leftover")
"""Block rules that are run once more on the text part."""
_ONE_CLICK = "List-Unsubscribe=One-Click"
_UNSUBSCRIBE = re.compile(
    r"unsubscribe|opt out|abmelden|abbestellen|austragen|d[ée]sabonner|d[ée]sinscri|dar(?:se|te) de baja|cancelar",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"(?:US\$|[$£€¥₹])[ \u00a0\u202f]?\d(?:[\d.,]*\d)?"
    r"|\d(?:[\d.,]*\d)?[ \u00a0\u202f]?(?:[$£€¥₹]|(?:EUR|USD|GBP|CHF|PLN|SEK|NOK|DKK|CZK|CAD|AUD)\b)"
)
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


@dataclass(frozen=True)
class Message:
    """A message with what it is judged by. Parsed once, part by part."""

    raw: bytes
    world: World
    own_hosts: frozenset[str]
    postal_address: str | None
    subject: str | None

    @cached_property
    def parsed(self) -> MimeMessage:
        # The modern policy parses every header by grammar, which takes a quarter of all checks' time; one is needed.
        return message_from_bytes(self.raw, policy=policy.compat32)

    @cached_property
    def html(self) -> str:
        return self._part("html")

    @cached_property
    def text(self) -> str:
        return self._part("plain")

    @cached_property
    def page(self) -> Page:
        return Page(self.html)

    def header(self, name: str) -> str:
        """A header's raw value, unfolded; empty when it is missing."""
        head = re.split(rb"\r?\n\r?\n", self.raw, maxsplit=1)[0].decode("ascii", "replace")
        unfolded = re.sub(r"\r?\n[ \t]+", " ", head)
        match = re.search(rf"(?im)^{re.escape(name)}:[ \t]*(.*?)\r?$", unfolded)
        return match[1].strip() if match else ""

    @cached_property
    def passage(self) -> Passage:
        """The text part less what is ours: the address has a postcode, and a sealed link may hold `___` by chance."""
        text = self.text.replace(self.postal_address, "") if self.postal_address else self.text
        text = re.sub(r"https?://\S+", "", text)
        return Passage("whole", KEY, text, self.world)

    @cached_property
    def subject_line(self) -> str:
        return str(make_header(decode_header(self.header("Subject"))))

    def _part(self, subtype: str) -> str:
        for part in self.parsed.walk():
            if part.get_content_type() == f"text/{subtype}":
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                return content.decode(part.get_content_charset("utf-8"), "replace").replace("\r\n", "\n")
        return ""


Problems = Iterable[tuple[str, Severity]]
Look = Callable[[Message], Problems]


def check_message(
    snapshot: Snapshot,
    mime: bytes,
    *,
    own_hosts: Sequence[str] = (),
    postal_address: str | None = None,
    subject: str | None = None,
) -> list[Verdict]:
    """Judge the message bytes as they go to the wire: one verdict a rule, several when it fails several times.

    `own_hosts` are hosts beside the brand's domain that links may have (where unsubscribe links lead); those on
    this machine may be plain http. `postal_address` must stand in both parts, `subject` in the header; without
    them these two are not judged.
    """
    message = Message(mime, world_of(snapshot), frozenset(own_hosts), postal_address, subject)
    verdicts: list[Verdict] = []
    for rule, look in _LOOKS.items():
        verdicts.extend(_judged(rule, look, message))
    return verdicts + judge(message.passage, message.world, (RULES[rule] for rule in TEXT_RULES))


def _judged(rule: str, look: Look, message: Message) -> list[Verdict]:
    if (rule == "message.address" and message.postal_address is None) or (
        rule == "message.subject" and message.subject is None
    ):
        return [Verdict(rule=rule, status=Status.NOT_JUDGED, block=KEY, version=GUARD_VERSION)]
    try:
        problems = list(look(message))
    except Exception as error:  # noqa: BLE001 - what cannot be read cannot be judged, and is not sent
        reason = f"The check itself failed ({type(error).__name__}: {error}); unjudged messages are not sent."
        return [_failed(rule, reason, Severity.BLOCK).model_copy(update={"crashed": True})]
    if not problems:
        return [Verdict(rule=rule, status=Status.PASS, block=KEY, version=GUARD_VERSION)]
    return [_failed(rule, reason, severity) for reason, severity in problems]


def _failed(rule: str, reason: str, severity: Severity) -> Verdict:
    return Verdict(rule=rule, status=Status.FAIL, severity=severity, block=KEY, reason=reason, version=GUARD_VERSION)


def _blocks(*reasons: str) -> Problems:
    return [(reason, Severity.BLOCK) for reason in reasons]


def _one_click(message: Message) -> Problems:
    """Read from the raw bytes: a folded or RFC 2047-encoded address does not work in mail clients."""
    value = message.header("List-Unsubscribe")
    if not re.fullmatch(r"<https?://[^<>\s]+>(?:\s*,\s*<mailto:[^<>\s]+>)?", value):
        return _blocks(f"List-Unsubscribe is {value or 'missing'!r}; it must be one https address in angle brackets.")
    url = value[1 : value.index(">")]
    foreign = why_foreign(url, message.world.snapshot.brand.domain, own_hosts=message.own_hosts)
    if foreign:
        return _blocks(f"The List-Unsubscribe address may not be used: {foreign}.")
    if message.header("List-Unsubscribe-Post") != _ONE_CLICK:
        return _blocks(f"List-Unsubscribe-Post must be {_ONE_CLICK!r}.")
    return ()


def _visible_unsubscribe(message: Message) -> Problems:
    anchors = [href for href, text in message.page.links if _UNSUBSCRIBE.search(text)]
    place = message.html.encode().find(anchors[-1].replace("&", "&amp;").encode()) if anchors else -1
    if not anchors:
        yield "The HTML part has no visible unsubscribe link.", Severity.BLOCK
    elif place > UNSUBSCRIBE_BYTES:
        yield "The unsubscribe link stands where Gmail may have clipped the message.", Severity.BLOCK
    lines = [line for line in message.text.split("\n") if _UNSUBSCRIBE.search(line)]
    if not lines or not re.search(r"https?://", "\n".join(message.text.split("\n")[message.text.count("\n") // 2 :])):
        yield "The text part has no unsubscribe link.", Severity.BLOCK


def _address(message: Message) -> Problems:
    wanted = " ".join((message.postal_address or "").split())
    for name, text in (("HTML", message.page.text), ("text", message.text)):
        if wanted not in " ".join(text.split()):
            yield f"The {name} part lacks the postal address.", Severity.BLOCK


def _subject(message: Message) -> Problems:
    found = message.subject_line
    return () if found == message.subject else _blocks(f"The subject header reads {found!r}.")


def _headers(message: Message) -> Problems:
    for name in ("From", "To", "Date", "Message-ID", "MIME-Version"):
        count = len(message.parsed.get_all(name, []))
        if count != 1:
            yield f"The header {name} occurs {count} times; it must occur once.", Severity.BLOCK


def _size(message: Message) -> Problems:
    size = len(message.html.encode())
    if size >= BLOCK_BYTES:
        return _blocks(f"The HTML has {size} bytes; Gmail clips at about 102,000.")
    return [(f"The HTML has {size} bytes; aim for under {WARN_BYTES}.", Severity.WARN)] if size >= WARN_BYTES else ()


def _alternatives(message: Message) -> Problems:
    return _blocks(*(f"The image {source} has no alt text." for source, alt in message.page.images if alt is None))


def _links(message: Message) -> Problems:
    domain = message.world.snapshot.brand.domain
    urls = [href for href, _ in message.page.links] + [source for source, _ in message.page.images]
    urls += re.findall(r"https?://[^\s<>\"')\]]+", message.text)
    for url in dict.fromkeys(urls):
        foreign = None if url.startswith("cid:") else why_foreign(url.rstrip(".,"), domain, own_hosts=message.own_hosts)
        if foreign:
            yield f"The link {url or '(empty)'} may not be sent: {foreign}.", Severity.BLOCK


def _language(message: Message) -> Problems:
    found = message.page.language.lower()
    if found.split("-")[0] != message.world.language:
        yield f"The html element says lang={found!r}; the text is {message.world.locale}.", Severity.BLOCK


def _lines(message: Message) -> Problems:
    if _BARE.search(message.raw):
        yield "Lines must end in CR LF (RFC 5322 section 2.3).", Severity.BLOCK
    longest = max(map(len, message.raw.split(b"\r\n")))
    if longest > MAX_LINE:
        yield f"A line has {longest} bytes; {MAX_LINE} is the limit (RFC 5322 section 2.1.1).", Severity.BLOCK


def _parts(message: Message) -> Problems:
    """Both parts say the same: same amounts of money, same products."""
    if not message.html.strip() or not message.text.strip():
        yield "It needs an HTML and a text part.", Severity.BLOCK
        return
    one, other = _amounts(message.page.text), _amounts(message.text)
    if one != other:
        apart = ", ".join(sorted(one ^ other))
        yield f"The parts name different amounts: {apart}.", Severity.BLOCK
    for pick in message.world.picks:
        if (pick.facts.name in message.page.text) != (pick.facts.name in message.text):
            yield f"Only one part names {pick.facts.name}.", Severity.BLOCK


def _amounts(text: str) -> set[str]:
    """Amounts with their sign, as they are written: one renderer writes both parts, so equal is equal to the letter."""
    return {"".join(match.split()) for match in _MONEY.findall(text)}


def _fields(message: Message) -> Problems:
    return _blocks("The first name was never filled in.") if TOKEN_NAME in message.html + message.text else ()


_LOOKS: dict[str, Look] = {
    "message.headers": _headers,
    "message.lines": _lines,
    "message.one_click": _one_click,
    "message.unsubscribe": _visible_unsubscribe,
    "message.address": _address,
    "message.subject": _subject,
    "message.size": _size,
    "message.alt": _alternatives,
    "message.links": _links,
    "message.lang": _language,
    "message.parts": _parts,
    "message.fields": _fields,
}
