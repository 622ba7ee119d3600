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
        """[k] in 0..1, of rows of `features`."""
        if not len(table):
            return np.zeros(0)
        odds = np.exp(np.asarray(self.booster.predict(table, raw_score=True, num_threads=1))) * self.kept
        return np.asarray(odds / (1.0 + odds))

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
