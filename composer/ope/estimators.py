"""What a policy would have come to an e-mail, and how sure that is: customers are what is independent.

IPS (Horvitz & Thompson 1952) weighs what came of each e-mail by how much more likely the new policy makes it; SNIPS
(Swaminathan & Joachims 2015) divides by the weights instead of the e-mails; doubly robust (Dudík, Langford & Li 2011)
adds what a fitted model says of the e-mails that were not sent. All are unbiased, SNIPS all but; what is judged by is
doubly robust. Weights are not clipped: what that gains in width it costs in truth, and where weights are too large to
judge by, that is said instead (`composer.ope.weights`).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel

from composer.ope.log import Array, Ids
from composer.results.model import Interval
from composer.results.statistics import Z

Estimator = Literal["ips", "snips", "dr"]
REPLICATES = 400
"""Of the bootstrap: ends of its intervals are sure to about a tenth of their width."""
DRAWS = 1_000_000
"""Random numbers at a time: 16 MB."""
SEED = 8


class Estimate(BaseModel):
    """A figure, with its interval by normal approximation and by bootstrap: 95 %, for one look."""

    value: float
    error: float
    """Standard error."""
    low: float
    high: float
    bootstrap_low: float
    bootstrap_high: float

    @property
    def wider(self) -> Interval:
        """From the lower of both low ends to the higher of both high ends."""
        return Interval(
            value=self.value, low=min(self.low, self.bootstrap_low), high=max(self.high, self.bootstrap_high)
        )


class Estimates(NamedTuple):
    """Of one metric."""

    logged: Estimate
    candidate: dict[Estimator, Estimate]
    difference: dict[Estimator, Estimate]
    """Candidate less logged."""


def estimates(
    rewards: Array, weights: Array, control: Array, customers: Ids, replicates: int = REPLICATES
) -> list[Estimates]:
    """For each metric, of n rows, at least one: outcomes (n, metrics), weights (n,), what doubly robust adds
    (n, metrics), and whose each row is (n,)."""
    _, places = np.unique(customers, return_inverse=True)
    weighted = weights[:, None] * rewards
    columns = np.column_stack([np.ones(len(weights)), weights, rewards, weighted, weighted + control])
    sums: Array = np.stack([np.bincount(places, column).astype(np.float64) for column in columns.T], axis=1)
    again = _resampled(sums, replicates)
    metrics = rewards.shape[1]
    return [_of_metric(sums, again, 2 + place, metrics) for place in range(metrics)]


def _of_metric(sums: Array, replicates: Array, place: int, metrics: int) -> Estimates:
    """`place`: of the outcome's column; the weighted and the doubly robust ones follow at the same distance."""
    logged, drawn = _ratio(sums, place, 0), _divided(replicates, place, 0)
    columns: dict[Estimator, tuple[int, int]] = {
        "ips": (place + metrics, 0),
        "snips": (place + metrics, 1),
        "dr": (place + 2 * metrics, 0),
    }
    candidate: dict[Estimator, Estimate] = {}
    difference: dict[Estimator, Estimate] = {}
    for name, (above, below) in columns.items():
        value, added = _ratio(sums, above, below)
        again = _divided(replicates, above, below)
        candidate[name] = _estimate(value, added, again)
        difference[name] = _estimate(value - logged[0], added - logged[1], again - drawn)
    return Estimates(_estimate(*logged, drawn), candidate, difference)


def _ratio(sums: Array, above: int, below: int) -> tuple[float, Array]:
    """A ratio of sums, and what each customer adds to it (linearised)."""
    total = float(sums[:, below].sum())
    if total <= 0:
        return 0.0, np.zeros(len(sums))
    value = float(sums[:, above].sum()) / total
    return value, (sums[:, above] - value * sums[:, below]) / total


def _divided(sums: Array, above: int, below: int) -> Array:
    return np.divide(sums[:, above], sums[:, below], out=np.zeros(len(sums)), where=sums[:, below] > 0)


def _resampled(sums: Array, replicates: int) -> Array:
    """(replicates, columns): totals if each customer had been there a Poisson number of times, once in the mean: the
    bootstrap that need not hold all at once (Hanley & MacGibbon 2006). The same seed for all, so that it repeats."""
    draw = np.random.default_rng(SEED)
    found = np.zeros((replicates, sums.shape[1]))
    rows = max(1, DRAWS // replicates)
    for first in range(0, len(sums), rows):
        part = sums[first : first + rows]
        found += draw.poisson(1.0, (replicates, len(part))) @ part
    return found


def _estimate(value: float, added: Array, drawn: Array) -> Estimate:
    clusters = len(added)
    # Of one customer alone nothing is known.
    error = float(np.sqrt(added @ added * clusters / (clusters - 1))) if clusters > 1 else np.inf
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Estimate(
        value=value,
        error=error,
        low=value - Z * error,
        high=value + Z * error,
        bootstrap_low=float(low),
        bootstrap_high=float(high),
    )
