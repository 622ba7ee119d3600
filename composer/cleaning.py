"""From a raw completion to the text of a block: what models wrap around their words goes, the words stay.

Pure and idempotent: `clean(clean(x)) == clean(x)`.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance.Levenshtein import distance

_FENCE = re.compile(r"^\s*```[a-z]*\s*|\s*```\s*$", re.IGNORECASE)
_LABEL = re.compile(
    r"^\W{0,3}(?:subject(?: line)?|preheader|opening|pitch|closing|cta|button|answer|output|text|line|note)\b"
    r"\W{0,3}:\s*",
    re.IGNORECASE,
)
_PREAMBLE = re.compile(
    r"^(?:(?i:sure|certainly|of course|okay)\b[^\n:]{0,60}[:!]\s*(?=\S)"
    r"|(?i:here(?:'s| is| are))\b[^\n:]{0,60}[:!]\s*(?=[^\sa-z]))"
)
"""What goes on in small letters after "here is" belongs to it: "Here is an idea for you: the Moka Pot."."""
_MARKS = re.compile(r"\*\*|__|`|^\s*(?:#{1,6}|[-*•>])\s+", re.MULTILINE)
_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"”’')]*(?=\s|$)|$)", re.DOTALL)
_ENDS = re.compile(r"[.!?…][\"”’')]*$")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SHORT = 4
"""Letters up to which another letter makes another word."""
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


def respelled(text: str, name: str, others: str = "") -> str:
    """The text with a name put right of which one word is a letter off: `the House Espreso` for `the House Espresso`.

    What stands so in `others`, where another product may be named, stays.
    """
    wanted = _WORD.findall(name)
    found = list(_WORD.finditer(text))
    for start in range(len(found) - len(wanted) + 1 if wanted else 0):
        run = found[start : start + len(wanted)]
        written = text[run[0].start() : run[-1].end()]
        if _is_misspelt([one[0] for one in run], wanted) and written.casefold() not in others.casefold():
            return text[: run[0].start()] + name[name.find(wanted[0]) :] + text[run[-1].end() :]
    return text


def _is_misspelt(written: list[str], wanted: list[str]) -> bool:
    """A single word is no evidence: `Slate` may be meant where the name is `Plate`."""
    apart = [(one.casefold(), two.casefold()) for one, two in zip(written, wanted, strict=True)]
    off = [(one, two) for one, two in apart if one != two]
    return len(wanted) > 1 and len(off) == 1 and min(map(len, off[0])) > _SHORT and distance(*off[0]) == 1


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
