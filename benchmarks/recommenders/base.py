"""What every recommender on the bench is: fit on the log before a cut, then lists for customers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.recommenders.log import DAY, Floats, Ints, Log

CELLS = 10_000_000
"""Scores computed at once: 40 MB as float32."""
MOST_ROWS = 256
RECENT_DAYS = 7.0

Scores = NDArray[np.float32]


class Recommender(Protocol):
    """One method of the table."""

    name: str

    def fit(self, train: Log, now: int) -> None:
        """Learn. `train` ends before `now`, seconds since the epoch."""

    def recommend(self, customers: Ints, k: int, *, exclude_bought: bool) -> Ints:
        """int [m, k]: items for each customer, best first, none twice, -1 where there are fewer."""


class Scorer(ABC):
    """A recommender that gives every item a score; where it scores none, what sells lately comes next."""

    name: str

    def __init__(self, *, views_too: bool = False) -> None:
        """`views_too`: what was viewed or carted is learned from like a purchase, for shops that log it."""
        self.views_too = views_too
        if views_too:
            self.name = f"{self.name}, views too"

    def fit(self, train: Log, now: int) -> None:
        """See `Recommender.fit`."""
        self.train = train
        self.recent = recent_popularity(train, now)
        self.learn(train.all_as_bought() if self.views_too else train, now)

    @abstractmethod
    def learn(self, train: Log, now: int) -> None:
        """Fit what `scores` needs."""

    @abstractmethod
    def scores(self, customers: Ints) -> Scores:
        """[m, items]; 0 means nothing speaks for it."""

    def recommend(self, customers: Ints, k: int, *, exclude_bought: bool) -> Ints:
        """See `Recommender.recommend`."""
        rows = block_rows(max(self.train.items, self.train.customers))
        blocks = [customers[start : start + rows] for start in range(0, len(customers), rows)]
        return np.concatenate([self._block(block, k, exclude_bought) for block in blocks])

    def _block(self, customers: Ints, k: int, exclude_bought: bool) -> Ints:
        scores = np.asarray(self.scores(customers), dtype=np.float64)
        # Below the smallest score of the block, so that it orders only what the method says nothing of.
        unscored = scores == 0
        floor = np.abs(scores[~unscored]).min(initial=1.0) * 1e-6
        scores = np.where(unscored, floor * self.recent, scores)
        if exclude_bought:
            scores[self.train.bought[customers].nonzero()] = -np.inf
        return top(scores, k)


def block_rows(columns: int) -> int:
    """How many rows of so many columns are computed at once."""
    return max(1, min(MOST_ROWS, CELLS // max(columns, 1)))


def top(scores: NDArray[np.floating], k: int) -> Ints:
    """int [m, k]: columns of the highest scores, ties by column; -1 in place of minus infinity."""
    k_there = min(k, scores.shape[1])
    found = np.argpartition(-scores, k_there - 1, axis=1)[:, :k_there]
    found.sort(axis=1)
    values = np.take_along_axis(scores, found, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    lists = np.full((len(scores), k), -1, dtype=np.int64)
    lists[:, :k_there] = np.take_along_axis(found, order, axis=1)
    lists[:, :k_there][np.isneginf(np.take_along_axis(values, order, axis=1))] = -1
    return lists


def recent_popularity(train: Log, now: int, days: float = RECENT_DAYS) -> Floats:
    """[items] in 0..1: purchase lines of the last `days`; all-time sales order what did not sell then."""
    bought = train.is_bought
    lately = bought & (train.at >= now - days * DAY)
    recent = np.bincount(train.item[lately], minlength=train.items).astype(np.float64)
    ever = np.bincount(train.item[bought], minlength=train.items).astype(np.float64)
    return np.asarray((recent + ever / (ever.max(initial=1.0) + 1.0)) / (recent.max(initial=0.0) + 1.0))


def decayed(train: Log, now: int, half_life_days: float) -> sparse.csr_matrix:
    """[customers, items]: orders with the item, each worth a half after `half_life_days`."""
    return train.matrix(0.5 ** (train.age_days(now) / half_life_days), train.is_first_of_order)
