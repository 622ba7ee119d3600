"""How much speaks for a rate that is too high: e-processes, which may be looked at as often as one likes.

Each is at least how much likelier what was seen is under a mixture of higher rates (Robbins 1970) than under any rate
that is allowed (universal inference: Wasserman, Ramdas & Balakrishnan 2020). Where the rate is allowed, it reaches
1 / α at any look at all with a probability of α at most (Ville 1939; Howard, Ramdas, McAuliffe & Sekhon 2021). Rates
are small, so that happenings are taken as a Poisson process: for e-mails of which each has at most one that errs on the
safe side, as (1 + d) e^-d is never above 1. So does an e-mail whose complaint is yet to come: it counts as one without.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, inf, lgamma, log

from composer.harm.model import Seen

SHAPE = 0.5
"""Of the gamma mixture: Jeffreys' prior for a Poisson rate, made proper by its mean."""
RISE = 1.25
"""A rate must be shown to be so many times the other before it is called a rise: seasons alone move it less."""
RATIOS: tuple[float, ...] = (1.3, 1.6, 2.0, 2.6, 3.5, 5.0)
"""Times the other side's rate: what the mixture of the comparison of two sides allows for."""


def above_limit(seen: Seen, limit: float, usual: float) -> float:
    """Log evidence that the rate is above `limit`; 0 where nothing speaks for it. `usual`: mean of the mixture."""
    if seen.happened <= limit * seen.emails:
        return 0.0
    return max(0.0, _mixture(seen, usual) - _likelihood(seen, limit))


def above_before(seen: Seen, before: Seen, usual: float) -> float:
    """Log evidence that the rate is more than `RISE` times that of `before`, which was all there before the first."""
    if not before.emails or seen.happened * before.emails <= RISE * before.happened * seen.emails:
        return 0.0
    # The likeliest rates that are allowed: just at the bar, as what was seen is above it.
    rate = (seen.happened + before.happened) / (before.emails + RISE * seen.emails)
    allowed = _likelihood(seen, RISE * rate) + _likelihood(before, rate)
    return max(0.0, _mixture(seen, usual) + _mixture(before, usual) - allowed)


def above_others(strata: Iterable[tuple[Seen, Seen]]) -> float:
    """Log evidence that one side's rate is above the other's, within strata (a day each).

    Each happening is on one side or the other; were they alike, by how many e-mails each side has that day. What moves
    both sides of a day alike says nothing, and days with one side alone say nothing either.
    """
    sums = [0.0] * len(RATIOS)
    for one, other in strata:
        if not one.emails or not other.emails:
            continue
        alike = one.emails / (one.emails + other.emails)
        for place, ratio in enumerate(RATIOS):
            share = ratio * one.emails / (ratio * one.emails + other.emails)
            sums[place] += one.happened * log(share / alike) + other.happened * log((1 - share) / (1 - alike))
    top = max(sums)
    return max(0.0, top + log(sum(exp(one - top) for one in sums) / len(sums)))


def _mixture(seen: Seen, mean: float) -> float:
    """Log of the likelihood, over a gamma distribution of rates."""
    rate = SHAPE / mean
    shape = SHAPE + seen.happened
    return SHAPE * log(rate) - lgamma(SHAPE) + lgamma(shape) - shape * log(rate + seen.emails)


def _likelihood(seen: Seen, rate: float) -> float:
    """Log of it, without what does not depend on the rate."""
    if rate <= 0:
        return 0.0 if not seen.happened else -inf
    return seen.happened * log(rate) - seen.emails * rate
