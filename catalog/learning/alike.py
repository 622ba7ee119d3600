"""What people alike buy, as factors: alternating least squares over who bought what (Hu, Koren & Volinsky 2008).

Products have factors and nobody else: where somebody stands among them follows from what they bought, by the same
closed form in teaching and at work.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from catalog.learning.interactions import Numbers
from catalog.learning.lists import Scores, look_up
from catalog.learning.orders import Matrix

PASSES = 6
CONFIDENCE = 10.0
"""What a purchase counts where a product that was not bought counts 1: it may be unknown, and not unwanted."""
RIDGE = 0.01
CUSTOMERS, PRODUCTS = 20_000, 10_000
"""At most: those who bought most different things, and what most people bought. It bounds both the seconds of
learning and the milliseconds of a pick, which looks at every product that has factors."""
PRODUCTS_A_FACTOR = 8
"""At least: with a factor for each product nobody is alike."""
AT_ONCE = 48
"""Rows multiplied at once: BLAS spreads more over threads, which wait for each other longer than they work."""
MULTIPLIED = 200
"""The same of factors by one or two columns."""


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Factors of the products that sold to most."""

    product: Numbers
    """[c] numbers, ascending."""
    factors: Scores
    """[c, f]."""
    gram: Scores
    """[f, f] of the factors, with the ridge that keeps it solvable."""

    def likes(self, product: Numbers, weights: NDArray[np.float64]) -> Scores:
        """[w, c]: how much of a customer each product with factors is, about 1 for what they would surely buy.

        For each row of `weights` [w, p]: what each of the products bought [p] counts, 0 to 1; 0 is as if it was never
        bought.
        """
        at, known = look_up(self.product, product)
        own = self.factors[at[known]]
        stands = [_stand(self.gram, own, counts) for counts in weights[:, known].astype(np.float32)]
        return _products(self.factors, np.stack(stands, axis=1)).T


def _products(factors: Scores, stands: Scores) -> Scores:
    """`factors` [c, f] @ `stands` [f, w], so many rows at once that BLAS keeps to one thread: a third faster than a sum
    without BLAS."""
    whole = len(factors) // MULTIPLIED * MULTIPLIED
    first = factors[:whole].reshape(-1, MULTIPLIED, factors.shape[1]) @ stands
    return np.concatenate([first.reshape(-1, stands.shape[1]), factors[whole:] @ stands])


def alike(bought: Matrix, start: Scores) -> Alike:
    """From who bought what, ones [customers, products], and factors to `start` from, the strongest first [products, f].

    Deterministic.
    """
    products = _most(np.bincount(bought.indices, minlength=bought.shape[1]), PRODUCTS)
    lines = sparse.csr_matrix(bought[_most(np.diff(bought.indptr), CUSTOMERS)][:, products])
    turned, factors = lines.T.tocsr(), start[products, : max(len(products) // PRODUCTS_A_FACTOR, 1)]
    for _ in range(PASSES):
        factors = _solved(turned, _solved(lines, factors))
    return Alike(products.astype(np.int32), factors, _gram(factors))


def _most(counts: NDArray[Any], at_most: int) -> NDArray[np.int64]:
    """Where the highest counts above 0 are, ascending; of ties the first."""
    chosen = np.argsort(-counts, kind="stable")[:at_most]
    return np.sort(chosen[counts[chosen] > 0])


def _gram(factors: Scores) -> Scores:
    return np.asarray(factors.T @ factors + RIDGE * np.eye(factors.shape[1]), dtype=np.float32)


def _solved(lines: Matrix, fixed: Scores) -> Scores:
    """[rows of `lines`, f]: where each row stands among the `fixed` factors of the columns."""
    gram, starts = _gram(fixed), lines.indptr.tolist()
    found = np.zeros((lines.shape[0], fixed.shape[1]), dtype=np.float32)
    for row, (begin, end) in enumerate(pairwise(starts)):
        own = fixed[lines.indices[begin:end]]
        found[row] = _stand(gram, own, np.ones(len(own), dtype=np.float32))
    return found


def _stand(gram: Scores, own: Scores, counts: Scores) -> Scores:
    """[f]: the least squares of somebody who has `own` [p, f], each counting `counts` [p], and nothing else."""
    counted = own * counts[:, None]
    squares = np.zeros_like(gram)
    for at in range(0, len(own), AT_ONCE):
        squares += counted[at : at + AT_ONCE].T @ own[at : at + AT_ONCE]
    left = gram + (CONFIDENCE - 1.0) * squares
    _, found, failed = lapack.sposv(left, CONFIDENCE * counted.sum(axis=0))
    return np.zeros(len(gram), dtype=np.float32) if failed else np.asarray(found, dtype=np.float32)
