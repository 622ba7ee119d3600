"""Trees and a small net that say how likely this customer buys this product in the weeks to come.

LightGBM (Ke et al. 2017) with the logistic loss: on Online Retail it ranks as well as lambdarank, and its answer is a
probability, which other stages may weigh. The net errs elsewhere, so the mean of both log-odds is better than either.
Seeded, single-threaded and deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.learning.lists import Scores
from catalog.learning.net import Net, train_net
from store.trees import load_lightgbm

ROUNDS = 150
ASKED_OF_TREES = 64
"""The best by the net, of a few hundred. At 2011-08-19 (Online Retail) the first ten by net and trees were among the
net's first 32 in each of 1,554 lists."""
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
    net: Net
    kept: float
    """Share of the products not bought that training looked at: their odds are put right by it."""

    def probability(self, table: Scores) -> NDArray[np.float64]:
        """[k] in 0..1, of rows of `features`; of the unlikely ones, of many, a guess below all others."""
        if not len(table):
            return np.zeros(0)
        odds = np.exp(self._log_odds(table)) * self.kept
        return np.asarray(odds / (1.0 + odds))

    def _log_odds(self, table: Scores) -> NDArray[np.float64]:
        """[k] the mean of net and trees, of the net's best; behind those the others, as the net says."""
        found = self.net.log_odds(table)
        order = np.argsort(-found, kind="stable")
        best, others = order[:ASKED_OF_TREES], order[ASKED_OF_TREES:]
        found[best] = (found[best] + self.booster.predict(table[best], raw_score=True, num_threads=1)) / 2.0
        if len(others):
            found[others] -= max(float(found[others[0]] - found[best].min()), 0.0)
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """The features it was trained on."""
        return tuple(self.booster.feature_name())

    def dumps(self) -> str:
        """The trees, in LightGBM's own text format."""
        return str(self.booster.model_to_string())


def loads(text: str, net: Net, kept: float) -> Ranker:
    """The opposite of `dumps`. Raises: LightGbmUnusable, lightgbm.basic.LightGBMError."""
    return Ranker(load_lightgbm().Booster(model_str=text), net, kept)


def train(table: Scores, bought: NDArray[np.bool_], names: tuple[str, ...], kept: float) -> Ranker:
    """From rows of `features` [m, f] and whether each product was bought [m]."""
    lightgbm = load_lightgbm()
    data = lightgbm.Dataset(table, bought.astype(np.int8), feature_name=list(names), params=PARAMETERS)
    return Ranker(lightgbm.train(PARAMETERS, data, ROUNDS), train_net(table, bought), kept)
