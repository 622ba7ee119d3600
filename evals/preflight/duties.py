"""What the law wants to see in every commercial e-mail: a way out, and who sends it from where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from evals.preflight.message import Message
from evals.preflight.register import Problem, message_rule

LAST_BYTE = 90_000
"""The unsubscribe link stands before this byte of its part, so that clipping cannot hide it."""
OFFERS = (
    "unsubscribe", "opt out", "opt-out", "abmelden", "abbestellen", "austragen", "désabonner", "desabonner",
    "désinscri", "desinscri", "darse de baja", "darte de baja", "dar de baja", "cancelar la suscripción",
    "cancelar mi suscripción", "cancelar suscripción", "disiscri", "annulla l'iscrizione", "cancellati", "afmelden",
    "uitschrijven",
)  # fmt: skip
"""Words by which a link offers to unsubscribe: English, German, French, Spanish, Italian, Dutch."""
_URL = re.compile(r"https?://[^\s<>\"')\]]+")


@lru_cache(maxsize=4096)
def offers_unsubscribe(words: str) -> bool:
    """True when these words offer to unsubscribe. Kept: links of a campaign's e-mails have the same names."""
    return bool(_offers_in(words))


def _offers_in(words: str) -> list[str]:
    lowered = words.lower()
    return [offer for offer in OFFERS if offer in lowered]


@message_rule("message.unsubscribe")
def visible_unsubscribe(message: Message) -> Iterable[Problem]:
    """A link to unsubscribe that can be seen, in both parts, before byte 90,000, and the same in both.

    Gmail's sender guidelines ("a clearly visible unsubscribe link in the message body"); CAN-SPAM 16 CFR 316.5.
    """
    shown = [link.href for link in message.page.links if offers_unsubscribe(link.name)]
    written = _written(message)
    if not shown:
        yield Problem("The HTML part has no unsubscribe link that can be seen.")
    elif _place(message.html, shown[-1]) > LAST_BYTE:
        yield Problem("The unsubscribe link stands where Gmail may have clipped the message.")
    if not written:
        yield Problem("The text part has no unsubscribe link.")
    elif len(message.text[: message.text.find(written[-1])].encode()) > LAST_BYTE:
        yield Problem("The unsubscribe link of the text part stands where it may have been clipped.")
    elif shown and not set(shown) & set(written):
        yield Problem("The two parts have different unsubscribe links.")


def _written(message: Message) -> list[str]:
    """Addresses in the text part beside or right under words that offer to unsubscribe."""
    lines = message.text.split("\n")
    said = _offers_in(message.text)
    alike = [number for number, line in enumerate(lines) if any(offer in line.lower() for offer in said)]
    offers = [number for number in alike if offers_unsubscribe(_URL.sub("", lines[number]))]
    return [url for number in offers for line in lines[number : number + 2] for url in _URL.findall(line)]


def _place(html: str, href: str) -> int:
    """The byte at which a link stands in the source."""
    at = html.rfind(href.replace("&", "&amp;"))
    return len(html[:at].encode()) if at >= 0 else len(html.encode())


@message_rule("message.address", needs=lambda message: message.postal_address is not None)
def address(message: Message) -> Iterable[Problem]:
    """The postal address can be read in both parts. CAN-SPAM 15 USC 7704(a)(5); CASL section 6(2)."""
    wanted = " ".join((message.postal_address or "").split())
    for name, line in (("HTML", message.seen_line), ("text", message.text_line)):
        if wanted not in line:
            yield Problem(f"The {name} part lacks the postal address.")
