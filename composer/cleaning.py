"""From a raw completion to the text of a block: what models wrap around their words goes, the words stay.

Pure and idempotent: `clean(clean(x)) == clean(x)`.
"""

from __future__ import annotations

import re
import unicodedata

_FENCE = re.compile(r"^\s*```[a-z]*\s*|\s*```\s*$", re.IGNORECASE)
_LABEL = re.compile(
    r"^\W{0,3}(?:subject(?: line)?|preheader|opening|pitch|closing|cta|button|answer|output|text|line|note)\b"
    r"\W{0,3}:\s*",
    re.IGNORECASE,
)
_PREAMBLE = re.compile(
    r"^(?:sure|certainly|of course|okay|here(?:'s| is| are))\b[^\n:]{0,60}[:!]\s*(?=\S)", re.IGNORECASE
)
_MARKS = re.compile(r"\*\*|__|`|^\s*(?:#{1,6}|[-*•>])\s+", re.MULTILINE)
_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"”’')]*(?=\s|$)|$)", re.DOTALL)
_ENDS = re.compile(r"[.!?…][\"”’')]*$")
_PAIRS = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»"}


def clean(raw: str, *, sentences: int | None = None) -> str:
    """One paragraph of plain text, at most `sentences` of them; empty when nothing finished is left.

    With `sentences` None the text is a line rather than prose (a subject, a button): the first line is kept whole.
    """
    text = _plain(raw)
    while (once := _unwrap(text)) != text:
        text = once
    if sentences is None:
        return " ".join(text.split("\n", 1)[0].split()).rstrip(" ,;:–—-")
    return _finished(" ".join(text.split()), sentences)


def _plain(raw: str) -> str:
    """White space other than line ends becomes a space; control and format characters go, emoji joiners stay."""
    spaced = (char if char == "\n" or not char.isspace() else " " for char in raw)
    return "".join(char for char in spaced if char in "\n\u200d" or _visible(char)).strip()


def _visible(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")


def _unwrap(text: str) -> str:
    text = _FENCE.sub("", text)
    text = _MARKS.sub("", text).strip()
    text = _PREAMBLE.sub("", text)
    text = _LABEL.sub("", text).strip()
    if len(text) > 1 and _PAIRS.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def _finished(text: str, count: int) -> str:
    found = [match.strip() for match in _SENTENCE.findall(text) if match.strip()]
    whole = [sentence for sentence in found if _ENDS.search(sentence)]
    return " ".join(whole[:count])
