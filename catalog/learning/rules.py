"""Rules that rank without trees: what somebody buys again first (or last), and what one simple method says of the rest.

For shops whose history is too short to teach trees, and for those where trees prove no better. A rule reads the same
figures as the trees and answers with a probability as well, so that it takes their place wherever picks are ranked.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from catalog.learning.features import NAMES
from catalog.learning.lists import Scores

Own = Literal["buy again", "", "never again"]
Other = Literal["recent popularity", "popularity", "item-KNN", "lately together", "EASE", "factors"]
OWN: tuple[Own, ...] = ("buy again", "", "never again")
"""What was bought before comes first, as anything else, or last."""
OTHERS: dict[Other, str] = {
    "recent popularity": "heat_7", "popularity": "heat_90", "item-KNN": "together_60_of_best",
    "lately together": "lately_60_of_best", "EASE": "regressed_60_of_best", "factors": "factors_60_of_best",
}  # fmt: skip
"""The column that each method orders by."""
AGAIN, TIMES = "bought_120", "times"
OTHERS_SHARE = 0.1
"""What the best of the rest counts, in purchases of today: as much as one of thirteen months ago."""
TIES = 1e-6
"""Of what sells most lately: orders what a method says nothing of."""
LOOKED, CARTED, WISHED = 0.5, 2.0, 1.0
"""What a look, a cart and a wish of today count, in purchases of today."""
TOUCHED_DAYS = 14.0
BEHIND = 1e-4
"""Factor of what somebody has, where nobody buys again."""
LEAST = 1e-9
FLAT, STEEP = 0.3, 3.0
"""Bounds of the slope: a rule must neither forget its order nor be surer than it can know."""
_AT = {name: at for at, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of what somebody has, and the method for the rest; and what scores come to as probabilities."""

    own: Own
    other: Other
    slope: float = 1.0
    intercept: float = -3.0
    """Log-odds of a purchase in the weeks to come: `intercept + slope * log(score)`."""

    @property
    def name(self) -> str:
        """For people: "buy again, then EASE"."""
        return {
            "buy again": f"buy again, then {self.other}",
            "": self.other,
            "never again": f"{self.other} of what they never bought",
        }[self.own]

    def score(self, table: Scores) -> NDArray[np.float64]:
        """[k] above 0, of rows of `features`: more is better."""
        # Factors alone may speak against a product, which is as good as not at all.
        found = (
            OTHERS_SHARE * np.maximum(_column(table, OTHERS[self.other]), 0.0) + TIES * _column(table, "heat_7") + LEAST
        )
        if self.own == "never again":
            found *= np.where(_column(table, TIMES) > 0, BEHIND, 1.0)
        found += LOOKED * _column(table, "viewed")
        for worth, name in ((CARTED, "carted_days"), (WISHED, "wished_days")):
            found += worth * np.exp2(-_column(table, name, missing=np.inf) / TOUCHED_DAYS)
        return found + _column(table, AGAIN) if self.own == "buy again" else found

    def probability(self, table: Scores) -> NDArray[np.float64]:
        """[k] in 0..1, in the order of `score`."""
        if not len(table):
            return np.zeros(0)
        return np.asarray(1.0 / (1.0 + np.exp(-self.intercept - self.slope * np.log(self.score(table)))))


def _column(table: Scores, name: str, missing: float = 0.0) -> NDArray[np.float64]:
    """[k] one figure, `missing` where it is not known; heat, a log, as the share of the hottest product's it was."""
    found = table[:, _AT[name]].astype(np.float64)
    return np.exp(found) if name.startswith("heat_") else np.where(np.isnan(found), missing, found)


def every_rule() -> list[Rule]:
    """All that are tried, the plainest first."""
    return [Rule(own, other) for other, own in product(OTHERS, OWN)]


def calibrated(rule: Rule, table: Scores, bought: NDArray[np.bool_]) -> Rule:
    """The rule with probabilities as often right as they say, on rows of `features` [m, f] and what was bought [m].

    Logistic regression on the logarithm of its score (Platt 1999), by Newton's steps; as it was where nothing was
    bought, or everything.
    """
    if not bought.any() or bought.all():
        return rule
    logs = np.log(rule.score(table))
    columns = np.stack([logs, np.ones_like(logs)], axis=1)
    weights = np.array([rule.slope, rule.intercept])
    for _ in range(25):
        odds = 1.0 / (1.0 + np.exp(-np.clip(columns @ weights, -30, 30)))
        curved = columns.T @ (columns * (odds * (1 - odds) + LEAST)[:, None]) + np.eye(2) * 1e-3
        step = np.linalg.solve(curved, columns.T @ (bought - odds))
        weights = weights + np.clip(step, -1.0, 1.0)
    slope = float(np.clip(weights[0], FLAT, STEEP))
    # With the slope held to its bounds the base rate is kept by the mean of the log-odds.
    intercept = float(weights[1] + (weights[0] - slope) * logs.mean())
    return Rule(rule.own, rule.other, slope, intercept)
