"""Intervals by resampling customers (Efron & Tibshirani 1993), the same draws for every method of a task.

Paired: a difference is taken customer by customer before it is averaged, so that what makes a customer easy or hard
for every method cancels out (Smucker, Allan & Carterette 2007).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.recommenders.log import Floats, Ints

LEVEL = 0.95
BLOCK = 100
"""Resamples weighed at once."""


class Estimate(NamedTuple):
    """A figure and its interval."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """The whole interval is on one side."""
        return self.low > 0 or self.high < 0


class Resamples:
    """`count` resamples of `customers` customers with replacement."""

    def __init__(self, customers: int, count: int, seed: int) -> None:
        generator = np.random.default_rng(seed)
        self._draws = generator.integers(0, customers, (count, customers), dtype=np.int32)

    def mean(self, values: Floats) -> Estimate:
        """Of `values` [customers]; NaN are left out. The interval is of percentiles."""
        there = ~np.isnan(values)
        known = np.where(there, values, 0.0)
        counted = np.array([[known[draw].sum(), there[draw].sum()] for draw in self._draws])
        with np.errstate(invalid="ignore"):
            means = counted[:, 0] / counted[:, 1]
        value = float(values[there].mean()) if there.any() else float("nan")
        return _interval(value, means)

    def coverage(self, lists: Ints, items: int) -> Estimate:
        """Of `metrics.coverage`. A resample holds fewer different customers and so covers less; the interval is that of
        the resamples moved to where the figure is."""
        shares = np.array([_covered(lists[draw], items) for draw in self._draws])
        value = _covered(lists, items)
        return _interval(value, shares - shares.mean() + value)


def _covered(lists: Ints, items: int) -> float:
    seen = np.zeros(items + 1, dtype=np.bool_)
    seen[lists] = True
    return float(seen[:items].sum()) / items


def _interval(value: float, resampled: Floats) -> Estimate:
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        return Estimate(value, float("nan"), float("nan"))
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(known, [tail, 100 - tail])
    return Estimate(value, float(low), float(high))
