"""Products by words: which share of a query's weight their title, brand and category hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catalog.columns import Mask, Postings
from catalog.text import words

MIN_SHARE = 0.6
"""Below this the words that matter are not there."""
MAX_WORDS = 12
COMMON_SHARE = 0.2
"""A word in more of the products than this tells nothing: "tea" in a tea shop."""


def _weights(postings: Postings, query: str, total: int) -> dict[str, float]:
    """Inverse document frequency of the query's telling words; of all its words where none tells."""
    known = {word: len(postings.get(word, ())) for word in words(query)[:MAX_WORDS]}
    telling = {word: count for word, count in known.items() if count <= COMMON_SHARE * total} or known
    return {word: float(np.log1p(total / max(1, count))) for word, count in telling.items()}


def shares(postings: Postings, query: str, total: int) -> NDArray[np.float32]:
    """float32 [total]: the share of the query's weight in each row's words, 0..1."""
    found = np.zeros(total, dtype=np.float32)
    weights = _weights(postings, query, total)
    whole = sum(weights.values())
    for word, weight in weights.items():
        if word in postings:
            found[postings[word]] += np.float32(weight / whole)
    return found


def matches(postings: Postings, query: str, allowed: Mask, k: int) -> list[tuple[int, float]]:
    """The `k` best allowed rows and their share of the query, none below 0.6."""
    share = shares(postings, query, len(allowed))
    rows = np.flatnonzero(allowed & (share >= MIN_SHARE))
    if len(rows) > k:
        # Stable, so that equals come in row order on every machine.
        rows = rows[np.argsort(-share[rows], kind="stable")[:k]]
    return [(int(row), float(share[row])) for row in rows]
