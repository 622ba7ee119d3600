"""Intervals that hold however often one looks: at all looks together they miss the truth one time in twenty.

Asymptotic confidence sequences (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2021, "Time-uniform central limit theory
and asymptotic confidence sequences", theorem 2.2), by the normal mixture of Robbins (1970); a test by them is the
mixture SPRT (Johari, Koomen, Pekelis & Walsh 2022). Instead of 1.96 standard errors they take about 3, the fewest when
as much has been seen as they are tuned to.

They are of one sample that grows: its beginning may not move. Of the last four weeks, looked at every day, they missed
the truth within a year in 11 to 28 of 100 simulated shops, as every four weeks it is another sample.

What has been seen is counted in happenings (orders, clicks), the harmonic of both sides. This assumes that happenings
come along at no faster a pace than the variance of their sum, and that what customers do later does not go against what
they did before: whoever buys much keeps buying much, or is no different from others. Then looks resemble each other at
least as much as in a random walk, and the intervals err on the safe side (Slepian 1962).
"""

from __future__ import annotations

import math
from functools import cache

from scipy.special import lambertw

from composer.results.adjusting import Pair
from composer.results.clusters import Totals
from composer.results.model import Interval

ALPHA = 0.05
"""How often anything untrue may be said, at all looks together."""
TUNED = 100.0
"""Happenings (harmonic of both sides) at which intervals are tightest: when most shops begin to see something."""


def information(one: Totals, other: Totals) -> float:
    """How much has been seen: half the harmonic mean of both sides' happenings; 0 where a side has none."""
    return harmonic(one.hits, other.hits)


def harmonic(one: float, other: float) -> float:
    """Half the harmonic mean of two counts; 0 where one of them is."""
    return one * other / (one + other) if one > 0 and other > 0 else 0.0


def critical(seen: float, *, alpha: float = ALPHA) -> float:
    """How many standard errors to either side the interval is; infinite before anything was seen."""
    if seen <= 0:
        return math.inf
    time = _tightest() * seen / TUNED
    return math.sqrt((1 + 1 / time) * math.log((time + 1) / alpha**2))


def p_value(pair: Pair, seen: float) -> float:
    """Always-valid: the least `alpha` at which the interval of the difference leaves out 0."""
    if seen <= 0 or not 0 < pair.error < math.inf:
        return 1.0
    time = _tightest() * seen / TUNED
    squared = (pair.difference / pair.error) ** 2
    return min(1.0, math.sqrt(time + 1) * math.exp(-squared * time / (2 * (1 + time))))


def difference(pair: Pair, within: float) -> Interval:
    """Of the means; `within`: the critical value."""
    half = within * pair.error
    return Interval(value=pair.difference, low=pair.difference - half, high=pair.difference + half)


def lift(pair: Pair, within: float) -> Interval | None:
    """`one / other - 1` by Fieller's theorem (1954), whose test holds at every ratio and so at all looks.

    None where the other's mean may be nothing: then the interval has no ends.
    """
    a, b = pair.one, pair.other
    square = b**2 - within**2 * pair.other_variance
    if b <= 0 or not square > 0:
        return None
    middle = a * b - within**2 * pair.covariance
    rest = a**2 - within**2 * pair.one_variance
    half = math.sqrt(max(0.0, middle**2 - square * rest))
    return Interval(value=a / b - 1, low=(middle - half) / square - 1, high=(middle + half) / square - 1)


@cache
def _tightest() -> float:
    """The intrinsic time at which `critical` squared, over the time, is least: ends are tangent to the mixture there.

    The tuning is of the whole experiment: it is not moved by how many arms share `ALPHA`.
    """
    return -float(lambertw(-(ALPHA**2) / math.e, -1).real) - 1
