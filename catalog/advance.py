"""From one view to the next: what changed in the database, applied without rebuilding anything.

A product whose price, stock or sale changed keeps its row. One whose text or place in the lists changed moves to a new
row behind the last, with its vector; its old row is dead from then on. The view of before is left as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from catalog import edits
from catalog.ann import Segment, extend
from catalog.changes import Changed, Embedded
from catalog.columns import RawProduct
from catalog.edits import Edit, edited, reheated
from catalog.embedding import Vectors
from catalog.learning.model import NOWHERE, Bound
from catalog.masks import Masks
from catalog.signals import Popular
from catalog.view import NO_TEXT, CatalogView, Ledger, popularity_of, room_for, text_number, text_of

TAIL_ROWS = 4_096
"""Rows behind the last segment from which they get an index of their own: fewer are scored one by one."""
COMPACT_SHARE = 0.15
"""Share of rows that are dead or came since the generation was made, from which another is worth its price."""


class _New(NamedTuple):
    """A product that needs a row."""

    product_id: str
    raw: RawProduct
    vector: Vectors | None
    text: int
    encoded: int
    stamp: int


@dataclass(slots=True)
class _Sorted:
    """What is to be done about what changed."""

    gone: dict[int, RawProduct] = field(default_factory=dict)
    gone_ids: list[str] = field(default_factory=list)
    patched: dict[int, RawProduct] = field(default_factory=dict)
    stamps: dict[int, int] = field(default_factory=dict)
    come: list[_New] = field(default_factory=list)

    def anything(self) -> bool:
        """Is there anything to be done?"""
        return bool(self.gone or self.patched or self.stamps or self.come)


def advanced(view: CatalogView, changed: Iterable[Changed], embedded: Mapping[str, Embedded]) -> CatalogView:
    """The view with these products and vectors. `embedded` holds those of new products too. About 100 µs a product.

    Of views made from one another only the newest may be advanced: they share the room for vectors.
    """
    sorted_ = _sort(view, {one.product_id: one for one in changed}, embedded)
    if not sorted_.anything():
        return view
    come = sorted_.come
    edit = Edit(sorted_.gone, sorted_.patched, [one.raw for one in come])
    heat = np.array([view.heat(one.product_id) for one in come], dtype=np.float32)
    corpus = view.corpus.edited(sorted_.gone_ids, sorted_.patched, [(one.product_id, one.raw) for one in come])
    room = _filled(view, come)
    return replace(
        view,
        corpus=corpus,
        columns=edited(view.columns, edit, heat),
        room=room,
        ledger=_ledger(view.ledger, sorted_),
        live=view.live - len(sorted_.gone) + len(come),
        segments=_segments(view.segments, room[: len(corpus)]),
        masks=Masks(),
        learned=_bound(view.learned, sorted_, len(view)),
    )


def _sort(view: CatalogView, changed: Mapping[str, Changed], embedded: Mapping[str, Embedded]) -> _Sorted:
    sorted_ = _Sorted()
    for product_id in dict.fromkeys([*changed, *embedded]):
        row, change = view.corpus.row(product_id), changed.get(product_id)
        if change is not None and change.raw is None:
            if row >= 0:
                sorted_.gone[row] = view.corpus.raw(row)
                sorted_.gone_ids.append(product_id)
        elif row >= 0:
            _sort_known(view, sorted_, row, change, embedded.get(product_id))
        elif change is not None and change.raw is not None:
            sorted_.come.append(_new(change, change.raw, embedded.get(product_id)))
    return sorted_


def _new(change: Changed, raw: RawProduct, embedded: Embedded | None) -> _New:
    vector = embedded.vector if embedded else None
    encoded = text_number(embedded.text_hash) if embedded else NO_TEXT
    return _New(change.product_id, raw, vector, text_of(raw), encoded, change.stamp)


def _sort_known(
    view: CatalogView, sorted_: _Sorted, row: int, change: Changed | None, embedded: Embedded | None
) -> None:
    before = view.corpus.raw(row)
    raw = before if change is None or change.raw is None else change.raw
    stamp = int(view.ledger.stamp[row]) if change is None else change.stamp
    if not _is_news(view, row, embedded) and not edits.moves(before, raw):
        if raw != before:
            sorted_.patched[row] = raw
        if stamp != view.ledger.stamp[row]:
            sorted_.stamps[row] = stamp
        return
    sorted_.gone[row] = before
    vector = embedded.vector if embedded else view.room[row]
    encoded = text_number(embedded.text_hash) if embedded else int(view.ledger.encoded[row])
    sorted_.come.append(_New(view.corpus.id(row), raw, vector, text_of(raw), encoded, stamp))


def _is_news(view: CatalogView, row: int, embedded: Embedded | None) -> bool:
    """Is it another vector than the row has, or one of another text?"""
    if embedded is None:
        return False
    same_text = text_number(embedded.text_hash) == view.ledger.encoded[row]
    return not same_text or not np.array_equal(embedded.vector, view.room[row])


def _filled(view: CatalogView, come: list[_New]) -> Vectors:
    """The room with the vectors of what comes in it; a larger one where it is full."""
    room, first = view.room, len(view)
    if first + len(come) > len(room):
        room = room_for(first + len(come), room.shape[1])
        room[:first] = view.vectors
    for row, one in enumerate(come, start=first):
        room[row] = 0.0 if one.vector is None else one.vector
    return room


def _ledger(before: Ledger, sorted_: _Sorted) -> Ledger:
    come = sorted_.come
    stamp = np.concatenate([before.stamp, np.array([one.stamp for one in come], dtype=np.int64)])
    stamp[list(sorted_.stamps)] = list(sorted_.stamps.values())
    text = np.concatenate([before.text, np.array([one.text for one in come], dtype=np.uint64)])
    encoded = np.concatenate([before.encoded, np.array([one.encoded for one in come], dtype=np.uint64)])
    return Ledger(text, encoded, stamp)


def _bound(before: Bound | None, sorted_: _Sorted, first: int) -> Bound | None:
    """What was learned follows the products to their new rows."""
    if before is None:
        return None
    rows, numbers = before.rows.copy(), np.full(first + len(sorted_.come), NOWHERE, dtype=before.numbers.dtype)
    numbers[: len(before.numbers)] = before.numbers
    left = numbers[list(sorted_.gone)]
    rows[left[left != NOWHERE]] = NOWHERE
    for row, one in enumerate(sorted_.come, start=first):
        numbers[row] = before.learned.number_of.get(one.product_id, NOWHERE)
        if numbers[row] != NOWHERE:
            rows[numbers[row]] = row
    return replace(before, rows=rows, numbers=numbers)


def _segments(before: tuple[Segment, ...], vectors: Vectors) -> tuple[Segment, ...]:
    """With an index over the tail, once that is long: one, made anew, behind that of the generation."""
    if not before or len(vectors) - before[-1].end < TAIL_ROWS:
        return before
    return before[0], extend(before[0], vectors[before[0].end :], before[0].end)


def taught(view: CatalogView, learned: Mapping[str, Popular]) -> CatalogView:
    """The view after baskets taught something else."""
    popularity = popularity_of(view.corpus, learned)
    columns = view.columns
    if not np.array_equal(popularity, columns.popularity):
        columns = reheated(columns, popularity)
    return replace(view, columns=columns, masks=Masks(), signals=learned)


def is_worn(view: CatalogView) -> bool:
    """Has so much changed since its generation was made that another is worth it?"""
    fresh = len(view) - len(view.corpus.docs)
    return fresh + len(view) - view.live > COMPACT_SHARE * len(view)
