"""Neighbourhood methods: items like those one bought, and people like oneself."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from benchmarks.recommenders.base import Scorer, Scores, block_rows, decayed
from benchmarks.recommenders.log import Ints, Log

PROFILE_DAYS = 60.0
"""Half-life of a purchase in the profile that is matched, as in the reference figures."""
ITEM_NEIGHBOURS = 200
PEOPLE = 300


def unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Each row divided by its length; empty rows stay empty."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(1.0 / np.where(length > 0, length, 1.0)).dot(matrix).tocsr().astype(np.float32)


def strongest(matrix: sparse.csr_matrix, other: sparse.csr_matrix, k: int) -> sparse.csr_matrix:
    """matrix @ other, the `k` largest of each row kept, in blocks of rows; row i without column i."""
    blocks, height = [], block_rows(other.shape[1])
    for start in range(0, matrix.shape[0], height):
        dense = (matrix[start : start + height] @ other).toarray()
        rows = np.arange(len(dense))
        dense[rows, start + rows] = 0.0
        if dense.shape[1] > k:
            weakest = np.argpartition(-dense, k, axis=1)[:, k:]
            np.put_along_axis(dense, weakest, 0.0, axis=1)
        blocks.append(sparse.csr_matrix(dense))
    return sparse.vstack(blocks).tocsr()


class ItemKnn(Scorer):
    """Cosine between items over who bought them (Sarwar et al. 2001), summed over a decayed profile."""

    name = "item-KNN"

    def learn(self, train: Log, now: int) -> None:
        """See `Scorer.learn`."""
        of_items = unit_rows(train.bought.T.tocsr())
        self.similar = strongest(of_items, of_items.T.tocsr(), ITEM_NEIGHBOURS)
        self.profiles = decayed(train, now, PROFILE_DAYS)

    def scores(self, customers: Ints) -> Scores:
        """See `Scorer.scores`."""
        return np.asarray((self.profiles[customers] @ self.similar.T).toarray())


class TifuKnn(Scorer):
    """One's own decayed purchases and those of the 300 people nearest to them (TIFU-KNN, Hu et al. 2020)."""

    name = "TIFU-KNN"
    own_share = 0.7

    def learn(self, train: Log, now: int) -> None:
        """See `Scorer.learn`."""
        self.profiles = decayed(train, now, PROFILE_DAYS)
        self.directions = unit_rows(self.profiles)

    def scores(self, customers: Ints) -> Scores:
        """See `Scorer.scores`."""
        near = (self.directions[customers] @ self.directions.T).toarray()
        near[np.arange(len(customers)), customers] = 0.0
        people = min(PEOPLE, near.shape[1])
        chosen = np.argpartition(-near, people - 1, axis=1)[:, :people]
        rows = np.repeat(np.arange(len(customers)), people)
        alike = (near[rows, chosen.ravel()] > 0) / people
        mean = sparse.csr_matrix((alike, (rows, chosen.ravel())), shape=near.shape)
        own, theirs = self.profiles[customers].toarray(), (mean @ self.profiles).toarray()
        return np.asarray(self.own_share * own + (1.0 - self.own_share) * theirs)
