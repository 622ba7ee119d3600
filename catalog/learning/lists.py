"""Item-to-item lists: for each product the few others it speaks for, in one flat array (Linden, Smith & York 2003)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from catalog.learning.interactions import Numbers

Scores = NDArray[np.float32]
BLOCK = 2_048
"""Products whose row of a product-by-product matrix is held at once."""


def look_up(sorted_numbers: NDArray[Any], wanted: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """([k] where each wanted number is in an ascending list, [k] whether it is)."""
    if not len(sorted_numbers):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    at = np.minimum(np.searchsorted(sorted_numbers, wanted), len(sorted_numbers) - 1)
    return at, sorted_numbers[at] == wanted


class Entries(NamedTuple):
    """List entries of several seeds, flattened: whose entry, the other product, the score; arrays [m]."""

    seed: NDArray[np.int64]
    other: Numbers
    score: Scores


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """Product `i` has the entries `starts[i]:starts[i + 1]`, best first."""

    starts: NDArray[np.int64]
    """[n + 1]."""
    other: Numbers
    score: Scores

    def entries(self, products: Numbers) -> Entries:
        """The entries of `products` [s]; `seed` counts in `products`."""
        lengths = self.starts[products + 1] - self.starts[products]
        ends = np.cumsum(lengths)
        seed = np.repeat(np.arange(len(products)), lengths)
        at = np.arange(len(seed)) + np.repeat(self.starts[products] - ends + lengths, lengths)
        return Entries(seed, self.other[at], self.score[at])


def _best_of_block(block: sparse.csr_matrix, k: int) -> tuple[NDArray[np.int64], Numbers, Scores]:
    """(lengths, others, scores) of a block's rows: positive scores, best first, at most `k` a row, ties by number."""
    positive = block.data > 0
    row = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))[positive]
    other, score = block.indices[positive], block.data[positive]
    order = np.lexsort((other, -score, row))
    row = row[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row, side="left")
    kept = order[rank < k]
    lengths = np.bincount(row[rank < k], minlength=block.shape[0])
    return lengths, other[kept].astype(np.int32), score[kept].astype(np.float32)


def best_lists(blocks: Iterable[sparse.csr_matrix], k: int) -> Lists:
    """From the rows of a product-by-product matrix, handed in block by block, the `k` best of each."""
    parts = [_best_of_block(block, k) for block in blocks]
    lengths, other, score = (np.concatenate(part) for part in zip(*parts, strict=True))
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return Lists(starts, other, score)


def blocks_of(total: int) -> Iterator[slice]:
    """Slices over `total` products; one empty slice where there are none, so that shapes stay known."""
    for start in range(0, max(total, 1), BLOCK):
        yield slice(start, min(start + BLOCK, total))
