"""Whose row is whose, and what each product is: ids and products as bytes, made into objects only when asked for.

The ids and products of a generation are memory-mapped. What changed since is kept beside them; an edit makes another
corpus that shares all the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.index import Rows
from catalog.packed import Keys, Packed
from catalog.raw import RawProduct, pack, unpack

KEPT = 4_096
"""Products kept as objects: one e-mail looks at the same sixty again and again, the next at many of them."""
GONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Rows 0..n-1. A product has one row at a time; a row keeps its product's id for good."""

    ids: Keys
    docs: Packed
    tail: Sequence[str] = ()
    """Ids of the rows behind those of the generation."""
    edits: Mapping[int, bytes] = field(default_factory=dict)
    """Products of the tail, and those of earlier rows that changed in place."""
    moved: Mapping[str, int] = field(default_factory=dict)
    """Where an id is now: its row, or -1. Ids that are not in here are where the generation has them."""
    kept: dict[int, RawProduct] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.docs) + len(self.tail)

    def id(self, row: int) -> str:
        """Whose row it is, or was."""
        at = row - len(self.docs)
        return self.tail[at] if at >= 0 else self.ids.texts[row].decode()

    def row(self, product_id: str) -> int:
        """Where a product is now, -1 for one that is not there."""
        moved = self.moved.get(product_id)
        if moved is None:
            found: int = self.ids.get(product_id, GONE)
            return found
        return moved

    def rows(self, product_ids: Sequence[str]) -> Rows:
        """[len(product_ids)] as `row`, of many at once."""
        found = self.ids.find_all(product_ids)
        if self.moved:
            moved = [(at, self.moved[name]) for at, name in enumerate(product_ids) if name in self.moved]
            for at, row in moved:
                found[at] = row
        return found

    def raw(self, row: int) -> RawProduct:
        """The product of a row. What was asked for lately is at hand."""
        known = self.kept.get(row)
        if known is None:
            if len(self.kept) >= KEPT:
                self.kept.clear()
            known = self.kept[row] = unpack(self.edits[row] if row in self.edits else self.docs[row])
        return known

    def edited(
        self, gone: Sequence[str], patched: Mapping[int, RawProduct], come: Sequence[tuple[str, RawProduct]]
    ) -> Corpus:
        """Without the ids that are `gone`, with other products in some rows, and with new rows behind the last.

        An id in `come` that has a row already moves to its new one.
        """
        edits, moved, first = dict(self.edits), dict(self.moved), len(self)
        edits.update((row, pack(raw)) for row, raw in patched.items())
        edits.update((first + at, pack(raw)) for at, (_, raw) in enumerate(come))
        moved.update((product_id, GONE) for product_id in gone)
        moved.update((product_id, first + at) for at, (product_id, _) in enumerate(come))
        tail = (*self.tail, *(product_id for product_id, _ in come))
        kept = {row: raw for row, raw in self.kept.copy().items() if row not in patched}
        return Corpus(self.ids, self.docs, tail, edits, moved, kept)


class Ids(Sequence[str]):
    """The id of each row."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def __len__(self) -> int:
        return len(self._corpus)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return tuple(self._corpus.id(row) for row in range(*at.indices(len(self))))
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self._corpus.id(int(at) % len(self))


class Raws(Sequence[RawProduct]):
    """The product of each row."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def __len__(self) -> int:
        return len(self._corpus)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self._corpus.raw(row) for row in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        return self._corpus.raw(int(at))


class RowOf(Mapping[str, int]):
    """The row of each product that is there now."""

    def __init__(self, corpus: Corpus, live: int) -> None:
        self._corpus = corpus
        self._live = live

    def __len__(self) -> int:
        return self._live

    def __iter__(self) -> Iterator[str]:
        names = (self._corpus.id(row) for row in range(len(self._corpus)))
        return (name for row, name in enumerate(names) if self._corpus.row(name) == row)

    def __getitem__(self, product_id: str) -> int:
        row = self._corpus.row(product_id)
        if row == GONE:
            raise KeyError(product_id)
        return row

    def get(self, product_id: str, default: Any = None) -> Any:
        """Without the exception that `Mapping.get` goes through."""
        row = self._corpus.row(product_id)
        return default if row == GONE else row

    def __contains__(self, product_id: object) -> bool:
        return isinstance(product_id, str) and self._corpus.row(product_id) != GONE
