"""Pareto/NBD: how often customers buy while they are customers, and when they leave, from four parameters of a shop.

Schmittlein, Morrison & Colombo, Counting Your Customers, Management Science 33(1), 1987. Purchases are Poisson with a
gamma-distributed rate, lifetimes are exponential with a gamma-distributed rate. The integrals that the paper answers
with hypergeometric functions are taken by Gauss-Legendre quadrature here: one formula for all parameters, and stable
where those overflow (Fader & Hardie, note 9, 2005).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from memory.predictions.histories import Days, Floats
from memory.predictions.likeliest import likeliest

NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
NODES, WEIGHTS = (NODES[:, None] + 1.0) / 2.0, WEIGHTS[:, None] / 2.0
"""On 0..1, one a row."""
FOLDS = 40.0
"""Times e that an integrand may fall within the quadrature; what lies beyond is 10^-17 of it."""
BOUND = 8.0
"""Of the logarithms of the parameters: nothing real lies beyond, and an optimiser that leaves finds infinities."""
START = (0.0, 4.0, 0.0, 4.0)


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What the model needs of each customer, all [n]: repeat purchases, and days from the first purchase to the last
    and to the moment of looking."""

    repeats: Floats
    recency: Floats
    age: Floats

    @classmethod
    def of(cls, days: Days, cut: float) -> Summary:
        """Of customers who all have at least one buying day."""
        counts = days.counts()
        last = np.cumsum(counts) - 1
        first = days.at[last - counts + 1]
        repeats = counts.astype(np.float64) - 1.0
        return cls(repeats, days.at[last] - first, np.maximum(cut - first, days.at[last] - first))


@dataclass(frozen=True, slots=True)
class ParetoNbd:
    """The fitted parameters: rate ~ gamma(r, alpha), leaving ~ gamma(s, beta); the day is the unit of time."""

    r: float
    alpha: float
    s: float
    beta: float

    @classmethod
    def fit(cls, summary: Summary) -> ParetoNbd:
        """Maximum likelihood. Times are taken in whole days, so that customers alike are computed once."""
        columns = (summary.repeats, np.round(summary.recency), np.round(summary.age))
        alike, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
        seen = Summary(alike[:, 0], alike[:, 1], alike[:, 2])
        return cls(
            *likeliest(
                lambda parameters: float(np.average(_log_likelihood(parameters, seen)[0], weights=counts)),
                START,
                bound=BOUND,
                maxiter=60,
                ftol=1e-7,
            )
        )

    def alive(self, summary: Summary) -> Floats:
        """[n] in 0..1: still a customer."""
        whole, alive = _log_likelihood((self.r, self.alpha, self.s, self.beta), summary)
        return np.asarray(np.exp(alive - whole))

    def buys_within(self, summary: Summary, days: float) -> Floats:
        """[n] in 0..1: at least one purchase in the next `days`.

        The next event of a living customer is a purchase after u days with the density rate e^-(rate + leaving)u; its
        mean over both gamma posteriors is integrated over u.
        """
        shape, scale, leaving = self._posterior(summary)
        # Of who buys often nearly all of the integral lies close at hand.
        far = np.minimum(days, scale * np.expm1(FOLDS / shape))
        ahead = far * NODES
        still = np.exp(-shape * np.log1p(ahead / scale) - self.s * np.log1p(ahead / leaving))
        first = (WEIGHTS * shape / (scale + ahead) * still).sum(axis=0) * far
        return np.asarray(np.minimum(self.alive(summary) * first, 1.0))

    def purchases_within(self, summary: Summary, days: float) -> Floats:
        """[n] purchases expected in the next `days` (equation 22 of the paper)."""
        shape, scale, leaving = self._posterior(summary)
        power = self.s - 1.0
        grown = np.log1p(days / leaving)
        # At s = 1 the equation is 0 / 0.
        stays = grown if abs(power) < 1e-6 else -np.expm1(-power * grown) / power
        return np.asarray(shape * leaving / scale * stays * self.alive(summary))

    def _posterior(self, summary: Summary) -> tuple[Floats, Floats, Floats]:
        return self.r + summary.repeats, self.alpha + summary.age, self.beta + summary.age


def _log_likelihood(parameters: tuple[float, ...] | Floats, seen: Summary) -> tuple[Floats, Floats]:
    """[n] of what was seen, and [n] of it together with being a customer still."""
    r, alpha, s, beta = parameters
    shape = r + seen.repeats
    shared = gammaln(shape) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    alive = shared - shape * np.log(alpha + seen.age) - s * np.log(beta + seen.age)
    # Left after t days, t between the last purchase and now: integrated over v = log(alpha + t).
    low = np.log(alpha + seen.recency)
    width = np.minimum(np.log(alpha + seen.age), low + FOLDS / (shape + s)) - low
    v = low + width * NODES
    left = (1.0 - shape) * v - (s + 1.0) * np.log(beta - alpha + np.exp(v))
    most = left.max(axis=0)
    integral = (WEIGHTS * np.exp(left - most)).sum(axis=0) * width
    with np.errstate(divide="ignore"):
        gone = shared + np.log(s) + most + np.log(integral)
    return np.logaddexp(alive, gone), alive
