"""Latent factors by the `implicit` library, and the closed-form linear autoencoder EASE."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from threadpoolctl import threadpool_limits

from benchmarks.recommenders.base import Scorer, Scores, decayed
from benchmarks.recommenders.log import Ints, Log
from benchmarks.recommenders.neighbours import PROFILE_DAYS

FACTORS, ALPHA, SEED = 64, 10.0, 42
EASE_LAMBDA = 300.0
EASE_ITEMS = 12_000
"""EASE inverts a dense [items, items] matrix: of larger catalogs it sees the best-selling 12,000."""


class _Factors(Scorer):
    """A model of `implicit`: a vector a customer, a vector an item."""

    @abstractmethod
    def model(self) -> Any:
        """A new model, seeded."""

    def learn(self, train: Log, now: int) -> None:
        """See `Scorer.learn`."""
        self.fitted = self.model()
        # implicit brings threads of its own; those of BLAS beside them slow it down many times.
        with threadpool_limits(1, "blas"):
            self.fitted.fit(train.bought, show_progress=False)

    def scores(self, customers: Ints) -> Scores:
        """See `Scorer.scores`."""
        return np.asarray(self.fitted.user_factors[customers] @ self.fitted.item_factors.T)


class Als(_Factors):
    """Matrix factorisation of implicit feedback (Hu, Koren & Volinsky 2008), 64 factors, alpha 10."""

    name = "ALS"

    def model(self) -> AlternatingLeastSquares:
        """See `_Factors.model`."""
        with threadpool_limits(1, "blas"):
            return AlternatingLeastSquares(factors=FACTORS, alpha=ALPHA, random_state=SEED)


class Bpr(_Factors):
    """Pairwise ranking (Rendle et al. 2009), 64 factors."""

    name = "BPR"

    def model(self) -> BayesianPersonalizedRanking:
        """See `_Factors.model`."""
        # One thread: with more the order of the updates, and so the figures, change from run to run.
        return BayesianPersonalizedRanking(factors=FACTORS, random_state=SEED, num_threads=1)


class Ease(Scorer):
    """Item weights in closed form (EASE, Steck 2019), lambda 300, on a profile with a half-life of 60 days."""

    name = "EASE"

    def learn(self, train: Log, now: int) -> None:
        """See `Scorer.learn`."""
        sold = np.asarray(train.bought.sum(axis=0)).ravel()
        self.kept = np.sort(np.argsort(-sold, kind="stable")[:EASE_ITEMS])
        matrix = train.bought[:, self.kept]
        gram = (matrix.T @ matrix).toarray().astype(np.float64)
        gram[np.diag_indices_from(gram)] += EASE_LAMBDA
        inverse = np.linalg.inv(gram)
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        self.weights = weights.astype(np.float32)
        self.profiles = decayed(train, now, PROFILE_DAYS)

    def scores(self, customers: Ints) -> Scores:
        """See `Scorer.scores`."""
        scores = np.zeros((len(customers), self.train.items), dtype=np.float32)
        scores[:, self.kept] = self.profiles[customers][:, self.kept] @ self.weights
        return scores
