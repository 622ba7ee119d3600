"""Whether "similar to what you bought" is true to a reader: two mugs are, a mug and an ink in one glaze are not.

Texts are near each other for a colour, a material or an occasion as well. Of 60 pairs from two categories that the
texts of a homeware shop had brought together, two thirds were not alike to a reader, and most of the others were teas;
of 30 within one category nearly all were. In a gift shop without categories, odd pairs were those whose titles share
less than half of their words.
"""

from __future__ import annotations

from catalog.analysis import STOP_WORDS
from catalog.sameness import family
from catalog.view import CatalogView

ALIKE = 0.6
"""Cosine of texts from which two products of one category are alike."""
NAMED_ALIKE = 0.65
"""The same for products that are called alike, in whatever category."""
HARDLY_ELSE = 0.8
"""From here texts say nearly the same, where no category says otherwise."""
LEAST_LETTERS = 3


def is_similar(view: CatalogView, row: int, other: int) -> bool:
    """By category, the words of the titles that name the thing, and the cosine of the texts."""
    cosine = float(view.vectors[row] @ view.vectors[other])
    ours, theirs = view.category(row), view.category(other)
    if ours is not None and ours == theirs:
        return cosine >= ALIKE
    share, known = _shared(view, row, other), ours is not None and theirs is not None
    if known:
        # Two shelves of a shop hold two kinds of things, unless they are called nearly the same.
        return cosine >= NAMED_ALIKE and share > 0.5
    return cosine >= HARDLY_ELSE or (cosine >= NAMED_ALIKE and share >= 0.5)


def _shared(view: CatalogView, row: int, other: int) -> float:
    """0..1: how much of the shorter title's naming words the other has too."""
    ours, theirs = _naming(view, row), _naming(view, other)
    return len(ours & theirs) / min(len(ours), len(theirs)) if ours and theirs else 0.0


def _naming(view: CatalogView, row: int) -> set[str]:
    title, color, size = view.naming(row)
    small = STOP_WORDS.get(view.columns.words.language, ())
    words = family(title, color=color, size=size).split()
    return {word for word in words if len(word) >= LEAST_LETTERS and word not in small}
