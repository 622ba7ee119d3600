"""Products by words: which share of a query's weight their title, brand and category hold."""

from __future__ import annotations

import numpy as np

from catalog.columns import Mask, Postings
from catalog.text import words

MIN_SHARE = 0.6
"""Below this the words that matter are not there."""
MAX_WORDS = 12


def shares(postings: Postings, query: str, total: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """float32 [total]: the inverse-document-frequency weighted share of the query's words each row has."""
    found = np.zeros(total, dtype=np.float32)
    weights = 0.0
    for word in dict.fromkeys(words(query)[:MAX_WORDS]):
        rows = postings.get(word)
        weight = float(np.log1p(total / (1 if rows is None else len(rows))))
        weights += weight
        if rows is not None:
            found[rows] += weight
    return found / np.float32(weights) if weights else found


def matches(postings: Postings, query: str, allowed: Mask, k: int) -> list[tuple[int, float]]:
    """The `k` best allowed rows and their share of the query, none below 0.6."""
    share = shares(postings, query, len(allowed))
    rows = np.flatnonzero(allowed & (share >= MIN_SHARE))
    if len(rows) > k:
        # Stable, so that equals come in row order on every machine.
        rows = rows[np.argsort(-share[rows], kind="stable")[:k]]
    return [(int(row), float(share[row])) for row in rows]
