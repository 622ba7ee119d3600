"""Partial pooling: a person's own evidence, drawn to what the shop as a whole shows, the more the less there is of it.

Rates are beta-binomial and shares Dirichlet-multinomial, with parameters learned from everybody's histories (empirical
Bayes: Efron & Morris, "Stein's paradox in statistics", 1977; Gelman & Hill 2007, ch. 12). A prior is a mean and a
strength: how many of a person's own trials weigh as much as it. The strength is the one under which the histories of
many people are most likely (Skellam 1948 for the beta-binomial; Minka, "Estimating a Dirichlet distribution", 2000).

Evidence may have been weighted by its age, so that trials and successes are no whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import lgamma, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRENGTHS: tuple[float, ...] = tuple(2.0 ** (step / 2) for step in range(2, 21))
"""Of priors, from 2 to 1,024 trials: finer or wider would change no estimate that anybody could notice."""
WEAK_STRENGTH = 50.0
"""Where nothing was learned yet, and where what was learned begins: few histories say little of how people differ."""
_SURENESS = 1.5
"""Standard deviation, on the log scale, of what is believed of a strength before any history was seen."""
Z_80 = 1.2816
"""The normal quantile of an 80 % interval."""
_TINY = 1e-6


class Pooled(NamedTuple):
    """An estimate of a rate, with its 80 % interval."""

    estimate: float
    low: float
    high: float
    own_share: float
    """How much of it is the person's own evidence, 0..1; the rest is the prior."""


class Evidence(NamedTuple):
    """Successes out of trials, where a success had been expected with the probability `mean`."""

    successes: float
    trials: float
    mean: float


def pool(successes: float, trials: float, mean: float, strength: float) -> Pooled:
    """The mean of the posterior Beta(strength·mean + successes, …), with Wilson's interval (1927) for its weight."""
    weight = trials + strength
    estimate = (successes + strength * mean) / weight
    middle = (estimate + Z_80**2 / (2 * weight)) / (1 + Z_80**2 / weight)
    spread = Z_80 * sqrt(estimate * (1 - estimate) / weight + (Z_80 / (2 * weight)) ** 2) / (1 + Z_80**2 / weight)
    return Pooled(estimate, max(0.0, middle - spread), min(1.0, middle + spread), trials / weight)


def best_strength(people: Iterable[Evidence]) -> float:
    """The prior's strength under which all these histories are most likely; near `WEAK_STRENGTH` where they are few."""
    told = [one for one in people if one.trials > 0]
    return _most_likely(lambda strength: sum(_log_beta_binomial(*one, strength) for one in told))


def _most_likely(log_likelihood: Callable[[float], float]) -> float:
    """The mode of the posterior; that of the likelihood alone would often lie at an end of the range."""

    def posterior(strength: float) -> float:
        return log_likelihood(strength) - (log(strength / WEAK_STRENGTH) / _SURENESS) ** 2 / 2

    return max(STRENGTHS, key=posterior)


def _log_beta_binomial(successes: float, trials: float, mean: float, strength: float) -> float:
    """Log-likelihood up to what does not depend on the strength."""
    alpha = max(mean, _TINY) * strength
    beta = max(1 - mean, _TINY) * strength
    return (
        lgamma(alpha + successes)
        + lgamma(beta + trials - successes)
        - lgamma(alpha + beta + trials)
        + lgamma(alpha + beta)
        - lgamma(alpha)
        - lgamma(beta)
    )


def pool_shares(counts: NDArray[np.float64], prior: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    """The mean of the posterior Dirichlet(strength·prior + counts): shares that sum up to 1, of the prior's shape."""
    shares: NDArray[np.float64] = (counts + strength * prior) / (counts.sum() + strength)
    return shares


def best_share_strength(people: Sequence[NDArray[np.float64]], priors: Sequence[NDArray[np.float64]]) -> float:
    """The strength under which all these counts are most likely, each under its own prior; see `best_strength`."""
    told = [(counts, prior) for counts, prior in zip(people, priors, strict=True) if counts.sum() > 0]
    return _most_likely(lambda strength: sum(_log_dirichlet(*one, strength) for one in told))


def _log_dirichlet(counts: NDArray[np.float64], prior: NDArray[np.float64], strength: float) -> float:
    seen = np.flatnonzero(counts)
    alphas = np.maximum(prior[seen], _TINY) * strength
    each = sum(
        lgamma(alpha + count) - lgamma(alpha)
        for alpha, count in zip(alphas.tolist(), counts[seen].tolist(), strict=True)
    )
    all_of_them = float(counts.sum())
    return lgamma(strength) - lgamma(strength + all_of_them) + each
