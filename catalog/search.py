"""Search by words and by meaning: BM25 over the catalog's words and cosine of the query's vector, added up.

What the limits leave out is neither scored nor counted: they come first, as for picks.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from catalog.analysis import STOP_WORDS
from catalog.columns import Mask
from catalog.cosines import cosines
from catalog.embedding import Vectors
from catalog.index import Rows
from catalog.lexical import Scores, Word, WordIndex
from catalog.limits import allowed, within
from catalog.model import Limits, Product, Theme
from catalog.neighbours import Filter, nearest, top
from catalog.spelling import spelled
from catalog.text import cap, clean_text
from catalog.view import CatalogView
from store.errors import InvalidInput

MEANING_WEIGHT = 0.5
POOL = 200
"""Best by words and best by meaning that are compared with each other."""
MIN_COSINE = 0.25
"""Unrelated MiniLM texts lie below."""
MIN_WORDS = 0.3
"""Share of a query's telling weight without which words alone make no result."""
FEW = 20
FOREIGN = 2
"""Small words of another language that make a query one of it."""
MAX_QUERY = 200
MAX_RESULTS = 100


class EmptyQuery(InvalidInput):
    """A search for nothing."""

    reason = "empty_query"


class Found(NamedTuple):
    """A product, how well it fits (0..1), and why."""

    product: Product
    score: float
    words: tuple[str, ...]
    """The words of the query it has, as they were written."""
    cosine: float | None
    """Likeness of meaning; None where the query or the product has no vector."""


def cleaned(query_text: str) -> str:
    """The query as it is searched for, at most 200 characters. Raises: EmptyQuery."""
    query = cap(clean_text(query_text), MAX_QUERY)
    if not query:
        raise EmptyQuery("The query has no words.", pointer="?q", fix="Write what you are looking for.")
    return query


class Fitting(NamedTuple):
    """Rows that fit a query, best first, and their score, both [k]; the cosine of each where there is a vector."""

    rows: Rows
    score: Scores
    cosine: Mapping[int, float]


class Answer(NamedTuple):
    """What a search found and how it read the query."""

    hits: list[Found]
    by_meaning: bool
    """False while the embedding model is being loaded: by words only."""
    mended: dict[str, str]
    """Words no product has, and what was searched for instead."""
    unknown: tuple[str, ...]
    """Words nothing was found for."""


def search(
    view: CatalogView,
    query: str,
    vector: Vectors | None,
    limits: Limits = Limits(),
    k: int = 20,
    *,
    now: datetime,
    in_stock: bool = False,
) -> Answer:
    """The `k` best products for a query of those within `limits`, best first; fewer when fewer fit.

    An empty query, as a brief of nothing but limits leaves, has them by popularity.
    `vector`: float32 [1, d] of the query, None to go by words only. `in_stock`: only what can be sold now.
    """
    index = view.columns.words
    mask = (allowed if in_stock else within)(view, limits, now)
    if not query:
        return _browsed(view, mask, k)
    read = spelled(index, _telling(index, query))
    best = fitting(view, read.words, vector, mask, min(k, MAX_RESULTS))
    mended = {written: _in_a_title(view, terms) for written, terms in read.mended.items()}
    return Answer(list(_told(view, read.words, best)), vector is not None, mended, read.unknown)


def fitting(
    view: CatalogView,
    words: Sequence[Word],
    vector: Vectors | None,
    mask: Mask,
    k: int,
    *,
    shared: Filter | None = None,
) -> Fitting:
    """The `k` rows of `mask` [n] that fit words and vector best; none that has neither in common with them.

    `shared`: see `neighbours.nearest`.
    """
    index = view.columns.words
    by_words = _by_words(index, words)
    having = np.flatnonzero(mask & (by_words > 0)).astype(np.int32)
    pool = top(having, by_words[having], POOL).rows
    cosine = np.zeros(len(pool), dtype=np.float32)
    if vector is not None:
        (near,) = nearest(view, mask, vector, POOL, shared=shared)
        pool = np.union1d(pool, near.rows).astype(np.int32)
        cosine = cosines(view.vectors, pool, vector)[:, 0]
    fits = (cosine >= MIN_COSINE) | (index.share(index.telling(words), pool) >= MIN_WORDS)
    best = top(pool[fits], (by_words[pool] + MEANING_WEIGHT * cosine)[fits], k)
    likeness = dict(zip(pool.tolist(), cosine.tolist(), strict=True)) if vector is not None else {}
    return Fitting(best.rows, best.cosine, likeness)


def vector_of(theme: Theme, dimension: int) -> Vectors | None:
    """float32 [1, d]; None where the theme has none, or one of another length than the catalog's."""
    flat = np.frombuffer(b64decode(theme.vector), dtype="<f4")
    return flat[None, :].astype(np.float32) if len(flat) == dimension else None


def theme_of(query: str, vector: Vectors | None, model_id: str) -> Theme:
    """See `vector_of`."""
    packed = "" if vector is None else b64encode(vector[0].astype("<f4").tobytes()).decode()
    return Theme(query=query, vector=packed, model_id=model_id)


def _telling(index: WordIndex, query: str) -> list[Word]:
    """The words of a query, less the small words of another language than the catalog's: "pour un ami" is no pouring.

    Two of them tell the language; one may be a word here ("pour over").
    """
    words = index.read(query)
    small = {language: {word.written for word in words} & stops for language, stops in STOP_WORDS.items()}
    foreign = max(small.values(), key=len, default=set())
    return [word for word in words if word.written not in foreign] if len(foreign) >= FOREIGN else words


def _browsed(view: CatalogView, mask: Mask, k: int) -> Answer:
    """The most popular."""
    rows = np.flatnonzero(mask)
    best = rows[np.argsort(view.columns.ranks[rows], kind="stable")[: min(k, MAX_RESULTS)]]
    return Answer([Found(view.product(row), 0.0, (), None) for row in best.tolist()], False, {}, ())


def _by_words(index: WordIndex, words: Sequence[Word]) -> Scores:
    """[n] BM25 as a share of what a product that is all about every word would have, 0..1."""
    most = sum(word.weight for word in words)
    return index.score(words) / np.float32(most or 1.0)


def _told(view: CatalogView, words: Sequence[Word], best: Fitting) -> Iterator[Found]:
    index = view.columns.words
    having = [(word.written, index.has(word.term, best.rows)) for word in words]
    for at, (row, score) in enumerate(zip(best.rows.tolist(), best.score.tolist(), strict=True)):
        written = dict.fromkeys(word for word, has in having if has[at])
        cosine = round(best.cosine[row], 4) if row in best.cosine else None
        yield Found(view.product(row), round(score, 4), tuple(written), cosine)


def _in_a_title(view: CatalogView, terms: str) -> str:
    """Terms as some product writes them: a stem is no word to show."""
    return " ".join(_one_in_a_title(view, term) for term in terms.split())


def _one_in_a_title(view: CatalogView, term: str) -> str:
    index = view.columns.words
    titles = (view.title(int(row)) for row in index.rows_with(term)[:FEW])
    return next((word.written for title in titles for word in index.read(title) if word.term == term), term)
