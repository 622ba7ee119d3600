"""Nearest products by text: exact among few, from precomputed lists among many.

Item-to-item lists (Linden, Smith & York 2003) make a pick independent of the catalog's size. They are only
worth building for catalogs where scoring everything would break the time budget; below that, and whenever the
limits leave few products, exact scoring is both faster and better than any list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.embedding import Vectors
from catalog.index import Rows

EXACT_ROWS = 8_192
"""Products scored exactly within the time budget: about 3 ms for eight seeds at 384 dimensions on one core, most
of it reading the vectors."""
LIST_LENGTH = 100
"""Neighbours kept a product. At the narrowest filter that is not scored exactly (8 % of 100,000 allowed) some
eight of each list survive, and more where the filter follows the category."""
SEARCH_BLOCK = 1_024
GATHER_BLOCK = 64
"""Rows multiplied at once. So few stay in the cache and below the size from which BLAS starts threads: those
save nothing here, and on a busy machine waiting for them took up to 60 ms."""


class Near(NamedTuple):
    """Rows near one seed, best first, and their cosine, both [k]."""

    rows: Rows
    cosine: NDArray[np.float32]


def build_lists(index: Any, vectors: Vectors, progress: Callable[[int, int | None], None] | None = None) -> Rows:
    """int32 [n, 100]: for each row its nearest others, best first, -1 where there are fewer.

    Costs n² · d multiply-adds: about two and a half minutes for 100,000 products on two cores.
    """
    total = len(vectors)
    lists = np.full((total, LIST_LENGTH), -1, dtype=np.int32)
    for start in range(0, total, SEARCH_BLOCK):
        block = vectors[start : start + SEARCH_BLOCK]
        found = index.search(block, LIST_LENGTH + 1)[1].astype(np.int32)
        own = np.arange(start, start + len(block), dtype=np.int32)[:, None]
        # Sorting "is me" to the end keeps the order of the others; of exact duplicates one may be missing.
        order = np.argsort(found == own, axis=1, kind="stable")
        lists[start : start + len(block)] = np.take_along_axis(found, order, axis=1)[:, :LIST_LENGTH]
        if progress:
            progress(min(start + SEARCH_BLOCK, total), total)
    return lists


def cosines(vectors: Vectors, rows: Rows, queries: Vectors) -> NDArray[np.float32]:
    """float32 [len(rows), len(queries)], gathered in blocks that stay in the cache."""
    out = np.empty((len(rows), len(queries)), dtype=np.float32)
    transposed = np.ascontiguousarray(queries.T)
    for start in range(0, len(rows), GATHER_BLOCK):
        np.matmul(vectors[rows[start : start + GATHER_BLOCK]], transposed, out=out[start : start + GATHER_BLOCK])
    return out


def top(rows: Rows, cosine: NDArray[np.float32], k: int) -> Near:
    """The `k` best of `rows`, ties by row so that the answer never depends on the machine."""
    if len(rows) > k:
        kept = np.argpartition(-cosine, k - 1)[:k]
        rows, cosine = rows[kept], cosine[kept]
    order = np.lexsort((rows, -cosine))
    return Near(rows[order], cosine[order])


def nearest(vectors: Vectors, lists: Rows | None, allowed: NDArray[np.bool_], seeds: list[int], k: int) -> list[Near]:
    """For each seed row the `k` nearest allowed rows, itself left out."""
    rows = np.flatnonzero(allowed).astype(np.int32)
    if lists is None or len(rows) <= EXACT_ROWS:
        scores = cosines(vectors, rows, vectors[seeds])
        return [_without(top(rows, scores[:, at], k + 1), seed, k) for at, seed in enumerate(seeds)]
    return [_from_list(vectors, lists[seed], allowed, seed, k) for seed in seeds]


def _without(near: Near, seed: int, k: int) -> Near:
    kept = near.rows != seed
    return Near(near.rows[kept][:k], near.cosine[kept][:k])


def _from_list(vectors: Vectors, listed: Rows, allowed: NDArray[np.bool_], seed: int, k: int) -> Near:
    rows = listed[listed >= 0]
    rows = rows[allowed[rows]][:k]
    return Near(rows, vectors[rows] @ vectors[seed])
