"""A whole view from a stream of products, and its way to disk and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from catalog import lexical
from catalog.advance import taught
from catalog.ann import Plan, Progress, Segment, build
from catalog.changes import Embedded, Point
from catalog.columns import KEYS, ROW, Columns, ColumnsBuilder, Postings, sales_of
from catalog.corpus import Corpus, Raws
from catalog.embedding import product_text
from catalog.index import Generation, IndexState, IndexUnusable
from catalog.lexical import Segment as WordSegment
from catalog.lexical import WordIndex
from catalog.model import Product
from catalog.packed import Keys, Packed, PackedBuilder, hash64
from catalog.postings import Grouped
from catalog.raw import FIELDS, RawProduct, field, pack
from catalog.signals import Popular
from catalog.verticals import VERTICALS
from catalog.view import NO_TEXT, CatalogView, Ledger, popularity_of, room_for, spare, text_number, text_of

VECTORS, INDEX = "vectors", "index"
TEXTS = 2
"""Version of what is kept of a product and its text, for changes that `mark` does not see: another one means that a
generation must be made anew."""


def mark() -> str:
    """What a generation must say to be of this version: fields, columns, word weights, and how texts are composed."""
    probes = (
        Product(
            id="probe",
            title="Title",
            brand="Brand",
            link="https://shop.example",
            product_type=f"Shelf > {min(vertical.words, default='')}",
            attributes=dict.fromkeys(vertical.tells, "value"),
            description="Description",
        )
        for vertical in VERTICALS
    )
    kept = (
        FIELDS,
        ROW.descr,
        sorted(KEYS),
        sorted(Plan.model_fields),
        lexical.FIELDS,
        lexical.K1,
        lexical.B,
        [*map(product_text, probes)],
    )
    return f"{TEXTS}-{hash64(repr(kept)):016x}"


class ViewBuilder:
    """Takes one product after another, about 0.1 ms each; memory grows by its bytes, not by objects."""

    def __init__(self, expected: int, dimension: int) -> None:
        self._ids, self._docs = PackedBuilder(), PackedBuilder()
        self._columns = ColumnsBuilder()
        self._room = room_for(expected, dimension)
        self._ledger: list[tuple[int, int, int]] = []

    def add(self, raw: RawProduct, stamp: int, embedded: Embedded | None) -> None:
        """The next row."""
        row = len(self._ledger)
        if row == len(self._room):
            self._room = np.concatenate([self._room, room_for(row, self._room.shape[1])])
        if embedded is not None:
            self._room[row] = embedded.vector
        self._ids.add(str(field(raw, "id")).encode())
        self._docs.add(pack(raw))
        self._columns.add(raw)
        self._ledger.append((text_of(raw), text_number(embedded.text_hash) if embedded else NO_TEXT, stamp))

    def view(self, learned: Mapping[str, Popular], progress: Progress | None = None) -> CatalogView:
        """The view of what was added, with the index that its size and measured recall ask for."""
        corpus = Corpus(Keys.of(self._ids.packed()), self._docs.packed())
        total = len(corpus)
        raws = Raws(replace(corpus, kept={}))
        popularity = popularity_of(corpus, learned)
        columns = self._columns.columns(raws, popularity)
        ledger = np.array(self._ledger, dtype=np.dtype([("t", np.uint64), ("e", np.uint64), ("s", np.int64)]))
        kept = Ledger(*(np.ascontiguousarray(ledger[name]) for name in ("t", "e", "s")))
        # Before most texts are encoded there is nothing to index yet: the next view will have it.
        worth_it = 2 * np.count_nonzero(kept.encoded) > total
        segment, plan = build(self._room[:total], progress) if worth_it else (None, Plan())
        segments = () if segment is None else (segment,)
        return CatalogView(corpus, columns, self._room, kept, total, segments, plan, signals=learned)


def _of_keys(name: str, keys: Keys) -> Iterator[tuple[str, NDArray[Any]]]:
    yield f"{name}.blob", keys.texts.blob
    yield f"{name}.offsets", keys.texts.offsets
    yield f"{name}.hashes", keys.hashes
    yield f"{name}.order", keys.order


def _keys(arrays: Mapping[str, NDArray[Any]], name: str) -> Keys:
    texts = Packed(arrays[f"{name}.blob"], arrays[f"{name}.offsets"])
    return Keys(texts, arrays[f"{name}.hashes"], arrays[f"{name}.order"])


def _of_columns(columns: Columns) -> Iterator[tuple[str, NDArray[Any]]]:
    yield from ((f"table.{name}", column) for name, column in columns.table.items())
    yield from ((name, getattr(columns, name)) for name in _ORDERS)
    for name in KEYS:
        postings: Postings = getattr(columns, name)
        yield from _of_keys(name, postings.keys_)
        yield f"{name}.starts", postings.starts
        yield f"{name}.rows", postings.rows
    (words,) = columns.words.segments
    yield from _of_keys("words", Keys.of(Packed.of(term.encode() for term in words.numbers)))
    yield from (("words.starts", words.starts), ("words.rows", words.rows), ("words.impact", words.impact))


_ORDERS = ("popularity", "ranks", "newest", "popular")


def _columns(arrays: Mapping[str, NDArray[Any]], language: Any) -> Columns:
    table = {name: arrays[f"table.{name}"] for name in ROW.names or ()}
    lists = {name: Postings(_keys(arrays, name), arrays[f"{name}.starts"], arrays[f"{name}.rows"]) for name in KEYS}
    total = len(table["price"])
    words = WordSegment(_keys(arrays, "words"), arrays["words.starts"], arrays["words.rows"], arrays["words.impact"])
    return Columns(
        table=table,
        alive=np.ones(total, dtype=np.bool_),
        sales=sales_of(table),
        words=WordIndex(language, total, (words,)),
        popularity=arrays["popularity"],
        ranks=arrays["ranks"],
        newest=arrays["newest"],
        groups=Grouped(table["group"]),
        popular=arrays["popular"],
        categories=lists["categories"],
        brands=lists["brands"],
        attributes=lists["attributes"],
    )


def to_generation(view: CatalogView, model_id: str, since: Point) -> Generation:
    """What `ViewBuilder` has just made, for the disk. `since`: the point up to which it knows the database."""
    arrays: dict[str, NDArray[Any]] = {
        VECTORS: view.vectors,
        "docs.blob": view.corpus.docs.blob,
        "docs.offsets": view.corpus.docs.offsets,
        **{f"ledger.{name}": column for name, column in view.ledger._asdict().items()},
        **dict(_of_keys("ids", view.corpus.ids)),
        **dict(_of_columns(view.columns)),
    }
    for segment in view.segments:
        arrays |= {INDEX: faiss.serialize_index(segment.index), "cells": segment.cells}
    facts = {
        "since": since, "made_by": mark(), "language": view.columns.words.language, "plan": view.plan.model_dump()
    }  # fmt: skip
    room = {VECTORS: spare(len(view))}
    return Generation(model_id, view.room.shape[1], facts, arrays, room, frozenset({INDEX}))


def _read_index(generation: Generation) -> Any:
    try:
        return faiss.read_index(str(generation.path(INDEX)), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        # Its bytes are those that were written: by a FAISS that this one does not understand.
        raise IndexUnusable(IndexState.OLD_FORMAT, "The index was written by another version of FAISS.") from error


def from_generation(generation: Generation, learned: Mapping[str, Popular]) -> CatalogView:
    """The view of a generation that was loaded: nothing is read before it is needed. Raises: IndexUnusable."""
    arrays, total = generation.arrays, len(generation.arrays["ledger.stamp"])
    segments: Iterable[Segment] = ()
    if INDEX in arrays:
        segments = (Segment(_read_index(generation), 0, arrays["cells"]),)
    view = CatalogView(
        corpus=Corpus(_keys(arrays, "ids"), Packed(arrays["docs.blob"], arrays["docs.offsets"])),
        columns=_columns(arrays, generation.facts["language"]),
        room=arrays[VECTORS],
        ledger=Ledger(*(arrays[f"ledger.{name}"] for name in Ledger._fields)),
        live=total,
        segments=tuple(segments),
        plan=Plan.model_validate(generation.facts["plan"]),
    )
    return taught(view, learned)
