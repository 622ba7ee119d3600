"""What predictions are compared with: BG/NBD with Gamma-Gamma, and RFM cells.

BG/NBD as in Fader, Hardie & Lee, "Counting Your Customers" the Easy Way, Marketing Science 24(2), 2005: purchases are
Poisson with a gamma-distributed rate; after each purchase a customer leaves with a beta-distributed probability.
Gamma-Gamma (Fader & Hardie 2013) is the product's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

from memory.predictions.cells import outcome_by_cell
from memory.predictions.features import Known
from memory.predictions.histories import Floats, Histories
from memory.predictions.paretonbd import Summary
from memory.predictions.spend import GammaGamma

BOUND = 8.0
"""Of the logarithms of the parameters while fitting."""
START = (0.0, 4.0, 0.0, 1.0)
LEAST_BEFORE_DAYS = 60.0


class Baseline(Protocol):
    """Fitted to one moment."""

    name: str

    def buys(self, days: float) -> Floats:
        """[n] probability to order within `days`."""

    def value(self, days: float) -> Floats:
        """[n] spent within `days`."""


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The parameters: rate ~ gamma(r, alpha), leaving ~ beta(a, b); the day is the unit of time."""

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def fit(cls, summary: Summary) -> BgNbd:
        """Maximum likelihood."""
        found = minimize(
            lambda logs: -float(np.mean(_log_likelihood(np.exp(logs), summary))),
            START,
            method="L-BFGS-B",
            bounds=[(-BOUND, BOUND)] * len(START),
        )
        return cls(*(float(value) for value in np.exp(found.x)))

    def alive(self, summary: Summary) -> Floats:
        """[n] in 0..1: still a customer."""
        x = summary.repeats
        since = (self.r + x) * np.log((self.alpha + summary.age) / (self.alpha + summary.recency))
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            gone = np.where(x > 0, self.a / (self.b + x - 1.0) * np.exp(since), 0.0)
        return np.asarray(1.0 / (1.0 + gone))

    def buys_within(self, summary: Summary, days: float) -> Floats:
        """[n] in 0..1"""
        scale = self.alpha + summary.age
        return np.asarray(self.alive(summary) * -np.expm1((self.r + summary.repeats) * np.log(scale / (scale + days))))

    def purchases_within(self, summary: Summary, days: float) -> Floats:
        """[n] (equation 10; the hypergeometric function by Euler's transformation, which neither overflows nor
        cancels)."""
        scale = self.alpha + summary.age
        z = days / (scale + days)
        c = self.a + self.b + summary.repeats - 1.0
        power = (1.0 - z) ** (self.a - 1.0) * hyp2f1(self.a - 1.0, self.a + self.b - 1.0 - self.r, c, z)
        return np.asarray(np.maximum(c / (self.a - 1.0) * (1.0 - power), 0.0) * self.alive(summary))


def _log_likelihood(parameters: Floats, seen: Summary) -> Floats:
    """Equation 6."""
    r, alpha, a, b = parameters
    x = seen.repeats
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    shared = shared + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    stays = -(r + x) * np.log(alpha + seen.age)
    left = np.log(a) - np.log(np.maximum(b + x - 1.0, 1e-12)) - (r + x) * np.log(alpha + seen.recency)
    return np.asarray(shared + np.logaddexp(stays, np.where(x > 0, left, -np.inf)))


class BgNbdGammaGamma:
    """Both, fitted to all that was known at one moment."""

    name = "BG/NBD + GG"

    def __init__(self, known: Known) -> None:
        self._known = known
        self._buying = BgNbd.fit(known.summary)
        self._each = GammaGamma.fit(known.counts, known.mean_spend).expected(known.counts, known.mean_spend)

    def buys(self, days: float) -> Floats:
        """See `Baseline`."""
        return self._buying.buys_within(self._known.summary, days)

    def value(self, days: float) -> Floats:
        """See `Baseline`."""
        return np.asarray(self._buying.purchases_within(self._known.summary, days) * self._each)


class RfmCells:
    """What became of the same cell in as many days before; in fewer, where there were not as many, and scaled up."""

    name = "RFM cells"

    def __init__(self, histories: Histories, known: Known) -> None:
        self._histories, self._known = histories, known
        self._start = float(histories.at.min())

    def buys(self, days: float) -> Floats:
        """See `Baseline`."""
        before = Known.of(self._histories, self._known.cut - days)
        bought = self._histories.between(before.cut, self._known.cut).counts()[before.rows] > 0
        return outcome_by_cell(before, bought.astype(np.float64), self._known)

    def value(self, days: float) -> Floats:
        """See `Baseline`."""
        back = min(days, self._known.cut - self._start - LEAST_BEFORE_DAYS)
        before = Known.of(self._histories, self._known.cut - back)
        spent = self._histories.between(before.cut, self._known.cut).totals()[before.rows]
        return outcome_by_cell(before, spent, self._known) * days / back
