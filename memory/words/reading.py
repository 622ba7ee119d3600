"""A text as sentences, clauses and words, with where each stands. Four languages, one way to read them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_LETTER = r"[^\W\d_][\u0300-\u036f]*"
"""With the accents that may follow it as characters of their own."""
_WORD = re.compile(rf"(?:{_LETTER})+n['’]t\b|(?:{_LETTER})+")
_SENTENCE = re.compile(r"[^.!?…\n]+(?:[.!?…]+|\n|$)")
_BREAK = re.compile(r"[,;:()\[\]–—\"“”„«»]| - ")
CONTRASTS = frozenset(
    "but although though however yet while whereas aber jedoch obwohl trotzdem sondern mais pourtant cependant "
    "pero aunque sino because weil denn parce car porque when als quand cuando which".split()
)
"""Behind these something else is said."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word; `form` is in lower case and without accents."""

    form: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and its clauses, which never cross a comma or a "but"."""

    text: str
    words: tuple[Word, ...]
    clauses: tuple[tuple[Word, ...], ...]


@lru_cache(maxsize=8192)
def fold_word(word: str) -> str:
    """In lower case, without accents, `ß` as `ss`, with a plain apostrophe."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words_in(text: str) -> list[str]:
    """The folded words of a short text."""
    return [fold_word(found[0]) for found in _WORD.finditer(text)]


def sentences_in(text: str) -> Iterator[Sentence]:
    """The sentences of a text, in order; positions are of the text itself."""
    for found in _SENTENCE.finditer(text):
        words = tuple(_words(text, found.start(), found.end()))
        if words:
            yield Sentence(found[0], words, tuple(_clauses(text, words, found.end())))


def _words(text: str, start: int, end: int) -> Iterator[Word]:
    return (Word(fold_word(found[0]), found.start(), found.end()) for found in _WORD.finditer(text, start, end))


def _clauses(text: str, words: Sequence[Word], end: int) -> Iterator[tuple[Word, ...]]:
    breaks = {found.start() for found in _BREAK.finditer(text, words[0].start, end)}
    clause: list[Word] = []
    behind = words[0].start
    for word in words:
        if word.form in CONTRASTS or any(behind <= at < word.start for at in breaks):
            yield tuple(clause)
            clause = []
        if word.form not in CONTRASTS:
            clause.append(word)
        behind = word.end
    yield tuple(clause)
