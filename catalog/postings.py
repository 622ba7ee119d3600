"""Rows by key (category, brand, attribute), each list the best first: compact, memory-mapped, edited by copying.

The lists of a generation are one array for all keys. What changed since lies beside it, a list for each key that was
touched: an edit costs what it touches, and whoever holds the state before keeps it.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.index import Rows
from catalog.packed import Keys, Packed

Ranks = NDArray[np.uint64]
"""[n] sorts rows: the smaller, the earlier in every list. See `columns.ranks`."""
_NOTHING = np.zeros(0, dtype=np.int32)


class Grouped:
    """Rows by a number that each has: those of a view are put in order once, those that came since are looked through.

    To look through all of a million takes a third of a millisecond for each number asked for.
    """

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        """`numbers` [n], below 0 where a row has none. A row keeps its own for good."""
        self._numbers = numbers

    @cached_property
    def _ordered(self) -> tuple[Rows, NDArray[np.int64]]:
        rows = np.flatnonzero(self._numbers >= 0).astype(np.int32)
        rows = rows[np.argsort(self._numbers[rows], kind="stable")]
        return rows, self._numbers[rows]

    def prepare(self) -> None:
        """Put them in order now, a tenth of a second for a million, rather than when somebody first asks."""
        _ = self._ordered

    def of(self, number: int, numbers: NDArray[np.int64]) -> Rows:
        """Rows, ascending, whose number it is. `numbers` [m >= n] begin with those of this."""
        rows, ordered = self._ordered
        start, end = ordered.searchsorted((number, number + 1))
        if len(numbers) == len(self._numbers):
            return rows[start:end]
        come = np.flatnonzero(numbers[len(self._numbers) :] == number) + len(self._numbers)
        return np.concatenate([rows[start:end], come.astype(np.int32)])


class Postings(Mapping[str, Rows]):
    """Immutable. A key without rows is not there."""

    __slots__ = ("_edits", "keys_", "rows", "starts")

    def __init__(
        self, keys: Keys, starts: NDArray[np.int64], rows: Rows, edits: Mapping[str, Rows] | None = None
    ) -> None:
        self.keys_ = keys
        self.starts = starts
        """[k + 1]: the rows of key i lie at `starts[i]:starts[i + 1]`."""
        self.rows = rows
        self._edits: Mapping[str, Rows] = edits or {}

    def __getitem__(self, key: str) -> Rows:
        found: Rows | None = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """The rows of a key, read-only."""
        edited = self._edits.get(key)
        if edited is None:
            number = self.keys_.get(key)
            return default if number is None else self.rows[self.starts[number] : self.starts[number + 1]]
        return edited if len(edited) else default

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self.keys_ if key not in self._edits)
        yield from (key for key, rows in self._edits.items() if len(rows))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def firsts(self, count: int) -> Rows:
        """The first `count` rows of every key, each row once."""
        whole = np.ones(len(self.keys_), dtype=np.bool_)
        whole[[number for key in self._edits if (number := self.keys_.get(key)) is not None]] = False
        starts, ends = self.starts[:-1][whole], self.starts[1:][whole]
        at = starts[:, None] + np.arange(count)
        heads = [rows[:count] for rows in self._edits.values()]
        return np.unique(np.concatenate([self.rows[at[at < ends[:, None]]], *heads]))

    def edited(self, gone: Iterable[tuple[int, str]], come: Iterable[tuple[int, str]], ranks: Ranks) -> Postings:
        """Without the pairs (row, key) that are `gone`, with those that have `come`. `ranks` [n] of all rows now."""
        without, with_ = _by_key(gone), _by_key(come)
        edits = dict(self._edits)
        for key in without.keys() | with_.keys():
            rows: Rows = self.get(key, _NOTHING)
            if key in without:
                rows = rows[~np.isin(rows, without[key])]
            edits[key] = _merged(rows, np.array(with_[key], dtype=np.int32), ranks) if key in with_ else rows
        return Postings(self.keys_, self.starts, self.rows, edits)

    def reordered(self, ranks: Ranks) -> Postings:
        """Every list in the order of other `ranks`."""
        code = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        edits = {key: rows[np.argsort(ranks[rows], kind="stable")] for key, rows in self._edits.items()}
        return Postings(self.keys_, self.starts, _sorted(code, self.rows, ranks), edits)


class Gatherer:
    """Collects the keys of one row after another."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._codes, self._rows = array("q"), array("i")
        self._next = 0

    def add(self, keys: Iterable[str]) -> None:
        """Those of the next row."""
        for name in set(keys):
            self._codes.append(self._numbers.setdefault(name, len(self._numbers)))
            self._rows.append(self._next)
        self._next += 1

    def postings(self, ranks: Ranks) -> Postings:
        """The lists. `ranks` [n]."""
        rows = np.frombuffer(self._rows, dtype=np.int32) if self._rows else _NOTHING
        code = np.frombuffer(self._codes, dtype=np.int64) if self._codes else np.zeros(0, dtype=np.int64)
        starts = np.zeros(len(self._numbers) + 1, dtype=np.int64)
        np.cumsum(np.bincount(code, minlength=len(self._numbers)), out=starts[1:])
        keys = Keys.of(Packed.of(name.encode() for name in self._numbers))
        return Postings(keys, starts, _sorted(code, rows, ranks))


def _sorted(code: NDArray[np.int64], rows: Rows, ranks: Ranks) -> Rows:
    """`rows` by code, within a code by rank."""
    place = np.empty(len(ranks), dtype=np.int64)
    order = np.argsort(ranks, kind="stable")
    place[order] = np.arange(len(ranks))
    both = (code << 32) | place[rows]
    both.sort()
    return np.asarray(order[both & 0xFFFFFFFF], dtype=np.int32)


def _by_key(pairs: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for row, key in pairs:
        found[key].append(row)
    return found


def _merged(rows: Rows, come: Rows, ranks: Ranks) -> Rows:
    come = come[np.argsort(ranks[come], kind="stable")]
    return np.insert(rows, np.searchsorted(ranks[rows], ranks[come]), come)
