"""What the two sides of a campaign come to against each other, and what may be said of it.

Differences come with always-valid intervals (`composer.results.sequential`): they may be looked at every day, of a
sample that only grows. Those of days that somebody chose (`one_look`), and shares of e-mails (`share`, by Wilson), have
intervals that are 95 % for one look at one figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

from composer.results.adjusting import Pair
from composer.results.clusters import Sample, Totals
from composer.results.model import Comparison, Interval
from composer.results.sequential import ALPHA, critical, difference, harmonic, lift, p_value
from composer.results.strata import Part, Sides, added, asymmetry, buyers, occasions, orders, weighed

Z = NormalDist().inv_cdf(1 - ALPHA / 2)
POWER_Z = NormalDist().inv_cdf(0.8)
LEAST_BUYERS = 40
"""Customers who bought, on each side: below, a handful of large orders decides, and no interval from means and
variances can be trusted."""
MOST_ASYMMETRY = 0.25
"""Third standardised moment of the difference (`strata.asymmetry`), above which a few large baskets decide on which
side it is. Without it looks up to 8,000 buyers held out were fooled in 4 to 12 of 100 experiments in which nothing was
there, where a twentieth were held out and baskets were log-normal with 0.8 to 1.3, nearly always to "more"; with it in
2 to 4 (400 a setting). It leaves halves alone, and asks for some 80 to 900 buyers in a twentieth."""


def compare(mailed: Sample, holdout: Sample, *, arms: int = 1) -> Comparison:
    """Both sides against each other, per occasion; `verdict` says what may be said.

    `arms`: how many are compared with the same holdout. They share what may be untrue (Bonferroni), so that nothing
    untrue is said of any of them 19 times in 20.
    """
    return compare_strata([Sides(mailed, holdout)], arms=arms)


def compare_strata(strata: Sequence[Sides], *, arms: int = 1) -> Comparison:
    """Parts that hold out different shares, or none: each within itself, and added up (`composer.results.strata`).

    Parts without a holdout are left out, as there is nobody to compare their mailed with.
    """
    if not any(one.mailed.revenue.n for one in strata):
        return Comparison(verdict="nothing_yet")
    if not any(one.drawn for one in strata):
        return Comparison()
    parts = weighed(strata)
    customers = sum(side.revenue.n for part in parts for side in part.sides)
    alpha = ALPHA / arms
    bought = harmonic(*occasions(parts))
    few = _few(parts)
    conversion = None if few else _conversion(parts, critical(bought, alpha=alpha))
    if few or asymmetry(parts) > MOST_ASYMMETRY:
        return Comparison(conversion=conversion, verdict="too_few_orders", customers=customers)
    pair = added(parts)
    seen = harmonic(*orders(parts))
    within = critical(seen, alpha=alpha)
    revenue = difference(pair, within)
    return Comparison(
        revenue=revenue,
        lift=lift(pair, within),
        conversion=conversion,
        detectable=detectable(pair, within),
        verdict="cannot_tell_yet" if not revenue.tells else "more" if revenue.low > 0 else "less",
        p_value=min(1.0, arms * p_value(pair, seen)),
        explained=pair.reduced,
        arms=arms,
        customers=customers,
    )


def one_look(strata: Sequence[Sides]) -> Interval | None:
    """The difference of revenue with its interval for one look, 95 %; None where `compare_strata` would not tell it
    either. No verdict goes by it."""
    parts = weighed(strata)
    if not parts or _few(parts) or asymmetry(parts) > MOST_ASYMMETRY:
        return None
    return difference(added(parts), Z)


def _few(parts: Sequence[Part]) -> bool:
    # Rounded: weights may leave 39.9999.
    return round(min(buyers(parts))) < LEAST_BUYERS


def _conversion(parts: Sequence[Part], within: float) -> Interval:
    """The parts' intervals put together as those of independent differences (Zou & Donner 2008)."""
    each = [
        (part.weight, share_difference(part.sides.mailed.bought, part.sides.holdout.bought, within)) for part in parts
    ]
    value = sum(weight * one.value for weight, one in each)
    down = math.sqrt(sum((weight * (one.value - one.low)) ** 2 for weight, one in each))
    up = math.sqrt(sum((weight * (one.high - one.value)) ** 2 for weight, one in each))
    return Interval(value=value, low=value - down, high=value + up)


def compare_arms(arms: Mapping[str, Sample], holdout: Sample) -> dict[str, Comparison]:
    """Each arm of an A/B/n test against the holdout, or against the arm it is to beat, all true at once."""
    return {name: compare(arm, holdout, arms=max(1, len(arms))) for name, arm in arms.items()}


def share_difference(one: Totals, other: Totals, within: float = Z) -> Interval:
    """Newcombe's interval (1998, method 10) for the difference of the shares of episodes with x, which is 0 or 1 in
    each. `within`: the critical value, of one look unless another is given.

    Episodes of one customer hang together: they count as so many independent ones as have the same variance.
    """
    p, low, high = _wilson(*_as_independent(one), within)
    q, other_low, other_high = _wilson(*_as_independent(other), within)
    down = math.sqrt((p - low) ** 2 + (other_high - q) ** 2)
    up = math.sqrt((high - p) ** 2 + (q - other_low) ** 2)
    return Interval(value=p - q, low=p - q - down, high=p - q + up)


def share(hits: int, of: int) -> Interval | None:
    """A share with Wilson's interval (1927), 95 % for one look; None of nothing."""
    if not of:
        return None
    value, low, high = _wilson(hits / of, of, Z)
    return Interval(value=value, low=low, high=high)


def detectable(pair: Pair, within: float) -> float | None:
    """The lift that would be seen with a power of 80 % (Cohen 1988) at the next look; None where the other side's mean
    is nothing."""
    return (within + POWER_Z) * pair.error / pair.other if pair.other > 0 else None


def _as_independent(totals: Totals) -> tuple[float, float]:
    """The share of episodes with x, and how many independent ones tell as much (Kish 1965: the design effect)."""
    mean = totals.mean("episode")
    value = min(1.0, max(0.0, mean.value))
    # As independent ones would have it, whose variance is divided by n, not n - 1.
    variance = mean.variance * (1 - 1 / totals.n)
    usual = value * (1 - value)
    # Never more than there are: without spread between customers nothing is known of it yet.
    return value, min(totals.m, usual / variance) if usual > 0 and variance > 0 else totals.m


def _wilson(p: float, of: float, within: float) -> tuple[float, float, float]:
    middle = (p + within**2 / (2 * of)) / (1 + within**2 / of)
    half = within * math.sqrt(p * (1 - p) / of + within**2 / (4 * of**2)) / (1 + within**2 / of)
    return p, min(p, max(0.0, middle - half)), max(p, min(1.0, middle + half))
