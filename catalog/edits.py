"""What changed in a catalog, applied to its columns: costs what it touches, and a copy of the arrays of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.columns import (
    KEYS,
    NEVER,
    ROW,
    Columns,
    Postings,
    newest_first,
    popular_rows,
    ranks,
    row_of,
    sales_of,
    texts_of,
)
from catalog.index import Rows
from catalog.lexical import WordIndex
from catalog.raw import FIELDS, RawProduct, field

IN_PLACE = frozenset({
    "price", "currency", "sale_price", "sale_price_starts", "sale_price_ends", "compare_at_basis", "availability",
    "stock", "link", "image_link", "consumable_days",
})  # fmt: skip
"""Fields that neither lists nor vectors are made of: where only these change, a product keeps its row."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Which rows are no more, which changed in place, and which come behind the last."""

    gone: Mapping[int, RawProduct]
    """The products that were in them."""
    patched: Mapping[int, RawProduct]
    come: Sequence[RawProduct]


_MOVING = tuple(name for name in FIELDS if name not in IN_PLACE)


def moves(before: RawProduct, after: RawProduct) -> bool:
    """Does the product need another row?"""
    return any(field(before, name) != field(after, name) for name in _MOVING)


def edited(columns: Columns, edit: Edit, heat: NDArray[np.float32]) -> Columns:
    """The columns after `edit`. `heat` [len(edit.come)]: the popularity of what comes, 0..1."""
    gone = np.fromiter(edit.gone, dtype=np.int32, count=len(edit.gone))
    table = _table(columns.table, edit, gone)
    alive = np.concatenate([columns.alive, np.ones(len(edit.come), dtype=np.bool_)])
    alive[gone] = False
    popularity = np.concatenate([columns.popularity, heat])
    first = len(columns.alive)
    order = np.concatenate([columns.ranks, ranks(heat, table["added"][first:], table["number"][first:])])
    lists = {name: _list(getattr(columns, name), name, edit, first, order) for name in KEYS}
    return Columns(
        table=table,
        alive=alive,
        sales=sales_of(table),
        popularity=popularity,
        ranks=order,
        newest=_newest(columns, gone, table, first),
        groups=columns.groups,
        popular=popular_rows(order, popularity, alive, lists["categories"]),
        words=_words(columns.words, edit, gone),
        **lists,
    )


def _table(before: Mapping[str, NDArray[Any]], edit: Edit, gone: Rows) -> dict[str, NDArray[Any]]:
    come = np.array([row_of(raw) for raw in edit.come], dtype=ROW)
    patched = np.array([row_of(raw) for raw in edit.patched.values()], dtype=ROW)
    at = np.fromiter(edit.patched, dtype=np.int32, count=len(edit.patched))
    table = {}
    for name, column in before.items():
        table[name] = np.concatenate([column, come[name]])
        table[name][at] = patched[name]
    table["sellable"][gone] = False
    table["sale_price"][gone] = -1
    table["added"][gone] = NEVER
    return table


def _list(before: Postings, name: str, edit: Edit, first: int, order: NDArray[np.uint64]) -> Postings:
    keys = KEYS[name]
    gone = ((row, one) for row, raw in edit.gone.items() for one in keys(raw))
    come = ((first + at, one) for at, raw in enumerate(edit.come) for one in dict.fromkeys(keys(raw)))
    return before.edited(gone, come, order)


def _words(before: WordIndex, edit: Edit, gone: Rows) -> WordIndex:
    words = before.without(gone) if len(gone) else before
    if not edit.come:
        return words
    texts = [texts_of(raw) for raw in edit.come]
    # The language is told by the first products: an empty shop has none.
    return words.extended(texts) if words.size else WordIndex.build(texts)


def _newest(columns: Columns, gone: Rows, table: Mapping[str, NDArray[Any]], first: int) -> Rows:
    """The rows of before without those that are gone, with those that came in their places."""
    kept = columns.newest[~np.isin(columns.newest, gone)] if len(gone) else columns.newest
    # From the youngest on; the oldest would overflow when it is negated.
    age, number = -np.maximum(table["added"], NEVER + 1), table["number"]
    come = newest_first(table["added"][first:], number[first:]) + np.int32(first)
    ages = age[come]
    at, until = (np.searchsorted(age[kept], ages, side=side) for side in ("left", "right"))
    for tied in np.unique(ages[at < until]).tolist():
        same = ages == tied
        start, end = int(at[same][0]), int(until[same][0])
        at[same] += np.searchsorted(number[kept[start:end]], number[come[same]])
    return np.insert(kept, at, come)


def reheated(columns: Columns, popularity: NDArray[np.float32]) -> Columns:
    """With another popularity [n]: what is ordered by it is ordered anew, about a second for a million rows."""
    order = ranks(popularity, columns.added, columns.number)
    lists = {name: getattr(columns, name).reordered(order) for name in KEYS}
    popular = popular_rows(order, popularity, columns.alive, lists["categories"])
    return replace(columns, popularity=popularity, ranks=order, popular=popular, **lists)
