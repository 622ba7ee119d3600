"""Search by meaning and by words: cosine of the query with each product, lifted where the words are there."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import numpy as np

from catalog.embedding import Encoder
from catalog.index import Rows
from catalog.lexical import shares
from catalog.limits import allowed
from catalog.model import Limits, Product
from catalog.neighbours import cosines, top
from catalog.text import cap, clean_text
from catalog.view import CatalogView
from store.errors import InvalidInput

WORDS_WEIGHT = 0.5
"""What all of a query's words in title, brand and category add to the cosine: exact names come first."""
MIN_SCORE = 0.25
"""Unrelated MiniLM texts lie below."""
MAX_QUERY = 200
MAX_RESULTS = 100


class EmptyQuery(InvalidInput):
    """A search for nothing."""

    reason = "empty_query"


class Found(NamedTuple):
    """A product and how well it fits, about 0..1.5."""

    product: Product
    score: float


def search(
    view: CatalogView, query_text: str, encoder: Encoder, limits: Limits | None, k: int, *, now: datetime
) -> list[Found]:
    """The `k` best products for a query, exact over all that `limits` allow (None: everything active).

    Blocks while the query is encoded; call it in a thread. Raises: EmptyQuery.
    """
    query = cap(clean_text(query_text), MAX_QUERY)
    if not query:
        raise EmptyQuery("The query has no words.", pointer="/q", fix="Write what you are looking for.")
    if not len(view):
        return []
    mask = np.ones(len(view), dtype=np.bool_) if limits is None else allowed(view, limits, now)
    rows: Rows = np.flatnonzero(mask).astype(np.int32)
    score = cosines(view.vectors, rows, encoder.encode([query]))[:, 0]
    score += WORDS_WEIGHT * shares(view.columns.words, query, len(view))[rows]
    kept = score >= MIN_SCORE
    best = top(rows[kept], score[kept], min(k, MAX_RESULTS))
    pairs = zip(best.rows.tolist(), best.cosine.tolist(), strict=True)
    return [Found(view.product(row), round(value, 4)) for row, value in pairs]
