"""Approximate search for large catalogs: an inverted file over 8-bit codes, with the limits pushed into the scan.

Vectors are parted into cells by k-means and kept as one byte a dimension (IVF-SQ8, Jégou et al. 2011). A query visits
cells from the nearest on, counting only rows that the limits allow, until it has seen `scan` of them: the narrower the
limits, the more cells it visits, so that recall holds at any selectivity and the cost stays the same. A fixed number
of cells (nprobe) loses exactly what narrow limits leave; so does a graph (HNSW), see `docs/decisions`.

How many rows must be scanned is measured on the vectors themselves when the index is built, against exact search.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import faiss as _faiss
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from catalog.cosines import all_cosines, whole
from catalog.embedding import Vectors
from catalog.index import Rows

Progress = Callable[[str, int, int | None], None]
"""Hears what is being done, how much of it is done, and how much there is to do."""
faiss: Any = _faiss
"""Its stubs are of SWIG's bare signatures, not of the Python ones."""
Mask = NDArray[np.bool_]
Cells = NDArray[np.int32]

INDEX_FROM = 16_384
"""Rows from which an index is built: below, scoring all of them exactly stays within 5 ms."""
SCANS = (1_024, 2_048, 3_072, 4_096, 6_144, 8_192, 12_288, 16_384, 24_576, 32_768, 65_536)
"""Allowed rows to look at, tried in turn until recall is reached."""
MIN_RECALL, MIN_OF_SHELF = 0.99, 0.98
"""Measured; the first so much above the 0.98 we promise that the sample's error does not matter. Limits that leave a
tenth of the cells, drawn by lot, are the worst there may be: a hundredth more there cost a pick among a million
products twice the time under every other limit."""
SHARES, SHELF = (1.0, 0.1, 0.01), "shelf"
CHECK_QUERIES, CHECK_K = 64, 20
CHECK_COSINE = 0.25
"""Less near than this is nobody's neighbour: picks and search leave it out, and whether it was found does not matter.
Of a million products a tenth of the shelves holds twenty of anything, in all directions: no scan would find those."""
FLAT_UP_TO = 4 * SCANS[-1]
"""Rows up to which all are scored exactly where no scan reaches the recall: 15 ms a query, and 60 ms of a million."""
TRAIN_ROUNDS, TRAIN_POINTS = 6, 48
"""K-means rounds and sampled rows a cell: twice as many of either moved recall by less than the third digit."""
NEAR_BY = 0.2
"""Cells whose middle is less near than the nearest allowed one by this hold nothing that is nearest: beyond the rows
that are always looked at, they are not visited."""
SAME = 1e-5
"""Cosines of float32 that differ by less are equal."""
ADD_BLOCK = 16_384
FIRST_CELLS, SPARE_CELLS = 64, 2
"""Cells that are put in order at first: so many, or so many times those that hold enough where each holds the same."""
NOWHERE_NEAR = -2.0
SEED = 20_090_609


class Plan(BaseModel):
    """How vectors are searched, and what was measured when that was chosen. Part of the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["flat", "ivf_sq8"] = "flat"
    cells: int = 0
    scan: int = 0
    """Allowed rows a query looks at, at least."""
    reach: int = 0
    """And at most, where limits leave nothing near it: the nearest of what is far lies in all directions."""
    recall: dict[str, float] = {}
    """Of the 20 nearest that are near at all, by the share of the catalog that the limits leave: "1", "0.1", "0.01",
    and "shelf" for limits that leave a tenth of the cells. Where the share is small enough, search is exact and not in
    here."""

    @property
    def sentence(self) -> str:
        """For people: "1,024 cells, 2,048 to 8,192 products looked at a search, recall 0.998 or more"."""
        if self.kind == "flat":
            return "every search is exact"
        least = min(self.recall.values(), default=0.0)
        looked_at = f"{self.scan:,} to {self.reach:,} products looked at a search"
        return f"{self.cells:,} cells, {looked_at}, recall {least:.3f} or more"


@dataclass(frozen=True, eq=False)
class Segment:
    """An index over the rows from `start` on. `cells` [m]: the cell of each."""

    index: Any
    start: int
    cells: Cells

    @cached_property
    def middles(self) -> Vectors:
        """float32 [cells, d]. A copy: those of an index that is mapped need not lie where numpy can multiply them."""
        return np.asarray(self.index.quantizer.reconstruct_n(0, self.index.nlist))

    @property
    def end(self) -> int:
        """The first row behind."""
        return self.start + len(self.cells)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The allowed rows of one segment, as the scan wants them."""

    bits: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    """[cells]: allowed rows in each."""


def part_of(segment: Segment, mask: Mask) -> Part:
    """`mask` [n] for one segment."""
    own = mask[segment.start : segment.end]
    sizes = np.bincount(segment.cells[own], minlength=segment.index.nlist)
    return Part(np.packbits(own, bitorder="little"), sizes)


def scan(segment: Segment, part: Part, queries: Vectors, k: int, plan: Plan) -> Rows:
    """int32 [q, k] rows of the view, the likeliest of those allowed, -1 where there are fewer.

    Their codes order them only roughly: score them again.
    """
    # One thread: a query is too short for more, and waiting for them on a busy machine took up to 60 ms.
    faiss.omp_set_num_threads(1)
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    cells, distance = _cells(segment.middles, part.sizes, queries, plan)
    score = np.empty((len(queries), k), dtype=np.float32)
    found = np.empty((len(queries), k), dtype=np.int64)
    chosen = faiss.IDSelectorBitmap(part.bits)
    segment.index.search_preassigned_c(
        len(queries),
        faiss.swig_ptr(queries),
        k,
        faiss.swig_ptr(cells),
        faiss.swig_ptr(distance),
        faiss.swig_ptr(score),
        faiss.swig_ptr(found),
        False,
        faiss.SearchParametersIVF(nprobe=cells.shape[1], sel=chosen),
    )
    return np.where(found >= 0, found + segment.start, -1).astype(np.int32)


def _cells(
    middles: Vectors, sizes: NDArray[np.int64], queries: Vectors, plan: Plan
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """[q, p] the cells that each query visits, the nearest first, -1 where none is needed; and their cosine."""
    cosine = all_cosines(middles, whole(queries)).T[: len(queries)]
    cosine[:, sizes == 0] = NOWHERE_NEAR
    held = int(np.count_nonzero(sizes))
    asked = min(held, max(FIRST_CELLS, SPARE_CELLS * plan.reach * held // max(1, int(sizes.sum()))))
    while True:
        cells, near = _nearest_cells(cosine, asked)
        allowed = sizes[cells]
        before = np.cumsum(allowed, axis=1) - allowed
        wanted = (before < plan.scan) | ((before < plan.reach) & (near >= near[:, :1] - NEAR_BY))
        # The last cell that was asked for is not wanted any more: nor is any behind it.
        if asked == held or not wanted[:, -1].any():
            break
        asked = min(asked * 4, held)
    last = max(1, int(wanted.sum(axis=1).max(initial=0)))
    return np.ascontiguousarray(np.where(wanted, cells, -1)[:, :last]), np.ascontiguousarray(near[:, :last])


def _nearest_cells(cosine: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """[q, count] of each row of `cosine` [q, cells] the places of its highest, the highest first; and those."""
    cells = np.argpartition(-cosine, min(count, cosine.shape[1] - 1), axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(cosine, cells, axis=1), axis=1, kind="stable")
    cells = np.take_along_axis(cells, order, axis=1)
    return cells, np.take_along_axis(cosine, cells, axis=1)


def build(vectors: Vectors, progress: Progress | None = None) -> tuple[Segment | None, Plan]:
    """The way to search `vectors` [n, d], unit rows, and what it was chosen by. Blocks for about 60 µs a row.

    Exact where there are few, or where no scan that is worth it reaches the recall.
    """
    if len(vectors) < INDEX_FROM:
        return None, Plan()
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    told = progress or (lambda _, __, ___: None)
    told("training the index", 0, None)
    index = _trained(vectors)
    segment = _filled(index, vectors, told)
    told("measuring recall", 0, None)
    plan = measured(segment, vectors)
    return (segment, plan) if plan.kind != "flat" else (None, plan)


def extend(base: Segment, vectors: Vectors, start: int) -> Segment:
    """An index of its own over further rows, in the cells of `base`. Costs no training."""
    faiss.omp_set_num_threads(1)
    index = faiss.clone_index(_without_rows(base.index))
    cells = index.quantizer.search(vectors, 1)[1][:, 0].astype(np.int32)
    _add(index, vectors, cells)
    return Segment(index, start, cells)


def _without_rows(index: Any) -> Any:
    """The same cells and scales, shared with `index`, and nothing in them."""
    empty = faiss.IndexIVFScalarQuantizer(
        index.quantizer, index.d, index.nlist, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )
    empty.sq = index.sq
    empty.is_trained = True
    return empty


def _cell_count(rows: int) -> int:
    """A power of two near four times the square root."""
    return int(2 ** round(np.log2(4 * np.sqrt(rows))))


def _trained(vectors: Vectors) -> Any:
    cells, dimension = _cell_count(len(vectors)), vectors.shape[1]
    quantizer = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dimension, cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )
    # Held by the other from now on: Python must not free it first.
    quantizer.this.disown()
    index.own_fields = True
    index.cp.niter, index.cp.seed, index.cp.spherical = TRAIN_ROUNDS, SEED, True
    index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = 1, TRAIN_POINTS
    chosen = np.random.default_rng(SEED).permutation(len(vectors))[: cells * TRAIN_POINTS]
    index.train(np.ascontiguousarray(vectors[np.sort(chosen)]))
    return index


def _filled(index: Any, vectors: Vectors, told: Progress) -> Segment:
    cells = np.empty(len(vectors), dtype=np.int32)
    for start in range(0, len(vectors), ADD_BLOCK):
        block = np.ascontiguousarray(vectors[start : start + ADD_BLOCK])
        cells[start : start + len(block)] = index.quantizer.search(block, 1)[1][:, 0]
        _add(index, block, cells[start : start + len(block)])
        told("filling the index", min(start + ADD_BLOCK, len(vectors)), len(vectors))
    return Segment(index, 0, cells)


def _add(index: Any, vectors: Vectors, cells: Cells) -> None:
    block, assigned = np.ascontiguousarray(vectors), cells.astype(np.int64)
    index.add_core(len(block), faiss.swig_ptr(block), None, faiss.swig_ptr(assigned))


def measured(segment: Segment, vectors: Vectors) -> Plan:
    """The smallest scan that reaches the recall at every selectivity, or a flat plan where none does."""
    rng = np.random.default_rng(SEED)
    rows = np.sort(rng.permutation(np.flatnonzero(vectors.any(axis=1)))[:CHECK_QUERIES]).astype(np.int32)
    masks = {name: mask for name, mask in _check_masks(segment, rng) if mask.any()}
    exact = {name: _exact(vectors, mask, rows) for name, mask in masks.items()}

    def tried(least: int, most: int, names: Iterable[str]) -> Plan:
        plan = Plan(kind="ivf_sq8", cells=segment.index.nlist, scan=least, reach=most)
        recall = {name: _recall(segment, vectors, masks[name], rows, exact[name], plan) for name in names}
        return plan.model_copy(update={"recall": recall})

    anywhere = [name for name in masks if name != SHELF]
    plan = Plan()
    for least in SCANS:
        # Where not even the furthest reach is enough, more must be looked at everywhere.
        if not _is_good(tried(least, least, anywhere)) or not _is_good(tried(least, SCANS[-1], [SHELF])):
            continue
        for most in (most for most in SCANS if most >= least):
            plan = tried(least, most, masks)
            if _is_good(plan):
                return plan
    # Of so many, the widest scan is still a fraction of all: what it finds is told, and the rest is not worth the wait.
    widest = tried(SCANS[-1], SCANS[-1], masks)
    return widest if len(vectors) > FLAT_UP_TO else Plan(recall=widest.recall)


def _is_good(plan: Plan) -> bool:
    return all(share >= (MIN_OF_SHELF if name == SHELF else MIN_RECALL) for name, share in plan.recall.items())


def _check_masks(segment: Segment, rng: np.random.Generator) -> Iterable[tuple[str, Mask]]:
    total = len(segment.cells)
    for share in SHARES:
        if share * total > SCANS[0]:
            yield f"{share:g}", rng.random(total) < share
    shelf = rng.permutation(segment.index.nlist)[: max(1, segment.index.nlist // 10)]
    yield SHELF, np.isin(segment.cells, shelf)


def _exact(vectors: Vectors, mask: Mask, rows: Rows) -> NDArray[np.float32]:
    """[q, k] cosines of the nearest allowed of each row, itself among them, best first; -inf where there are fewer."""
    best = np.full((len(rows), CHECK_K), -np.inf, dtype=np.float32)
    queries = np.ascontiguousarray(vectors[rows].T)
    for start in range(0, len(vectors), ADD_BLOCK):
        score = (vectors[start : start + ADD_BLOCK] @ queries).T
        score[:, ~mask[start : start + ADD_BLOCK]] = -np.inf
        best = -np.sort(-np.hstack([best, -np.partition(-score, min(CHECK_K, score.shape[1]) - 1)[:, :CHECK_K]]))
        best = best[:, :CHECK_K]
    return best


def _recall(
    segment: Segment, vectors: Vectors, mask: Mask, rows: Rows, exact: NDArray[np.float32], plan: Plan
) -> float:
    """Of all that is near to any of the queries, how much is found. Of products with one text, either counts: compared
    is how near they are, not which they are.

    A query that has one neighbour counts as one: as much as one with twenty, it moved the mean of a few dozen queries
    by three hundredths, and whether a catalog got an index at all.
    """
    found = scan(segment, part_of(segment, mask), vectors[rows], candidates(CHECK_K), plan)
    known = wanted = 0
    for row, listed, nearest in zip(rows, found, exact, strict=True):
        there = nearest[nearest >= CHECK_COSINE]
        if len(there):
            cosine = -np.sort(-(vectors[listed[listed >= 0]] @ vectors[row]))[:CHECK_K]
            known += min(len(there), int(np.count_nonzero(cosine >= there[-1] - SAME)))
            wanted += len(there)
    return round(known / wanted, 4) if wanted else 1.0


def candidates(k: int) -> int:
    """How many to take from the codes so that the `k` best by exact cosine are among them."""
    return k + k // 4 + 16
