"""Nearest products by text: exact among few, from the index among many, and always within the limits.

The way is chosen by how many rows the limits leave, not by the size of the catalog: up to `EXACT_ROWS` are scored
exactly, of more the index proposes candidates that are scored exactly. Rows that came after the index was built are
few and always scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.ann import Part, Plan, Segment, candidates, part_of, scan
from catalog.cosines import cosines, whole
from catalog.embedding import Vectors
from catalog.index import Rows

Mask = NDArray[np.bool_]

EXACT_ROWS = 8_192
"""Products scored exactly within the time budget: about 3 ms for eight seeds at 384 dimensions on one core, most
of it reading the vectors. Where a scan reaches further, up to half of its reach: it would look at nearly all that are
allowed, once for each seed instead of once (of a million products, 10,000 allowed: 20 ms against 9)."""
FEW_LESS = 256
"""By how many rows a person's own mask may fall short of the shared one before it is made ready for itself."""
AROUND = 64
"""Rows kept around a seed: three times what is asked for, as some of it will not be for this person."""
KEPT = 8_192
"""Seeds of one filter whose surroundings are kept, some 800 bytes each."""


class Near(NamedTuple):
    """Rows near one query, best first, and their cosine, both [k]."""

    rows: Rows
    cosine: NDArray[np.float32]


class Searched(Protocol):
    """What is searched: a `catalog.view.CatalogView`."""

    @property
    def vectors(self) -> Vectors:
        """float32 [n, d], unit rows."""

    @property
    def segments(self) -> Sequence[Segment]:
        """Indexes over the first rows, one behind the other."""

    @property
    def plan(self) -> Plan:
        """How those are searched."""


class Filter:
    """A mask [n] made ready for searching one view; keep it where many searches share the mask."""

    def __init__(self, view: Searched, mask: Mask) -> None:
        self._segments = view.segments
        self.mask = mask
        self.around: dict[int, Near] = {}
        """Row to what of this mask is nearest to it: see `nearest_to`."""

    @cached_property
    def count(self) -> int:
        """Rows allowed."""
        return int(np.count_nonzero(self.mask))

    @cached_property
    def rows(self) -> Rows:
        """The rows allowed."""
        return np.flatnonzero(self.mask).astype(np.int32)

    @cached_property
    def parts(self) -> list[Part]:
        """One for each segment of the view."""
        return [part_of(segment, self.mask) for segment in self._segments]

    @cached_property
    def tail(self) -> Rows:
        """The rows allowed behind the last segment."""
        start = self._segments[-1].end if self._segments else 0
        return (np.flatnonzero(self.mask[start:]) + start).astype(np.int32)


def top(rows: Rows, cosine: NDArray[np.float32], k: int) -> Near:
    """The `k` best of `rows`, ties by row so that the answer never depends on the machine."""
    if len(rows) > k:
        kept = np.argpartition(-cosine, k - 1)[:k]
        rows, cosine = rows[kept], cosine[kept]
    order = np.lexsort((rows, -cosine))
    return Near(rows[order], cosine[order])


def nearest(
    view: Searched, allowed: Mask | Filter, queries: Vectors, k: int, *, shared: Filter | None = None
) -> list[Near]:
    """For each of `queries` [q, d] the `k` nearest allowed rows, best first; fewer where fewer are allowed.

    `shared` is a filter of a wider mask that many searches use, of which `allowed` leaves out a few: it saves
    making this one ready.
    """
    chosen = _ready(view, allowed, shared)
    if not view.segments or chosen.count <= max(EXACT_ROWS, view.plan.scan, view.plan.reach // 2):
        return _exactly(view.vectors, chosen.rows, queries, k)
    if shared is not None and chosen is not shared and shared.count - chosen.count <= FEW_LESS:
        wide = _from_index(view, shared, queries, k + shared.count - chosen.count)
        return [_within(near, chosen.mask, k) for near in wide]
    return _from_index(view, chosen, queries, k)


def nearest_to(
    view: Searched, allowed: Mask | Filter, seeds: Sequence[int], k: int, *, shared: Filter | None = None
) -> list[Near]:
    """For each seed row the `k` nearest allowed rows, itself left out. See `nearest`.

    With `shared`, what is around a seed is looked up once for everybody: many people deal with the same products.
    """
    if shared is None:
        found = nearest(view, allowed, view.vectors[list(seeds)], k + 1)
        return [_without(near, seed, k) for near, seed in zip(found, seeds, strict=True)]
    mask = allowed.mask if isinstance(allowed, Filter) else allowed
    found = []
    for seed, wide in zip(seeds, _around(view, shared, seeds), strict=True):
        near = _without(_within(wide, mask, len(wide.rows)), seed, k)
        if len(near.rows) < k and len(wide.rows) == AROUND:
            # So much of what is near is not for them that the rest lies further out.
            [further] = nearest(view, allowed, view.vectors[[seed]], k + 1, shared=shared)
            near = _without(further, seed, k)
        found.append(near)
    return found


def _around(view: Searched, shared: Filter, seeds: Sequence[int]) -> list[Near]:
    """The nearest of `shared` to each seed, itself among them."""
    kept = {seed: shared.around[seed] for seed in seeds if seed in shared.around}
    new = [seed for seed in dict.fromkeys(seeds) if seed not in kept]
    if new:
        found = dict(zip(new, nearest(view, shared, view.vectors[new], AROUND), strict=True))
        if len(shared.around) + len(found) > KEPT:
            shared.around = {}
        shared.around.update(found)
        kept |= found
    return [kept[seed] for seed in seeds]


def _ready(view: Searched, allowed: Mask | Filter, shared: Filter | None) -> Filter:
    if isinstance(allowed, Filter):
        return allowed
    return shared if shared is not None and shared.mask is allowed else Filter(view, allowed)


def _exactly(vectors: Vectors, rows: Rows, queries: Vectors, k: int) -> list[Near]:
    scores = cosines(vectors, rows, whole(queries))
    return [top(rows, scores[:, at], k) for at in range(len(queries))]


def _from_index(view: Searched, chosen: Filter, queries: Vectors, k: int) -> list[Near]:
    pairs = list(zip(view.segments, chosen.parts, strict=True))
    both = np.hstack([scan(segment, part, queries, candidates(k), view.plan) for segment, part in pairs])
    # Once for all queries: up to some thousand rows came since.
    tail = cosines(view.vectors, chosen.tail, whole(queries))
    near = []
    for at, (query, listed) in enumerate(zip(queries, both, strict=True)):
        rows = listed[listed >= 0]
        scores = cosines(view.vectors, rows, query[None])[:, 0]
        near.append(top(np.concatenate([rows, chosen.tail]), np.concatenate([scores, tail[:, at]]), k))
    return near


def _without(near: Near, seed: int, k: int) -> Near:
    kept = near.rows != seed
    return Near(near.rows[kept][:k], near.cosine[kept][:k])


def _within(near: Near, mask: Mask, k: int) -> Near:
    kept = mask[near.rows]
    return Near(near.rows[kept][:k], near.cosine[kept][:k])
