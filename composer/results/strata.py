"""Parts that were drawn apart, each compared within itself: campaigns of a flow, periods of a shop's holdout.

Where parts hold out different shares, the mailed of all together are other customers, at other times, than the held
out of all together, and the difference between them is not what the e-mails made (Simpson 1951). So each part's
difference is taken alone, and they are added up with weights: by how often each part's mailed were reached, which is
what the e-mails that were sent made in the mean. Who is held out of one part is drawn independently of the others, so
that errors add up as those of strata (Cochran 1977, ch. 5).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from composer.results.adjusting import Pair, adjust
from composer.results.clusters import Sample

LEAST_EXPECTED = 10.0
"""Buyers that each side of a part would have were both alike: with fewer its error cannot be known. Asked of both
sides' buyers together, so that it does not depend on which side they are on."""


class Sides(NamedTuple):
    """One part."""

    mailed: Sample
    holdout: Sample

    @property
    def drawn(self) -> bool:
        """Has chance put customers on both sides?"""
        return min(self.mailed.revenue.n, self.holdout.revenue.n) >= 2

    @property
    def expected(self) -> float:
        """Buyers on the smaller side, were both alike."""
        one, other = self.mailed.bought, self.holdout.bought
        return (one.positive + other.positive) * min(one.n, other.n) / max(1, one.n + other.n)


class Part(NamedTuple):
    """One part with what it weighs; all weights come to 1."""

    weight: float
    sides: Sides


def weighed(strata: Iterable[Sides]) -> list[Part]:
    """Those of which something can be known: of several only those with enough buyers."""
    drawn = [one for one in strata if one.drawn]
    found = drawn if len(drawn) == 1 else [one for one in drawn if one.expected >= LEAST_EXPECTED]
    reached = sum(one.mailed.revenue.m for one in found)
    return [Part(one.mailed.revenue.m / reached, one) for one in found]


def added(parts: Sequence[Part]) -> Pair:
    """Revenue of both sides, what was before taken out in each part."""
    pairs = [(part.weight, adjust(part.sides.mailed.revenue, part.sides.holdout.revenue, "episode")) for part in parts]
    raw = sum(weight**2 * pair.error**2 / (1 - pair.reduced) for weight, pair in pairs if pair.reduced < 1)
    found = Pair(
        one=sum(weight * pair.one for weight, pair in pairs),
        other=sum(weight * pair.other for weight, pair in pairs),
        one_variance=sum(weight**2 * pair.one_variance for weight, pair in pairs),
        other_variance=sum(weight**2 * pair.other_variance for weight, pair in pairs),
        covariance=sum(weight**2 * pair.covariance for weight, pair in pairs),
        reduced=0.0,
    )
    return found._replace(reduced=max(0.0, 1 - found.error**2 / raw) if 0 < raw < math.inf else 0.0)


def means(parts: Sequence[Part]) -> tuple[float, float]:
    """Revenue an occasion of the mailed and of those held out, weighed alike."""
    one, other = (
        sum(part.weight * totals.x / totals.m for part in parts if (totals := part.sides[side].revenue).m)
        for side in (0, 1)
    )
    return one, other


def orders(parts: Sequence[Part]) -> tuple[float, float]:
    """Of both sides, as many that weigh the same as tell as much."""
    one, other = (_worth([(part, part.sides[side].revenue.hits) for part in parts], side) for side in (0, 1))
    return one, other


def occasions(parts: Sequence[Part]) -> tuple[float, float]:
    """Those on which somebody bought, of both sides, likewise."""
    one, other = (_worth([(part, part.sides[side].bought.hits) for part in parts], side) for side in (0, 1))
    return one, other


def buyers(parts: Sequence[Part]) -> tuple[float, float]:
    """Customers who bought, of both sides, likewise."""
    one, other = (_worth([(part, part.sides[side].bought.positive) for part in parts], side) for side in (0, 1))
    return one, other


def asymmetry(parts: Sequence[Part]) -> float:
    """How lopsided the difference of revenue is about its mean: its third standardised moment, 0 or more.

    A few large baskets weigh more in a small side, and chance leaves them out of it more often than in: then it looks
    poorer than it is, and its error smaller. On sides of one size this cancels out. Moments are those of both sides
    together, as a small side that lacks large baskets does not know that it does.
    """
    third = second = 0.0
    for weight, sides in parts:
        one, other = sides.mailed.revenue, sides.holdout.revenue
        n = one.n + other.n
        cube, square = (one.xxx + other.xxx) / n, (one.xx + other.xx) / n
        third += weight**3 * cube * (one.n / one.m**3 - other.n / other.m**3)
        second += weight**2 * square * (one.n / one.m**2 + other.n / other.m**2)
    return abs(third) / second**1.5 if second > 0 else 0.0


def _worth(counts: Sequence[tuple[Part, int]], side: int) -> float:
    """Kish (1965): what is in a part that weighs much for how few it has there counts for less."""
    each = [(number, part.weight / part.sides[side].revenue.m) for part, number in counts]
    squared = sum(number * weight**2 for number, weight in each)
    return sum(number * weight for number, weight in each) ** 2 / squared if squared > 0 else 0.0
