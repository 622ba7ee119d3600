"""Gradient-boosted trees that put right what the baseline says: they start from its answer and learn what is left.

LightGBM (Ke et al. 2017), shallow and strongly regularised: where the trees find nothing the baseline's answer stands,
and where they are asked of what they never saw they stay near it. Seeded, single-threaded and deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from memory.predictions.histories import Floats
from store.trees import load_lightgbm

Objective = Literal["binary", "tweedie"]
ROUNDS = 60
PARAMETERS: dict[str, Any] = {
    "num_leaves": 8, "learning_rate": 0.05, "min_data_in_leaf": 100, "feature_fraction": 0.7, "bagging_fraction": 0.8,
    "bagging_freq": 1, "lambda_l2": 20.0, "max_bin": 63, "tweedie_variance_power": 1.5, "seed": 1,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Correction:
    """What trees add to the baseline's answer, on the scale of its logit (binary) or logarithm (tweedie)."""

    text: str
    """LightGBM's own text format."""

    @classmethod
    def train(cls, objective: Objective, table: Floats, start: Floats, outcome: Floats) -> Correction:
        """From [m, f] features, [m] the baseline's answers on that scale and [m] what happened."""
        lightgbm = load_lightgbm()
        parameters = PARAMETERS | {"objective": objective}
        data = lightgbm.Dataset(table, outcome, init_score=start, params=parameters)
        return cls(lightgbm.train(parameters, data, ROUNDS).model_to_string())

    def of(self, table: Floats) -> Floats:
        """[n]"""
        if not len(table):
            return np.zeros(0)
        return np.asarray(self._booster.predict(table, raw_score=True, num_threads=1))

    @cached_property
    def _booster(self) -> Any:
        return load_lightgbm().Booster(model_str=self.text)
