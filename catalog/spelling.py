"""A query's words as the catalog spells them: slips mended, words taken apart or put together.

Only a word that no product has is touched, and only one without digits: a model number is right or it is another one.
How many slips are forgiven, and that the first letter is right, is as in Lucene's AUTO fuzziness: none below four
letters, one below eight, two above; swapped neighbours are one (optimal string alignment).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from catalog.lexical import Word, WordIndex

LEAST_LETTERS, TWO_SLIPS_FROM = 4, 8
LEAST_PART = 3
NEAREST = 8


class Spelled(NamedTuple):
    """A query in the catalog's spelling."""

    words: list[Word]
    mended: dict[str, str]
    """The term that was taken for a word as it was written."""
    unknown: tuple[str, ...]
    """Words as written that no product has, nor one like it."""


def spelled(index: WordIndex, words: Sequence[Word]) -> Spelled:
    """Unknown words replaced by what was probably meant, neighbours joined where the catalog writes them as one."""
    meant: dict[str, Word] = {}
    mended: dict[str, str] = {}
    for word in words:
        instead = _instead(index, word)
        if instead is not None:
            mended[word.written] = " ".join(instead)
        for term in (word.term,) if instead is None else instead:
            meant.setdefault(term, Word(word.written, term, index.weight(term)))
    for one, other in pairwise(words):
        joined = one.written + other.written
        if index.count(joined):
            meant.setdefault(joined, Word(f"{one.written} {other.written}", joined, index.weight(joined)))
    unknown = tuple(word.written for word in words if word.written not in mended and not index.count(word.term))
    return Spelled(list(meant.values()), mended, unknown)


def _instead(index: WordIndex, word: Word) -> tuple[str, ...] | None:
    """The terms that stand for a word nobody uses; None when it is used, or nothing is like it."""
    if index.count(word.term) or not word.written.isalpha():
        return None
    nearest = _nearest(index, word.term)
    return (nearest,) if nearest else _parts(index, word.written)


def _parts(index: WordIndex, written: str) -> tuple[str, ...] | None:
    """The terms of two known words it is made of, the longest first part first: `earlgrey`, `Teekanne`."""
    for cut in range(len(written) - LEAST_PART, LEAST_PART - 1, -1):
        parts = tuple(word.term for part in (written[:cut], written[cut:]) for word in index.read(part))
        if len(parts) == 2 and all(map(index.count, parts)):
            return parts
    return None


def _nearest(index: WordIndex, term: str) -> str | None:
    """The known term with the fewest slips from this one, of those the most frequent."""
    if len(term) < LEAST_LETTERS:
        return None
    slips = 2 if len(term) >= TWO_SLIPS_FROM else 1
    choices = index.starting_with(term[0])
    near = process.extract(term, choices, scorer=OSA.distance, score_cutoff=slips, limit=NEAREST)
    best = min(near, key=lambda found: (found[1], -index.count(found[0]), found[0]), default=None)
    return best[0] if best else None
