"""Products by words: an inverted index with BM25 weights over weighted fields, in segments that can be added to.

BM25F (Robertson, Zaragoza & Taylor 2004): a word counts by the field it stands in, each field's length is normalised
for itself, and the sum saturates. Lengths are compared with fixed ones instead of averages, so that what a word is
worth in a product depends on that product alone: it is computed once (as BM25S does, Lù 2024), and new products are
added without touching the others. The inverse document frequency is put on at query time, over all segments.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from catalog.analysis import STOP_WORDS, Language, language_of, stem, terms, tokens
from catalog.index import Rows

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]
Impact = NDArray[np.float16]

K1, B = 1.2, 0.75
"""Saturation and length normalisation, as nearly everybody has them; 0.5 and 0.3, and 2.0, found no more."""
MIN_SHARE = 0.6
"""Below this the words that matter are not there."""
MAX_WORDS = 16
COMMON_SHARE = 0.2
"""A word in more of the products than this tells nothing: "tea" in a tea shop."""
KEPT_QUERIES = 1_000
MATCHES_KEPT = 2_000
"""Queries whose matches are kept, and how many of each, some 8 bytes a match: only the best allowed are wanted."""
FEW_ROWS = 64
"""Rows are looked up one by one where they are fewer than this part of the catalog: of a million, 22 thousand cost as
much as a sum over all."""
SLACK = 1e-4
"""Shares are summed in float32."""
SAMPLE = 400
"""Products whose language is looked at."""


class Field(NamedTuple):
    """How much a word in a field counts, and how many words it usually has."""

    weight: float
    usual_length: float


class Texts(NamedTuple):
    """The words of one product, by field."""

    title: str = ""
    brand: str = ""
    category: str = ""
    attributes: str = ""
    codes: str = ""
    """Its id, GTIN and the like."""
    description: str = ""


FIELDS = (Field(3.0, 8.0), Field(2.0, 2.0), Field(2.0, 3.0), Field(1.0, 8.0), Field(1.0, 2.0), Field(1.0, 40.0))
"""One for each of `Texts`."""


class Word(NamedTuple):
    """One term of a query: how it was written, the term, and how telling it is (idf)."""

    written: str
    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class Segment:
    """The words of some products. Term t stands in `rows[starts[t]:starts[t + 1]]`, ascending, worth `impact` 0..1."""

    numbers: Mapping[str, int]
    """Of each term."""
    starts: NDArray[np.int64]
    rows: Rows
    impact: Impact

    def postings(self, term: str) -> tuple[Rows, Impact]:
        """Rows with this term and what it is worth there, both empty for an unknown one."""
        number = self.numbers.get(term)
        if number is None:
            return self.rows[:0], self.impact[:0]
        span = slice(self.starts[number], self.starts[number + 1])
        return self.rows[span], self.impact[span]


class _Builder:
    """Gathers the terms of products, then sorts them by term."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._numbers: dict[str, int] = {}
        self._seen: dict[str, tuple[int, ...]] = {}
        """Term numbers by piece of text between spaces: few pieces make up most of a catalog."""
        self._found = array("i")
        self._worth = array("f")
        self._ends = [0]

    def add(self, texts: Texts) -> None:
        """The next product."""
        for kind, text in zip(FIELDS, texts, strict=True):
            found = [number for piece in text.split() for number in self._numbers_in(piece)]
            if found:
                worth = kind.weight / (1.0 - B + B * len(found) / kind.usual_length)
                self._found.extend(found)
                self._worth.extend([worth] * len(found))
        self._ends.append(len(self._found))

    def _numbers_in(self, piece: str) -> tuple[int, ...]:
        known = self._seen.get(piece)
        if known is None:
            numbers = self._numbers
            known = tuple(numbers.setdefault(term, len(numbers)) for term in terms(piece, self._language))
            self._seen[piece] = known
        return known

    def segment(self, first_row: int) -> Segment:
        """What was gathered, as a segment whose first row is `first_row`."""
        # At least one term, as scipy has no empty matrices.
        shape = (max(1, len(self._ends) - 1), max(1, len(self._numbers)))
        ends = np.array(self._ends if len(self._ends) > 1 else [0, 0], dtype=np.int64)
        by_row = sparse.csr_matrix((np.array(self._worth), np.array(self._found), ends), shape=shape)
        by_row.sum_duplicates()
        by_term = by_row.tocsc()
        rows: Rows = by_term.indices.astype(np.int32) + np.int32(first_row)
        impact: Impact = (by_term.data / (K1 + by_term.data)).astype(np.float16)
        return Segment(self._numbers, by_term.indptr.astype(np.int64), rows, impact)


def _postings(segment: Segment) -> NDArray[np.int64]:
    """The term of each entry."""
    return np.repeat(np.arange(len(segment.starts) - 1), np.diff(segment.starts))


def _joined(one: Segment, other: Segment) -> Segment:
    """Both as one; every row of `other` is behind those of `one`."""
    numbers = dict(one.numbers)
    moved = np.array([numbers.setdefault(term, len(numbers)) for term in other.numbers], dtype=np.int64)
    number = np.concatenate([_postings(one), moved[_postings(other)]])
    order = np.argsort(number, kind="stable")
    starts = np.zeros(len(numbers) + 1, dtype=np.int64)
    np.cumsum(np.bincount(number, minlength=len(numbers)), out=starts[1:])
    rows = np.concatenate([one.rows, other.rows])[order]
    impact = np.concatenate([one.impact, other.impact])[order]
    return Segment(numbers, starts, rows, impact)


class Matching(NamedTuple):
    """What matches a query."""

    rows: Rows
    """[k] best first."""
    share: Scores
    """[k] 0..1 of the query's telling weight."""
    whole: bool
    """False where there are more."""


@dataclass(frozen=True, eq=False)
class WordIndex:
    """Immutable. `size` rows, those of a catalog view; a row that is no longer sold is left out by the mask."""

    language: Language
    size: int
    segments: tuple[Segment, ...]
    gone: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    """Rows whose products are there no more: they do not count."""
    mentions: dict[str, Rows] = field(default_factory=dict)
    """What `catalog.mentions` found, by phrase: it must read the texts themselves."""

    @classmethod
    def build(cls, texts: Sequence[Texts]) -> WordIndex:
        """Index products, row i those of `texts[i]`. Blocks; about 25 µs a product."""
        step = max(1, len(texts) // SAMPLE)
        language = language_of(f"{one.title} {one.description}" for one in texts[::step])
        return cls(language, len(texts), (_segment(texts, language, 0),))

    def extended(self, texts: Sequence[Texts]) -> WordIndex:
        """With more products behind the present ones. Costs what was added since `build`, not the whole."""
        base, *tail = self.segments
        added = _segment(texts, self.language, self.size)
        segments = (base, _joined(tail[0], added) if tail else added)
        return WordIndex(self.language, self.size + len(texts), segments, self.gone)

    def without(self, rows: Rows) -> WordIndex:
        """Without these products: they are found until a mask leaves them out, but weigh no word any more."""
        return WordIndex(self.language, self.size, self.segments, np.concatenate([self.gone, rows]))

    @property
    def live(self) -> int:
        """Products that are there."""
        return self.size - len(self.gone)

    @cached_property
    def _there(self) -> Mask:
        there = np.ones(self.size, dtype=np.bool_)
        there[self.gone] = False
        return there

    def count(self, term: str) -> int:
        """In how many products a term stands."""
        found = [segment.postings(term)[0] for segment in self.segments]
        if not len(self.gone):
            return sum(map(len, found))
        if term not in self._counts:
            kept = sum(int(np.count_nonzero(self._there[rows])) for rows in found)
            if not kept:
                # What nobody has is counted at once, and strangers' words must not fill the memory.
                return 0
            self._counts[term] = kept
        return self._counts[term]

    @cached_property
    def _counts(self) -> dict[str, int]:
        """By term, where products are gone: common words are asked for again and again."""
        return {}

    def rows_with(self, term: str) -> Rows:
        """The products a term stands in, ascending."""
        return np.concatenate([segment.postings(term)[0] for segment in self.segments])

    def has(self, term: str, rows: Rows) -> Mask:
        """[len(rows)]: which of `rows` have the term."""
        having = self.rows_with(term)
        if not len(having):
            return np.zeros(len(rows), dtype=np.bool_)
        at = np.minimum(np.searchsorted(having, rows), len(having) - 1)
        return np.asarray(having[at] == rows)

    def starting_with(self, letter: str) -> Sequence[str]:
        """All terms of one first letter that have no digits."""
        return self._by_letter.get(letter, ())

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for term in dict.fromkeys(term for segment in self.segments for term in segment.numbers):
            if term.isalpha():
                found[term[0]].append(term)
        return found

    def weight(self, term: str) -> float:
        """Inverse document frequency, as Lucene has it."""
        count = self.count(term)
        return float(np.log1p((self.live - count + 0.5) / (count + 0.5)))

    def read(self, query: str) -> list[Word]:
        """The words of a query, in order, each once; also those that no product has."""
        found: dict[str, Word] = {}
        for written in tokens(query):
            term = stem(written, self.language)
            if written not in STOP_WORDS.get(self.language, ()) and len(found) < MAX_WORDS:
                found.setdefault(term, Word(written, term, self.weight(term)))
        return list(found.values())

    def score(self, words: Iterable[Word]) -> Scores:
        """[size] BM25."""
        return _summed(self._impacts(words), self.size)

    def _impacts(self, words: Iterable[Word]) -> Iterator[tuple[Rows, Scores]]:
        """What each word adds to the BM25 of which rows."""
        for word in words:
            for segment in self.segments:
                rows, impact = segment.postings(word.term)
                yield rows, np.float32(word.weight) * impact

    def share(self, words: Sequence[Word], rows: Rows) -> Scores:
        """[len(rows)] 0..1: how much of the words' weight each of `rows` has, wherever it has it."""
        whole = sum(word.weight for word in words) or 1.0
        shares = ((self.rows_with(word.term), word.weight / whole) for word in words)
        return self._at(rows, ((having, np.full(len(having), share, dtype=np.float32)) for having, share in shares))

    def _at(self, rows: Rows, parts: Iterable[tuple[Rows, Scores]]) -> Scores:
        """[len(rows)] the sum of `parts`, by the cheaper of two ways: through the whole catalog, or row by row."""
        if len(rows) * FEW_ROWS > self.size:
            return _summed(parts, self.size)[rows]
        total = np.zeros(len(rows), dtype=np.float32)
        for having, worth in parts:
            if len(having):
                at = np.minimum(np.searchsorted(having, rows), len(having) - 1)
                has = having[at] == rows
                total[has] += worth[at[has]]
        return total

    def matching(self, query: str) -> Matching:
        """The first of the rows with enough of what a query is about, best first, ties by row. Many people search for
        the same."""
        known = self._matching.get(query)
        if known is None:
            if len(self._matching) >= KEPT_QUERIES:
                self._matching.clear()
            known = self._matching[query] = self._matched(query, MATCHES_KEPT, None)
        return known

    @cached_property
    def _matching(self) -> dict[str, Matching]:
        return {}

    def matching_within(self, query: str, allowed: Mask) -> Matching:
        """As `matching`, of the allowed rows alone, down to the last."""
        return self._matched(query, self.size, allowed)

    def knows(self, query: str) -> bool:
        """Whether somebody asked this lately."""
        return query in self._matching

    def are_few(self, allowed: Mask) -> bool:
        """Whether the allowed rows are looked up one by one for less than a query is answered for all."""
        return int(np.count_nonzero(allowed)) * FEW_ROWS <= self.size

    def _matched(self, query: str, most: int, allowed: Mask | None) -> Matching:
        words = self.telling(self.read(query))
        if allowed is not None and self.are_few(allowed):
            rows = np.flatnonzero(allowed).astype(np.int32)
        else:
            rows = self._holding(words)
            rows = rows if allowed is None else rows[allowed[rows]]
        share = self.share(words, rows)
        rows, share = rows[share >= MIN_SHARE], share[share >= MIN_SHARE]
        score = self._at(rows, self._impacts(words))
        first = _highest(score, most)
        order = first[np.argsort(-score[first], kind="stable")]
        return Matching(rows[order], share[order], len(rows) <= most)

    def _holding(self, words: Sequence[Word]) -> Rows:
        """The rows, ascending, that may have enough of the words' weight, found by the rarest of them: whoever has none
        of those cannot have enough of the rest."""
        missing = sum(word.weight for word in words)
        enough, lists = MIN_SHARE * missing - SLACK, []
        for word in sorted(words, key=lambda word: -word.weight):
            if missing < enough:
                break
            lists.append(self.rows_with(word.term))
            missing -= word.weight
        if not lists:
            return np.zeros(0, dtype=np.int32)
        return lists[-1] if len(lists) == 1 else np.unique(np.concatenate(lists)).astype(np.int32)

    def telling(self, words: Sequence[Word]) -> list[Word]:
        """Those words that part products from each other; all of them where none does."""
        found = [word for word in words if self.count(word.term) <= COMMON_SHARE * self.live]
        return found or list(words)


def _summed(parts: Iterable[tuple[Rows, Scores]], size: int) -> Scores:
    total = np.zeros(size, dtype=np.float32)
    for rows, worth in parts:
        total[rows] += worth
    return total


def _highest(score: Scores, most: int) -> NDArray[np.intp]:
    """The places of the `most` highest, ascending; of equals the first."""
    if len(score) <= most:
        return np.arange(len(score))
    least = np.partition(score, len(score) - most)[len(score) - most]
    above = np.flatnonzero(score > least)
    return np.sort(np.concatenate([above, np.flatnonzero(score == least)[: most - len(above)]]))


def _segment(texts: Iterable[Texts], language: Language, first_row: int) -> Segment:
    builder = _Builder(language)
    for one in texts:
        builder.add(one)
    return builder.segment(first_row)


def matches(index: WordIndex, query: str, allowed: Mask, k: int) -> list[tuple[int, float]]:
    """The `k` best allowed rows and the share of the query's telling weight they hold, none below 0.6.

    Ordered by BM25, so that a word in the title is better than one in the description; ties by row.
    """
    if not index.knows(query) and index.are_few(allowed):
        # What thousands of products hold would all be put in order for the few that the limits left.
        found = index.matching_within(query, allowed)
    else:
        found = index.matching(query)
    for_them = allowed[found.rows]
    if not found.whole and np.count_nonzero(for_them) < k:
        found = index.matching_within(query, allowed)
        for_them = allowed[found.rows]
    best, share = found.rows[for_them][:k].tolist(), found.share[for_them][:k].tolist()
    return [(row, min(1.0, held)) for row, held in zip(best, share, strict=True)]
