"""Intervals for the difference that e-mails made, out of sums alone.

All intervals are two-sided at 95 %. None of them may be looked at every day until it pleases: that needs sequential
intervals, which these are not; the pages say on how many days a figure rests.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from composer.results.model import Comparison, Figures, Interval

Z = NormalDist().inv_cdf(0.975)
POWER_Z = NormalDist().inv_cdf(0.8)
LEAST_BUYERS = 20
"""On each side: below, a handful of large orders decides, and no interval from means and variances can be trusted."""


def compare(mailed: Figures, holdout: Figures) -> Comparison:
    """Both sides against each other; `verdict` says what may be said."""
    if not mailed.customers:
        return Comparison(verdict="nothing_yet")
    if holdout.customers < 2 or mailed.customers < 2:
        return Comparison()
    conversion = share_difference(mailed.buyers, mailed.customers, holdout.buyers, holdout.customers)
    if min(mailed.buyers, holdout.buyers) < LEAST_BUYERS:
        return Comparison(conversion=conversion, verdict="too_few_orders")
    revenue = mean_difference(mailed, holdout)
    verdict = "cannot_tell_yet" if not revenue.tells else "more" if revenue.low > 0 else "less"
    return Comparison(
        revenue=revenue,
        lift=lift(mailed, holdout),
        conversion=conversion,
        detectable=detectable(mailed, holdout),
        verdict=verdict,
    )


def mean_difference(one: Figures, other: Figures) -> Interval:
    """Welch's interval for the difference of means (Welch 1947), with the normal's quantile: `LEAST_BUYERS` sees to it
    that there are hundreds of degrees of freedom."""
    error = Z * math.sqrt(_squared_error(one) + _squared_error(other))
    value = one.mean - other.mean
    return Interval(value=value, low=value - error, high=value + error)


def lift(one: Figures, other: Figures) -> Interval | None:
    """`one.mean / other.mean - 1` by Fieller's theorem (1954); None where `other`'s mean may be nothing: then the
    interval has no ends."""
    a, b = one.mean, other.mean
    va, vb = _squared_error(one), _squared_error(other)
    g = Z**2 * vb / b**2 if b > 0 else math.inf
    if g >= 1:
        return None
    ratio = a / b
    half = Z / b * math.sqrt(max(0.0, va * (1 - g) + ratio**2 * vb))
    return Interval(value=ratio - 1, low=(ratio - half) / (1 - g) - 1, high=(ratio + half) / (1 - g) - 1)


def share_difference(hits: int, of: int, other_hits: int, other_of: int) -> Interval:
    """Newcombe's interval (1998, method 10) for the difference of two shares."""
    p, low, high = _wilson(hits, of)
    q, other_low, other_high = _wilson(other_hits, other_of)
    down = math.sqrt((p - low) ** 2 + (other_high - q) ** 2)
    up = math.sqrt((high - p) ** 2 + (q - other_low) ** 2)
    return Interval(value=p - q, low=p - q - down, high=p - q + up)


def share(hits: int, of: int) -> Interval | None:
    """A share with Wilson's interval (1927); None of nothing."""
    if not of:
        return None
    value, low, high = _wilson(hits, of)
    return Interval(value=value, low=low, high=high)


def detectable(one: Figures, other: Figures) -> float | None:
    """The lift that would be seen with a power of 80 % (Cohen 1988); None where the holdout bought nothing."""
    if other.mean <= 0:
        return None
    return (Z + POWER_Z) * math.sqrt(_squared_error(one) + _squared_error(other)) / other.mean


def _squared_error(figures: Figures) -> float:
    return figures.variance / figures.customers


def _wilson(hits: int, of: int) -> tuple[float, float, float]:
    p = hits / of
    middle = (p + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z * math.sqrt(p * (1 - p) / of + Z**2 / (4 * of**2)) / (1 + Z**2 / of)
    return p, max(0.0, middle - half), min(1.0, middle + half)
