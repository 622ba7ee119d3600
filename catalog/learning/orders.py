"""Purchases as orders: a sparse matrix of orders by products, in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from catalog.learning.interactions import BOUGHT, DAY, Interactions, Numbers, Seconds

Matrix = Any
"""A scipy sparse matrix: scipy ships no types."""
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Row `o` of every array is an order: one customer at one moment; by customer, then time."""

    customer: Numbers
    at: Seconds
    lines: Matrix
    """[orders, products] ones."""
    size: NDArray[np.int64]
    """Distinct products."""

    def age_days(self, as_of: int) -> Weights:
        """[orders] at `as_of`, in seconds since the epoch."""
        return (as_of - self.at) / DAY


def group(happened: Interactions, *, within_s: int = 1) -> Orders:
    """Interactions of any kinds as orders. `within_s`: moments of one such span are one (1: of one second)."""
    span = happened.at // within_s
    first = np.ones(len(happened), dtype=np.bool_)
    first[1:] = (happened.customer[1:] != happened.customer[:-1]) | (span[1:] != span[:-1])
    number = np.cumsum(first) - 1
    shape = (int(np.count_nonzero(first)), len(happened.products))
    lines = sparse.csr_matrix((np.ones(len(happened), dtype=np.float32), (number, happened.product)), shape=shape)
    lines.sum_duplicates()
    lines.data[:] = 1.0
    return Orders(happened.customer[first], happened.at[first], lines, np.diff(lines.indptr).astype(np.int64))


def orders_of(happened: Interactions) -> Orders:
    """The purchases among `happened`."""
    return group(happened.of(BOUGHT))


def baskets_of(happened: Interactions) -> Iterator[tuple[list[str], datetime]]:
    """Product ids and moment of every order, for `signals.learn_signals`."""
    orders = orders_of(happened)
    for at, start, end in zip(orders.at.tolist(), orders.lines.indptr, orders.lines.indptr[1:], strict=False):
        names = [happened.products[number] for number in orders.lines.indices[start:end]]
        yield names, datetime.fromtimestamp(at, UTC)


def by_customer(orders: Orders) -> Matrix:
    """[customers with an order, products]: ones for what each ever bought."""
    number = np.unique(orders.customer, return_inverse=True)[1]
    rows = number.astype(np.int64)[np.repeat(np.arange(len(orders.at)), np.diff(orders.lines.indptr))]
    shape = (int(number.max(initial=-1)) + 1, orders.lines.shape[1])
    bought = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, orders.lines.indices)), shape=shape)
    bought.sum_duplicates()
    bought.data[:] = 1.0
    return bought
