"""What sells, and what one bought before: the baselines that need no learning."""

from __future__ import annotations

import numpy as np

from benchmarks.recommenders.base import Scorer, Scores, decayed, recent_popularity
from benchmarks.recommenders.log import Ints, Log

BUY_AGAIN_DAYS = 120.0
RECENT_SHARE = 0.1
"""What the week's best seller adds, in orders of today: it tells apart what one bought equally often."""


class Popularity(Scorer):
    """What sold most since the log began, the same for everybody."""

    name = "popularity"

    def learn(self, train: Log, now: int) -> None:
        """See `Scorer.learn`."""
        self.sold = np.bincount(train.item[train.is_bought], minlength=train.items)

    def scores(self, customers: Ints) -> Scores:
        """See `Scorer.scores`."""
        return np.tile(self.sold.astype(np.float32), (len(customers), 1))


class RecentPopularity(Scorer):
    """What sold most in the last 7 days, the same for everybody."""

    name = "recent popularity"

    def learn(self, train: Log, now: int) -> None:
        """See `Scorer.learn`."""
        self.sold = recent_popularity(train, now)

    def scores(self, customers: Ints) -> Scores:
        """See `Scorer.scores`."""
        return np.tile(self.sold.astype(np.float32), (len(customers), 1))


class BuyAgain(Scorer):
    """Orders with an item, each worth a half after 120 days, and a little of what sells lately."""

    name = "buy again"

    def learn(self, train: Log, now: int) -> None:
        """See `Scorer.learn`."""
        self.profiles = decayed(train, now, BUY_AGAIN_DAYS)

    def scores(self, customers: Ints) -> Scores:
        """See `Scorer.scores`."""
        return np.asarray(self.profiles[customers].toarray() + RECENT_SHARE * self.recent)
