"""What customers did before explains part of what they do after: taken out, the same difference is seen sooner.

CUPED (Deng, Xu, Kohavi & Walker 2013, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data"). The covariate is from before anybody was drawn, so both sides have the same of it but for chance:
taking it out leaves what is estimated as it is.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from composer.results.clusters import Mean, Per, Totals

ROUNDING = 1e-12
"""A covariate that varies less than so, relative to its mean square, is constant but for rounding."""


class Pair(NamedTuple):
    """Means of two sides, with their variances and covariance: taking out what is common ties them together."""

    one: float
    other: float
    one_variance: float
    other_variance: float
    covariance: float
    reduced: float
    """Share of the difference's variance that the covariate took out, 0 to 1."""

    @property
    def difference(self) -> float:
        """One less the other."""
        return self.one - self.other

    @property
    def error(self) -> float:
        """Standard error of the difference."""
        return math.sqrt(max(0.0, self.one_variance + self.other_variance - 2 * self.covariance))


def adjust(one: Totals, other: Totals, per: Per) -> Pair:
    """Both means, as they would be if both sides had had the same before; as they are where that cannot be told."""
    mine, theirs = one.mean(per), other.mean(per)
    theta = _theta(one, other, mine, theirs)
    share = one.n / max(1, one.n + other.n)
    down, up = theta * (1 - share), theta * share
    apart, spread = mine.covariate - theirs.covariate, mine.covariate_variance + theirs.covariate_variance
    if theta == 0.0:
        return Pair(mine.value, theirs.value, mine.variance, theirs.variance, 0.0, 0.0)
    found = Pair(
        one=mine.value - down * apart,
        other=theirs.value + up * apart,
        one_variance=mine.variance - 2 * down * mine.covariance + down**2 * spread,
        other_variance=theirs.variance - 2 * up * theirs.covariance + up**2 * spread,
        covariance=up * mine.covariance + down * theirs.covariance - down * up * spread,
        reduced=0.0,
    )
    before = mine.variance + theirs.variance
    return found._replace(reduced=max(0.0, 1 - found.error**2 / before) if before > 0 else 0.0)


def _theta(one: Totals, other: Totals, mine: Mean, theirs: Mean) -> float:
    """The slope that leaves the difference the least variance, one for both sides."""
    spread = mine.covariate_variance + theirs.covariate_variance
    size = one.zz / max(1, one.n) ** 2 + other.zz / max(1, other.n) ** 2
    if not math.isfinite(spread) or spread <= ROUNDING * size:
        return 0.0
    return (mine.covariance + theirs.covariance) / spread
