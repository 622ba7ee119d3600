"""Which products speak of a thing, so that "no leather" leaves them out and keeps what is free of it."""

from __future__ import annotations

from functools import reduce

import numpy as np

from catalog.analysis import stem, tokens
from catalog.index import Rows
from catalog.lexical import WordIndex
from catalog.view import CatalogView

KEPT = 256
"""Phrases whose answer is kept with a view."""
DENIALS = frozenset(
    "no not non without free ohne kein keine keinen keiner nicht frei sans pas aucun aucune sin ningun libre".split()
)
"""Within three words before: "without added sugar", "frei von Zucker"."""
DENIED_BY_NEXT = frozenset("free frei less los".split())
REACH = 3
READ_AT_MOST = 5_000
"""More products than this are not read one by one: all that have the words are left out, rather too many."""


def mentioning(view: CatalogView, phrase: str) -> Rows:
    """Rows whose texts hold all words of `phrase` next to each other and do not deny them, ascending.

    The first time a phrase is asked for costs about 20 µs for each product that has its words.
    """
    index = view.columns.words
    found = index.mentions.get(phrase)
    if found is None:
        if len(index.mentions) >= KEPT:
            index.mentions.clear()
        found = index.mentions[phrase] = _find(view, index, phrase)
    return found


def _find(view: CatalogView, index: WordIndex, phrase: str) -> Rows:
    wanted = [stem(word, index.language) for word in tokens(phrase)]
    if not wanted:
        return np.zeros(0, dtype=np.int32)
    rows: Rows = reduce(np.intersect1d, [index.rows_with(term) for term in dict.fromkeys(wanted)])
    if len(rows) > READ_AT_MOST:
        return rows
    return np.array([row for row in rows.tolist() if _speaks_of(view, row, wanted)], dtype=np.int32)


def _speaks_of(view: CatalogView, row: int, wanted: list[str]) -> bool:
    language = view.columns.words.language
    return any(_affirms([stem(word, language) for word in tokens(text)], wanted) for text in view.texts(row))


def _affirms(said: list[str], wanted: list[str]) -> bool:
    """Whether `wanted` stands somewhere in `said` without being denied there."""
    for at in range(len(said) - len(wanted) + 1):
        end = at + len(wanted)
        denied = DENIALS.intersection(said[max(0, at - REACH) : at]) or DENIED_BY_NEXT.intersection(said[end : end + 1])
        if said[at:end] == wanted and not denied:
            return True
    return False
