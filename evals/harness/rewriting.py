"""Edits of a text for metamorphic suites: other spellings of the same, and small lies.

Deliberately ignorant of the guard: amounts are found by patterns of their own, so that what the guard's number engine
overlooks is edited all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

NO_BREAK_SPACE, NARROW_SPACE, ZERO_WIDTH_SPACE = "\u00a0", "\u202f", "\u200b"
ISO_CODES = {"$": "USD", "£": "GBP", "€": "EUR"}
HOMOGLYPHS = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х", "y": "у"}
"""Latin letters and the Cyrillic ones that look the same (Unicode TR39, confusables)."""

_NUMBER = r"\d{1,3}(?:[.,\u00a0\u202f]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{2})?"
_MONEY = re.compile(
    rf"(?P<sign>[$£€])(?P<gap>\s?)(?P<after>{_NUMBER})(?!\d|[.,]\d)"
    rf"|(?<![\w.,])(?P<before>{_NUMBER})(?P<space>\s?)(?P<mark>€|EUR\b|USD\b|GBP\b|[Ee]uros?\b)"
)
_PERCENT = re.compile(r"(?<![\w.,])(\d{1,2})(?=\s?(?:%|percent\b|per cent\b|Prozent\b|pour cent\b|por ciento\b))")
_DAYS = re.compile(r"(?<![\w.,])(\d{1,3})(?= (?:days|Tagen?|jours|días)\b)")
_NEGATED = (
    (r"\b(is|are|does|do|will) not (?=\w)", r"\1 "),
    (r"\b(is|are|does|do)n[’']t (?=\w)", r"\1 "),
    (r"\bwon[’']t (?=\w)", "will "),
    (r"\bnot (?=the )", ""),
    (r"\b(?:[Nn]o|[Kk]eine?|[Ss]in|[Nn]unca) (?=\w)", ""),
    (r"\b(ist|sind|wird|werden|läuft|heilt) nicht (?=\w)", r"\1 "),
    (r"\bn(?:e |[’'])(\w+) pas (?:de |d[’'])?(?=\w)", r"\1 "),
)
_WORD = re.compile(r"[^\W\d_]{4,}")
_CODE = re.compile(r"(?=\w*\d)(?=\w*[A-Z])\w+")


class Amount(NamedTuple):
    """Money in a text."""

    start: int
    end: int
    value: Decimal
    digits: tuple[int, int]
    """Range of the number, without sign or code."""


def amounts(text: str, locale: str) -> Iterator[Amount]:
    """Money amounts in reading order, numbers read as the locale writes them."""
    for match in _MONEY.finditer(text):
        group = "after" if match["after"] else "before"
        value = _value(match[group], "." if locale.startswith("en") else ",")
        if value is not None:
            yield Amount(match.start(), match.end(), value, match.span(group))


def _value(written: str, point: str) -> Decimal | None:
    whole, _, cents = written.rpartition(point) if point in written else (written, "", "00")
    try:
        return Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{cents}")
    except InvalidOperation:
        return None


def replaced(text: str, span: tuple[int, int], by: str) -> str:
    """The text with one range replaced."""
    return text[: span[0]] + by + text[span[1] :]


def decomposed(text: str) -> str:
    """Letters and their accents as characters of their own (Unicode NFD)."""
    return unicodedata.normalize("NFD", text)


def curled(text: str) -> str:
    """Typewriter quotes as typographers set them."""
    text = re.sub(r'(?<![\w"])"(?=\S)([^"]*)"', r"“\1”", text)
    return text.replace("'", "’")


def straightened(text: str) -> str:
    """Typographic quotes as typewriters set them."""
    return text.translate(str.maketrans("‘’“”„", '\'\'"""'))


def spaced(text: str, space: str) -> str:
    """Spaces beside digits as another kind of space; the first space where there are no digits."""
    changed = re.sub(r"(?<=\d) (?=\S)|(?<=\S) (?=\d)", space, text)
    return changed if changed != text else text.replace(" ", space, 1)


def with_cents(text: str, locale: str) -> str:
    """Whole amounts with their cents: £96 as £96.00, 96 € as 96,00 €."""
    point = "." if locale.startswith("en") else ","
    for amount in reversed(list(amounts(text, locale))):
        number = text[slice(*amount.digits)]
        if not re.search(r"[.,]\d{2}$", number):
            text = replaced(text, amount.digits, f"{number}{point}00")
    return text


def with_codes(text: str) -> str:
    """Currency signs as ISO 4217 codes: £96 as GBP 96, 96 € as 96 EUR."""

    def coded(match: re.Match[str]) -> str:
        if match["after"]:
            return f"{ISO_CODES[match['sign']]} {match['after']}"
        return f"{match['before']} {ISO_CODES.get(match['mark'], match['mark'])}"

    return _MONEY.sub(coded, text)


def with_sign_moved(text: str) -> str:
    """The euro sign on its other side: 96 € as € 96, the way Austria and the Netherlands write it."""
    return re.sub(rf"({_NUMBER})\s?€", r"€ \1", text)


def title_cased(text: str) -> str:
    """Every word with a capital, as English headings often have it."""
    return re.sub(r"(?<![\w’'.@/-])[a-z](?=[a-z])", lambda match: match[0].upper(), text)


def upper_cased(text: str) -> str:
    """All in capitals."""
    return text.upper()


def lower_cased(text: str) -> str:
    """All in small letters but what carries a digit: codes are what they are."""
    return re.sub(r"\S+", lambda match: match[0] if _CODE.search(match[0]) else match[0].lower(), text)


def with_invisible(text: str, at: int | None = None) -> str:
    """A zero-width space at a place, or in the middle of the longest word."""
    if at is None:
        word = max(_WORD.finditer(text), key=lambda match: len(match[0]), default=None)
        at = (word.start() + word.end()) // 2 if word else len(text)
    return text[:at] + ZERO_WIDTH_SPACE + text[at:]


def with_homoglyph(text: str) -> str:
    """One letter inside a word replaced by its Cyrillic double; the text as it is when no word has one."""
    for match in _WORD.finditer(text):
        for place in range(match.start() + 1, match.end()):
            if text[place] in HOMOGLYPHS:
                return replaced(text, (place, place + 1), HOMOGLYPHS[text[place]])
    return text


def percents(text: str) -> Iterator[tuple[int, tuple[int, int]]]:
    """Whole percentages with the range of their number."""
    return ((int(match[1]), match.span(1)) for match in _PERCENT.finditer(text))


def day_counts(text: str) -> Iterator[tuple[int, tuple[int, int]]]:
    """Counts of days with the range of their number."""
    return ((int(match[1]), match.span(1)) for match in _DAYS.finditer(text))


def without_negation(text: str) -> str:
    """The first negation dropped; the text as it is when there is none of a known form."""
    found = [(match.start(), match, by) for pattern, by in _NEGATED for match in re.finditer(pattern, text)]
    if not found:
        return text
    _, match, by = min(found, key=lambda item: item[0])
    positive = replaced(text, match.span(), match.expand(by))
    return positive[0].upper() + positive[1:]
