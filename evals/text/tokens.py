"""Words and sentences of a canonical text, with positions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from evals.text.canonical import fold

_SEGMENTS = {
    "en": re.compile(r"\d+(?:[.,]\d+)+(?![^\W_])|[^\W_]+(?:'(?i:t|s|re|ve|ll|d|m)\b)?"),
    "": re.compile(r"\d+(?:[.,]\d+)+(?![^\W_])|[^\W_]+"),
}
_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]]*(?=\s|$)|\n+|[。！？]")
_ABBREVIATION = re.compile(
    r"(?:\b(?:no|nr|st|mr|mrs|ms|dr|vs|ca|approx|inkl|bzw|ggf|usw|z\.\s?b|d\.\s?h|p\.\s?ej|env|oz|e\.g|i\.e|núm)"
    r"|\b[A-Z]|\b(?:am|zum|vom|bis|der|dem|den|ab|le)\s+\d{1,2}|^\d{1,2})\.$",
    re.IGNORECASE,
)


_CLITIC_WORDS = frozenset(
    "it he she that this what who where when how why here there let everyone everybody one somebody someone nobody "
    "today clock world people customer recipient biscuit money reader heck country nation industry market planet "
    "europe britain america earth alzheimer parkinson".split()
)
"""Words that keep "'s": pronouns, and those which the lexicons name with it ("the world's")."""


class Token(NamedTuple):
    """A word: its folded form, its surface, its place, and the number of its sentence."""

    word: str
    surface: str
    start: int
    end: int
    sentence: int


class Sentence(NamedTuple):
    """Half-open range of one sentence (or line), end punctuation included."""

    start: int
    end: int


def sentences(text: str) -> tuple[Sentence, ...]:
    """Split at sentence ends and line breaks; abbreviations and ordinals ("No. 7", "am 3. März") do not end one."""
    found: list[Sentence] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        is_dot = match.group()[0] == "."
        if (
            is_dot
            and match.end() < len(text)
            and _ABBREVIATION.search(text, max(start, match.start() - 12), match.start() + 1)
        ):
            continue
        if text[start : match.end()].strip():
            found.append(Sentence(start, match.end()))
        start = match.end()
    if text[start:].strip():
        found.append(Sentence(start, len(text)))
    return tuple(found)


def tokenise(text: str, language: str, parts: tuple[Sentence, ...]) -> tuple[Token, ...]:
    """Words in reading order. English keeps its clitics ("don't"); other languages split at the apostrophe."""
    segment = _SEGMENTS.get(language, _SEGMENTS[""])
    ends = [*(part.end for part in parts[:-1]), len(text) + 1]
    found: list[Token] = []
    number = 0
    for match in segment.finditer(text):
        start, end = match.span()
        while start >= ends[number]:
            number += 1
        surface = match[0]
        found.append(Token(_key_of(surface), surface, start, end, number))
    return tuple(found)


@lru_cache(maxsize=16384)
def _key_of(surface: str) -> str:
    """A word folded, without "'s": "delivery's free" and "the teapot's lid" are about delivery and the teapot."""
    word = fold(surface)
    bare = word.removesuffix("'s")
    return word if bare in _CLITIC_WORDS else bare
