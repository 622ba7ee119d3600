"""Which products speak for which others, by what baskets, sequences and whole customers have in common.

Basket cosines with forgetting, shrunk for thin evidence (Sarwar et al. 2001; Koren 2008); next-order counts
(Rendle et al. 2010 keep the same first-order step in factors); EASE, the closed-form item-item regression (Steck
2019), on the products where its dense inverse is affordable; and linear factors for the rest (PureSVD: Cremonesi et
al. 2010), found by randomised subspace iteration (Halko et al. 2011).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from catalog.learning.interactions import DAY
from catalog.learning.lists import Lists, Scores, best_lists, blocks_of
from catalog.learning.orders import Matrix, Orders

NEIGHBOURS = 120
MAX_LINES = 200
"""Products beyond this are left out of an order's pairs: resellers would tie everything together."""
SHRINKAGE = 2.0
NEXT_WITHIN_DAYS = 90.0
NEXT_HALF_LIFE_DAYS = 90.0
EASE_PRODUCTS = 3_000
"""A dense inverse of 3,000 products takes about two seconds; of 10,000 it would take a minute and 800 MB."""
EASE_LAMBDA = 4.0
"""In mean numbers of buyers: 300 on the Online Retail set."""
EASE_MIN_BUYERS = 2
FACTORS = 64
OVERSAMPLED, ITERATIONS = 8, 3
LEAST = 1e-9


def _cut(orders: Orders) -> Matrix:
    """The lines, each order's first `MAX_LINES`."""
    lines = orders.lines
    place = np.arange(len(lines.indices)) - np.repeat(lines.indptr[:-1], np.diff(lines.indptr))
    kept = place < MAX_LINES
    row = np.repeat(np.arange(lines.shape[0]), np.diff(lines.indptr))[kept]
    return sparse.csr_matrix((lines.data[kept], (row, lines.indices[kept])), shape=lines.shape)


def _weights(orders: Orders, as_of: int, half_life_days: float) -> Scores:
    """[orders]: fresh ones count more, and long ones less, as each of their pairs says less."""
    fresh = np.exp2(-orders.age_days(as_of) / half_life_days)
    return np.asarray(fresh / np.sqrt(np.maximum(orders.size, 1)), dtype=np.float32)


def _cosines(left: Matrix, right: Matrix, norm: NDArray[np.float64]) -> Iterator[Matrix]:
    """Blocks of the shrunk cosines `left.T @ right`, a product never beside itself."""
    transposed = left.T.tocsr()
    for rows in blocks_of(transposed.shape[0]):
        block = (transposed[rows] @ right).tocsr()
        row = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr)) + rows.start
        together = block.data
        score = together / np.sqrt(np.maximum(norm[0, row] * norm[1, block.indices], LEAST))
        block.data = np.where(row == block.indices, 0.0, score * together / (together + SHRINKAGE))
        yield block


def together(orders: Orders, as_of: int, half_life_days: float) -> Lists:
    """Bought in one order."""
    lines = _cut(orders)
    weighted = sparse.diags(_weights(orders, as_of, half_life_days)) @ lines
    alone = np.asarray(weighted.sum(axis=0), dtype=np.float64).ravel()
    return best_lists(_cosines(lines, weighted.tocsr(), np.stack([alone, alone])), NEIGHBOURS)


def following(orders: Orders, as_of: int) -> Lists:
    """Bought in the next order after it, if that came within a season."""
    gap = np.diff(orders.at)
    next_day = (gap > DAY / 2) & (gap < NEXT_WITHIN_DAYS * DAY)
    first = np.flatnonzero((orders.customer[1:] == orders.customer[:-1]) & next_day)
    lines = _cut(orders)
    weight = sparse.diags(_weights(orders, as_of, NEXT_HALF_LIFE_DAYS)[first])
    before, after = (weight @ lines[first]).tocsr(), lines[first + 1]
    norm = np.stack([_column_sums(before), _column_sums(weight @ after)])
    return best_lists(_cosines(before, after, norm), NEIGHBOURS)


def _column_sums(matrix: Matrix) -> NDArray[np.float64]:
    return np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()


def regressed(bought: Matrix) -> Lists:
    """EASE over customers: which purchases predict which, all others held fixed. `bought` [customers, products]."""
    buyers = _column_sums(bought)
    chosen = np.argsort(-buyers, kind="stable")[:EASE_PRODUCTS]
    chosen = np.sort(chosen[buyers[chosen] >= EASE_MIN_BUYERS])
    if len(chosen) < 2:
        return nothing(bought.shape[1])
    weights = _ease(bought[:, chosen])
    kept = min(NEIGHBOURS, len(chosen) - 1)
    best = np.sort(np.argpartition(-weights, kept - 1, axis=1)[:, :kept], axis=1)
    values = np.maximum(np.take_along_axis(weights, best, axis=1), 0.0)
    rows = np.repeat(chosen, kept)
    shape = (bought.shape[1], bought.shape[1])
    matrix = sparse.csr_matrix((values.ravel(), (rows, chosen[best].ravel())), shape=shape)
    return best_lists((matrix[rows] for rows in blocks_of(shape[0])), NEIGHBOURS)


def _ease(bought: Matrix) -> Scores:
    gram = (bought.T @ bought).toarray().astype(np.float32)
    diagonal = np.diag_indices(len(gram))
    gram[diagonal] += EASE_LAMBDA * float(gram[diagonal].mean())
    factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    weights = inverse / -np.diag(inverse)
    weights[diagonal] = 0.0
    return np.asarray(weights, dtype=np.float32)


def nothing(total: int) -> Lists:
    """Empty lists of `total` products."""
    return Lists(np.zeros(total + 1, dtype=np.int64), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


def factors(bought: Matrix) -> Scores:
    """[products, 64]: a customer is the sum of the rows of what they bought. `bought` [customers, products].

    Each purchase is divided by the roots of how much its customer and how many its product sold to, so that neither
    resellers nor best-sellers make all the factors.
    """
    sold, held = _column_sums(bought), _column_sums(bought.T)
    scaled = sparse.diags(1 / np.sqrt(np.maximum(held, 1))) @ bought @ sparse.diags(1 / np.sqrt(np.maximum(sold, 1)))
    rank = min(FACTORS, *bought.shape)
    width = min(rank + OVERSAMPLED, *bought.shape)
    basis = scaled @ np.random.default_rng(0).standard_normal((bought.shape[1], width))
    for _ in range(ITERATIONS):
        basis = scaled @ np.linalg.qr(scaled.T @ np.linalg.qr(basis)[0])[0]
    small = (scaled.T @ np.linalg.qr(basis)[0]).T
    found = np.zeros((bought.shape[1], FACTORS), dtype=np.float32)
    found[:, :rank] = np.linalg.svd(small, full_matrices=False)[2][:rank].T
    return found
