"""Many vectors against a few queries, block by block, on one core."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from catalog.embedding import Vectors
from catalog.index import Rows

Cosines = NDArray[np.float32]

BLOCK = 64
"""Rows multiplied at once. So few stay in the cache and below the size from which BLAS starts threads: those
save nothing here, and on a busy machine waiting for them took up to 60 ms."""
COLUMNS = 8
"""Queries are scored exactly so many at a time: BLAS rounds a product by the width of the matrix it stands in, on some
machines also of a multiple of this, and what is kept must not depend on who asked first."""


def whole(queries: Vectors) -> Vectors:
    """`queries` and rows of zeros behind, up to a multiple of `COLUMNS`."""
    missing = -len(queries) % COLUMNS
    # Of so few rows, numpy's own padding takes five times as long as all the rest.
    return np.concatenate([queries, np.zeros((missing, queries.shape[1]), dtype=queries.dtype)]) if missing else queries


def cosines(vectors: Vectors, rows: Rows, queries: Vectors) -> Cosines:
    """[len(rows), len(queries)] of some of the vectors, gathered in blocks."""
    return _multiplied(_gathered(vectors, rows), len(rows), queries)


def all_cosines(vectors: Vectors, queries: Vectors) -> Cosines:
    """[len(vectors), len(queries)]."""
    starts = range(0, len(vectors), BLOCK)
    return _multiplied((vectors[start : start + BLOCK] for start in starts), len(vectors), queries)


def _gathered(vectors: Vectors, rows: Rows) -> Iterator[Vectors]:
    """Blocks of rows, each in the place of the one before: new memory for every block took a quarter more time."""
    places = rows.astype(np.intp)
    room = np.empty((min(BLOCK, len(rows)), vectors.shape[1]), dtype=np.float32)
    for start in range(0, len(places), BLOCK):
        some = places[start : start + BLOCK]
        # Rows are of these vectors; only a mode that does not check them first writes without a copy.
        yield np.take(vectors, some, axis=0, out=room[: len(some)], mode="clip")


def _multiplied(blocks: Iterator[Vectors], total: int, queries: Vectors) -> Cosines:
    out = np.empty((total, len(queries)), dtype=np.float32)
    widths = range(0, len(queries), COLUMNS)
    transposed = [np.ascontiguousarray(queries[first : first + COLUMNS].T) for first in widths]
    for start, block in zip(range(0, total, BLOCK), blocks, strict=True):
        for first, some in zip(widths, transposed, strict=True):
            np.matmul(block, some, out=out[start : start + BLOCK, first : first + COLUMNS])
    return out
