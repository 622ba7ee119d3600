"""Gamma-Gamma: what a purchase of each customer is worth, their own mean drawn towards the shop's.

Fader & Hardie, "The Gamma-Gamma Model of Monetary Value", note 25, 2013.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from memory.predictions.histories import Floats
from memory.predictions.likeliest import likeliest

BOUND = 10.0
START = (1.5, 1.5, 1.0)


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The fitted parameters. `mean` is what everyone's purchases are worth on average."""

    p: float
    q: float
    gamma: float
    mean: float

    @classmethod
    def fit(cls, purchases: Floats, mean_spend: Floats) -> GammaGamma:
        """[n] purchases of each customer and [n] their mean; those who paid nothing say nothing."""
        paid = (purchases > 0) & (mean_spend > 0)
        x, m = purchases[paid], mean_spend[paid]
        if not len(m):
            return cls(1.0, 2.0, 0.0, 0.0)
        scale = float(m.mean())
        p, q, gamma = likeliest(
            lambda parameters: float(np.mean(_log_likelihood(parameters, x, m / scale))), START, bound=BOUND
        )
        return cls(p, q, gamma * scale, float(np.average(m, weights=x)))

    def expected(self, purchases: Floats, mean_spend: Floats) -> Floats:
        """[n] what a next purchase is worth (equation 5)."""
        if self.q <= 1.0:
            # The shop's mean is infinite under these parameters: lean on what was really paid.
            return np.where(purchases > 0, mean_spend, self.mean)
        shop = self.p * self.gamma / (self.q - 1.0)
        own = self.p * purchases / (self.p * purchases + self.q - 1.0)
        return own * mean_spend + (1.0 - own) * shop


def _log_likelihood(parameters: Floats, x: Floats, m: Floats) -> Floats:
    """Equation 1a."""
    p, q, gamma = parameters
    return np.asarray(
        gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
        + q * np.log(gamma) + (p * x - 1.0) * np.log(m) + p * x * np.log(x)
        - (p * x + q) * np.log(gamma + m * x)
    )  # fmt: skip
