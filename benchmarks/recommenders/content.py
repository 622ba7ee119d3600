"""Products whose text is like what one bought: text only, no other customer's behaviour."""

from __future__ import annotations

import numpy as np

from benchmarks.recommenders.base import Scorer, Scores, decayed
from benchmarks.recommenders.log import Ints, Log
from benchmarks.recommenders.neighbours import PROFILE_DAYS


class Content(Scorer):
    """Cosine with the mean vector of the purchases, each worth a half after 60 days."""

    name = "content only"

    def __init__(self, vectors: np.ndarray) -> None:
        """`vectors`: float32 [items of the training log, d], unit length."""
        super().__init__()
        self.vectors = vectors

    def learn(self, train: Log, now: int) -> None:
        """See `Scorer.learn`."""
        self.profiles = decayed(train, now, PROFILE_DAYS)

    def scores(self, customers: Ints) -> Scores:
        """See `Scorer.scores`."""
        mean = np.asarray(self.profiles[customers] @ self.vectors)
        length = np.linalg.norm(mean, axis=1, keepdims=True)
        return np.asarray(mean / np.where(length > 0, length, 1.0) @ self.vectors.T)
