"""HTML of strangers to plain text, in one pass and bounded time, whatever is in it.

No tree is built, so nesting costs nothing, and every search begins where the last one ended. What a reader would see as
apart stays apart: paragraphs end like sentences, list items and table rows are divided by semicolons.
"""

from __future__ import annotations

import html
import re

MAX_MARKUP = 1 << 18
"""Characters that are read; no description needs more, and pictures written into the text do."""
PROMPT_TAGS = frozenset({"system", "assistant", "developer", "instruction", "instructions", "prompt"})
"""No tags of HTML: they are written for a model, to end what it reads and begin what it shall do."""
SILENT_TAGS = PROMPT_TAGS | {
    "script", "style", "head", "template", "noscript", "iframe", "object", "svg", "textarea",
}  # fmt: skip
"""What is inside is never text."""
PARAGRAPH, ITEM, CELL, LABEL = "\x01", "\x02", "\x03", "\x04"
SEPARATORS = {PARAGRAPH: ". ", LABEL: ": ", ITEM: "; ", CELL: ", "}
"""From the strongest to the weakest: of several that meet, one stays."""
TAGS = {
    **dict.fromkeys((
        "address", "article", "aside", "blockquote", "center", "details", "div", "dl", "fieldset", "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p",
        "pre", "section", "summary", "table", "ul",
    ), PARAGRAPH),
    **dict.fromkeys(("li", "tr", "dd", "dt", "option"), ITEM),
    **dict.fromkeys(("td", "th"), CELL),
    "br": " ", "img": " ", "input": " ", "button": " ",
}  # fmt: skip
LABELS = {"th": "td", "dt": "dd"}
"""A tag that names what the next one holds."""
MAX_QUOTED = 8
"""How many `>` within an attribute's quotes are believed to belong to it."""

_MARK = re.compile(r"<(?:(!--)|(/?)([A-Za-z][A-Za-z0-9:-]{0,30})(\s*/?>)?|[!?])")
_CLOSING = {tag: re.compile(rf"</{tag}\b", re.IGNORECASE) for tag in SILENT_TAGS}
_BOMB = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?")
_APART = re.compile(r"[ \t\r\n\f\v]*[\x01-\x04][\s\x01-\x04]*")
_OURS = re.compile("[\x01-\x04]+")
_PUNCTUATION = ".,;:!?…–—-/|•·"


def plain_text(raw: str) -> str:
    """What a reader of the HTML in `raw` would see, with line breaks and separators as punctuation."""
    raw = raw if len(raw) <= MAX_MARKUP else _cut(raw[:MAX_MARKUP])
    if "<" not in raw and "&" not in raw:
        return raw
    text = "".join(_Reader(_OURS.sub(" ", raw)).parts)
    if "&" in text:
        text = html.unescape(_BOMB.sub("", text))
    return _APART.sub(_separator, text)


def _cut(raw: str) -> str:
    """Without the tag that the limit cut in two."""
    tag = raw.rfind("<")
    return raw[:tag] if tag > raw.rfind(">") else raw


class _Reader:
    """Goes through the text from mark to mark."""

    def __init__(self, raw: str) -> None:
        self.parts: list[str] = []
        self._raw = raw
        self._last = ""
        """The tag before, where nothing but space came between."""
        after = self._step(0)
        while after is not None:
            after = self._step(after)

    def _step(self, position: int) -> int | None:
        """Take what comes next; where to go on, None at the end."""
        mark = _MARK.search(self._raw, position)
        self._say(self._raw[position : mark.start() if mark else None])
        if mark is None:
            return None
        if mark[1]:
            closed = self._raw.find("-->", mark.end())
            return None if closed < 0 else closed + 3
        if mark[4]:
            return self._tag(mark[3].lower(), bool(mark[2]), mark.end())
        end = _tag_end(self._raw, mark.end())
        if end is None:
            self._say(self._raw[mark.start() :])
            return None
        return self._tag(mark[3].lower(), bool(mark[2]), end) if mark[3] else end

    def _say(self, text: str) -> None:
        if text:
            self.parts.append(text)
            if not text.isspace():
                self._last = ""

    def _tag(self, name: str, closes: bool, end: int) -> int | None:
        if name in SILENT_TAGS and not closes:
            closing = _CLOSING[name].search(self._raw, end)
            return None if closing is None else _tag_end(self._raw, closing.end())
        separator = TAGS.get(name, "")
        if LABELS.get(self._last) == name and not closes:
            # The separator of the label stands there already, after its words.
            separator = LABEL
        elif name == "br" and self._last == "br":
            separator = PARAGRAPH
        if separator:
            self.parts.append(separator)
            self._last = name
        return end


def _tag_end(raw: str, start: int) -> int | None:
    """Behind the `>` that ends a tag: one that is not within quotes, as far as those can be believed."""
    first = raw.find(">", start)
    end = first
    for _ in range(MAX_QUOTED):
        if end < 0:
            break
        if raw.count('"', start, end) % 2 == 0 and raw.count("'", start, end) % 2 == 0:
            return end + 1
        end = raw.find(">", end + 1)
    return first + 1 if first >= 0 else None


def _separator(found: re.Match[str]) -> str:
    """One separator for all that meet; none after punctuation, at the beginning and at the end."""
    if found.start() == 0 or found.end() == len(found.string):
        return " "
    if found.string[found.start() - 1] in _PUNCTUATION:
        return " "
    marks = found[0]
    if LABEL in marks:
        return SEPARATORS[LABEL]
    return next(text for mark, text in SEPARATORS.items() if mark in marks)
