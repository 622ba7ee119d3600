"""Text from feeds is data of strangers: HTML to plain text, control characters out, lengths capped."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

BLOCK_TAGS = frozenset({
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "td", "th", "tr", "ul",
})  # fmt: skip
SILENT_TAGS = frozenset({"script", "style", "head", "template", "noscript", "iframe", "object"})
JOINERS = "\u200c\u200d"
"""Zero-width characters that carry meaning: Persian and Indic spelling, emoji sequences."""
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
ACRONYMS = frozenset({
    "AC", "CD", "DC", "DIY", "DVD", "EU", "HD", "HDMI", "ID", "IPA", "IQ", "IT", "LED", "LP", "PC", "RGB",
    "TV", "UK", "US", "USA", "USB", "UV", "XL", "XXL",
})  # fmt: skip
SMALL_WORDS = frozenset({
    "a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "per", "the", "to", "with",
})  # fmt: skip
ELLIPSIS = "…"

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SPACES = re.compile(r"\s+")
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_VOWELS = frozenset("AEIOUYÄÖÜÅØÆÉÈÊÁÀÂÍÓÚ")


class _Text(HTMLParser):
    """Collects what a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Block tags end a word; what is inside silent ones is never text."""
        if tag in SILENT_TAGS:
            self._silent += 1
        elif tag in BLOCK_TAGS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """See `handle_starttag`."""
        if tag in SILENT_TAGS:
            self._silent = max(0, self._silent - 1)
        elif tag in BLOCK_TAGS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        """Visible text."""
        if not self._silent:
            self.parts.append(data)


def _strip_html(raw: str) -> str:
    if "<" not in raw and "&" not in raw:
        return raw
    parser = _Text()
    parser.feed(raw)
    parser.close()
    return "".join(parser.parts)


def _visible(text: str) -> str:
    """Without control, formatting, private-use characters: they hide instructions and break mail."""
    if text.isascii() and text.isprintable():
        return text
    kept = (
        " " if char in "\t\n\r\v\f" else char
        for char in text
        if char in "\t\n\r\v\f" or char in JOINERS or unicodedata.category(char) not in HIDDEN_CATEGORIES
    )
    return unicodedata.normalize("NFC", "".join(kept))


def clean_text(raw: str) -> str:
    """One line of plain text: no markup, no control or invisible characters, single spaces.

    HTML is read twice, since shops often escape it once more on the way into XML.
    """
    text = _strip_html(_strip_html(raw)) if "&lt;" in raw else _strip_html(raw)
    return _SPACES.sub(" ", _visible(text)).strip()


def cap(text: str, limit: int) -> str:
    """`text` cut to at most `limit` characters, at a word's end where there is one."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:-") + ELLIPSIS


def _calm_word(match: re.Match[str]) -> str:
    word = match.group()
    if word in ACRONYMS or not _VOWELS & set(word):
        return word
    return word.lower() if word.lower() in SMALL_WORDS and match.start() > 0 else word.capitalize()


def calm_title(title: str) -> str:
    """A title in capitals as a title in words: "WHITE HANGING HEART" → "White Hanging Heart".

    Some shop systems keep names in capitals; in an e-mail that is shouting, and mail filters count it. Only
    titles without any lower-case letter and of some length are touched.
    """
    found = _LETTERS.findall(title)
    if title.upper() != title or (len(found) < 3 and sum(len(word) > 3 for word in found) < 2):
        return title
    return _LETTERS.sub(_calm_word, title)


def short_title(title: str, limit: int = 60) -> str:
    """The speakable head of a product title: "Moka Pot, 3 cups | Bialetti" → "Moka Pot"."""
    head = re.split(r" [-–—|/·] |[|(\[]|, |: ", title, maxsplit=1)[0].strip()
    return cap(head if len(head) >= 4 else title, limit)


def words(text: str) -> list[str]:
    """Case-folded words with a light plural rule, for matching titles with queries."""
    return [_singular(word) for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
