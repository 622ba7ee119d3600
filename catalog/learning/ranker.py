"""Gradient-boosted trees that say how likely this customer buys this product in the weeks to come.

LightGBM (Ke et al. 2017) with the logistic loss: on Online Retail it ranks as well as lambdarank, and its answer is a
probability, which other stages may weigh. Seeded, single-threaded and deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.learning.lists import Scores
from store.trees import load_lightgbm

ROUNDS = 300
FIRST, CLOSER = 60, 96
"""Trees that all products go through, and how many of them, the best by those, go through the others too. Of 1,554
lists of ten at 2011-08-19 (Online Retail) 99 % are as by all trees, their first four always, for two thirds of the
time; with 64 products 93 %."""
ALL = -1
PARAMETERS: dict[str, Any] = {
    "objective": "binary", "num_leaves": 31, "learning_rate": 0.05, "min_data_in_leaf": 100, "feature_fraction": 0.6,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 127, "seed": 1, "deterministic": True,
    "force_row_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Ranker:
    """A trained model."""

    booster: Any
    """`lightgbm.Booster`."""
    kept: float
    """Share of the products not bought that training looked at: their odds are put right by it."""

    def probability(self, table: Scores) -> NDArray[np.float64]:
        """[k] in 0..1, of rows of `features`; of the unlikely ones, of many, a guess below all others."""
        if not len(table):
            return np.zeros(0)
        odds = np.exp(self._log_odds(table)) * self.kept
        return np.asarray(odds / (1.0 + odds))

    def _log_odds(self, table: Scores) -> NDArray[np.float64]:
        """[k] by all trees of the `CLOSER` best by the `FIRST` ones; behind those the rest, as the first ones say."""
        found = self._by_trees(table, 0, FIRST)
        if len(table) <= CLOSER:
            return found + self._by_trees(table, FIRST, ALL)
        order = np.argsort(-found, kind="stable")
        best, rest = order[:CLOSER], order[CLOSER:]
        found[best] += self._by_trees(table[best], FIRST, ALL)
        found[rest] -= max(float(found[rest].max() - found[best].min()), 0.0)
        return found

    def _by_trees(self, table: Scores, start: int, count: int) -> NDArray[np.float64]:
        return np.asarray(
            self.booster.predict(table, start_iteration=start, num_iteration=count, raw_score=True, num_threads=1)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The features it was trained on."""
        return tuple(self.booster.feature_name())

    def dumps(self) -> str:
        """LightGBM's own text format."""
        return str(self.booster.model_to_string())


def loads(text: str, kept: float) -> Ranker:
    """The opposite of `dumps`. Raises: LightGbmUnusable, lightgbm.basic.LightGBMError."""
    return Ranker(load_lightgbm().Booster(model_str=text), kept)


def train(table: Scores, bought: NDArray[np.bool_], names: tuple[str, ...], kept: float) -> Ranker:
    """From rows of `features` [m, f] and whether each product was bought [m]."""
    lightgbm = load_lightgbm()
    data = lightgbm.Dataset(table, bought.astype(np.int8), feature_name=list(names), params=PARAMETERS)
    return Ranker(lightgbm.train(PARAMETERS, data, ROUNDS), kept)
