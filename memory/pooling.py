"""Partial pooling: a person's own evidence, drawn to what the shop as a whole shows, the more the less there is of it.

Rates are beta-binomial and shares Dirichlet-multinomial, with parameters learned from everybody's histories (empirical
Bayes: Efron & Morris, "Stein's paradox in statistics", 1977; Gelman & Hill 2007, ch. 12). A prior is a mean and a
strength: how many of a person's own trials weigh as much as it. For shares the strength is one number; for rates it
follows from the spread of people's log-odds, as those who click one e-mail in fifty differ by fewer percentage points
than those who click one in three. Spread and strength are those under which the histories of many people are most
likely (Skellam 1948 for the beta-binomial).

Evidence may have been weighted by its age, so that trials and successes are no whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import lgamma, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SPREADS: tuple[float, ...] = tuple(0.05 * 1.25**step for step in range(19))
"""Standard deviations of people's log-odds, from 0.05 to 2.8: finer or wider would change no estimate visibly."""
USUAL_SPREAD = 0.5
"""Where nothing was learned yet, and where learning begins: few histories say little of how people differ."""
STRENGTHS: tuple[float, ...] = tuple(2.0 ** (step / 2) for step in range(-2, 21))
"""Of shares, from half an event to 1,024."""
USUAL_STRENGTH = 20.0
_SURENESS = 1.5
"""Standard deviation, on the log scale, of what is believed of a spread or strength before any history was seen."""
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


def strength_of(mean: float, spread: float) -> float:
    """Trials that a prior weighs as much as, where log-odds vary by `spread` around that of `mean` (delta method)."""
    return 1 / (spread**2 * max(mean * (1 - mean), _TINY))


def pool(successes: float, trials: float, mean: float, strength: float) -> Pooled:
    """The mean of the posterior Beta(strength·mean + successes, …), with Wilson's interval (1927) for its weight."""
    weight = trials + strength
    estimate = (successes + strength * mean) / weight
    middle = (estimate + Z_80**2 / (2 * weight)) / (1 + Z_80**2 / weight)
    spread = Z_80 * sqrt(estimate * (1 - estimate) / weight + (Z_80 / (2 * weight)) ** 2) / (1 + Z_80**2 / weight)
    return Pooled(estimate, max(0.0, middle - spread), min(1.0, middle + spread), trials / weight)


def best_spread(people: Iterable[Evidence]) -> float:
    """The spread under which all these histories are most likely; near `USUAL_SPREAD` where they are few."""
    told = [one for one in people if one.trials > 0]

    def likely(spread: float) -> float:
        return sum(_log_beta_binomial(*one, strength_of(one.mean, spread)) for one in told)

    return _most_likely(likely, SPREADS, USUAL_SPREAD)


def _most_likely(log_likelihood: Callable[[float], float], choices: Sequence[float], usual: float) -> float:
    """The mode of the posterior; that of the likelihood alone would often lie at an end of the range."""

    def posterior(choice: float) -> float:
        return log_likelihood(choice) - (log(choice / usual) / _SURENESS) ** 2 / 2

    return max(choices, key=posterior)


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


class Counted(NamedTuple):
    """What one person did, by hour or by day."""

    counts: NDArray[np.float64]
    near: NDArray[np.float64]
    """The counts as they are pooled: smoothed, or the same."""


def best_share_strength(people: Sequence[Counted], prior: NDArray[np.float64], own: float = 1.0) -> float:
    """The strength under which each event is least surprising, given the person's others (leaving one out, Stone 1974).

    `own` is the share of an event that smoothing leaves in its place. Near `USUAL_STRENGTH` where few events are told.
    A likelihood of the counts would not do: it does not know that they are smoothed, and so that one event says much.
    """

    def likely(strength: float) -> float:
        return sum(_log_left_out(one, prior, own, strength) for one in people)

    return _most_likely(likely, STRENGTHS, USUAL_STRENGTH)


def _log_left_out(one: Counted, prior: NDArray[np.float64], own: float, strength: float) -> float:
    """Of each event, as forecast by the others; an event that has decayed is left out with what is left of it."""
    seen = np.flatnonzero(one.counts)
    counts = one.counts[seen]
    out = np.minimum(counts, 1.0)
    rest = np.maximum(one.near[seen] - own * out, 0.0) + strength * prior[seen]
    return float((counts * np.log(rest / (one.counts.sum() - out + strength))).sum())
