"""Text from feeds is data of strangers: HTML to plain text, control characters out, lengths capped."""

from __future__ import annotations

import re
import unicodedata

import regex

from catalog.garbled import ungarbled
from catalog.markup import MAX_MARKUP, plain_text

MAX_MARKS = 8
"""Combining marks on one letter that are kept; hundreds of them are an attack on whoever orders or draws them."""
SHORT = 60
"""Characters of a title that can be said in a sentence."""
ACRONYMS = frozenset({
    "AC", "CD", "DC", "DIY", "DVD", "EU", "HD", "HDMI", "ID", "IPA", "IQ", "IT", "LED", "LP", "PC", "RGB",
    "TV", "UK", "US", "USA", "USB", "UV", "XL", "XXL",
})  # fmt: skip
SMALL_WORDS = frozenset({
    "a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "per", "the", "to", "with",
})  # fmt: skip
ELLIPSIS = "…"
MAX_ESCAPES = 3
"""How often a text may have been escaped beyond the once that HTML asks for."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HIDDEN = regex.compile(r"[\p{C}--[\u200c\u200d]]+", regex.V1)
"""Control, format, unassigned, private and surrogate characters, but for the two zero-width ones that carry meaning:
Persian and Indic spelling, emoji sequences."""
_TURNED = re.compile("(?<![^\\W_])\u202e([^\u202c\u2069]*)(?:[\u202c\u2069]|$)")
"""Words set between an override and its end: they are shown from right to left."""
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_MARKUP = re.compile(r"<[A-Za-z/!]|&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_MARKS = regex.compile(rf"(\p{{M}}{{{MAX_MARKS}}})\p{{M}}+")
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_VOWELS = frozenset("AEIOUYÄÖÜÅØÆÉÈÊÁÀÂÍÓÚ")


def visible(text: str) -> str:
    """Without control, formatting, private-use characters: they hide instructions and break mail."""
    if text.isascii() and text.isprintable():
        return text
    shown = _HIDDEN.sub("", " ".join(_TURNED.sub(_unless_latin, text).split()))
    return unicodedata.normalize("NFC", _MARKS.sub(r"\1", shown))


def _unless_latin(turned: re.Match[str]) -> str:
    """Latin letters written backwards are for a machine to read, or to hide from one: once their mark is gone nobody
    could tell, so they go with it."""
    return " " if _LATIN.search(turned[1]) else turned[1]


def clean_text(raw: str) -> str:
    """One line of plain text: no markup, no control or invisible characters, no garbled letters, single spaces.

    HTML is read again where it was escaped once more: shops do on the way into XML, and so do the plugins before them.
    """
    if raw.isascii() and raw.isprintable() and "<" not in raw and "&" not in raw:
        # Most cells of a feed: nothing in them can need more.
        return " ".join(raw[:MAX_MARKUP].split())
    source, text = raw, plain_text(raw)
    for _ in range(MAX_ESCAPES):
        if "&" not in source or not _MARKUP.search(text):
            break
        source, text = text, plain_text(text)
    return " ".join(visible(ungarbled(text)).split())


def cap(text: str, limit: int) -> str:
    """`text` cut to at most `limit` characters, at a word's end where there is one."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:-") + ELLIPSIS


LONG_WORD = 6
"""Letters from which a word in capitals is shouted, not abbreviated."""


def _calm_word(match: re.Match[str]) -> str:
    word = match.group()
    if word in ACRONYMS or not _VOWELS & set(word):
        return word
    return word.lower() if word.lower() in SMALL_WORDS and match.start() > 0 else word.capitalize()


def calm_title(title: str) -> str:
    """A title in capitals as a title in words: "WHITE HANGING HEART" → "White Hanging Heart".

    Some shop systems keep names in capitals; in an e-mail that is shouting, and mail filters count it. Only
    titles without any lower-case letter and of some length are touched: a short word alone may be a name that is
    written so, LEGO or IKEA, a long one such as TEAPOT hardly is.
    """
    found = _LETTERS.findall(title)
    short = len(found) < 3 and sum(len(word) > 3 for word in found) < 2 and max(map(len, found), default=0) < LONG_WORD
    if title.upper() != title or short:
        return title
    return _LETTERS.sub(_calm_word, title)


def short_title(title: str) -> str:
    """The speakable head of a product title: "Moka Pot, 3 cups | Bialetti" → "Moka Pot"."""
    head = re.split(r" [-–—|/·] |[|(\[]|, |: ", title, maxsplit=1)[0].strip()
    return cap(head if len(head) >= 4 else title, SHORT)


def words(text: str) -> list[str]:
    """Case-folded words with a light plural rule, for matching titles with queries."""
    return [_singular(word) for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
