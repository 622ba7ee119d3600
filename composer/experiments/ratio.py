"""Sample ratio mismatch: whether as many customers are in each arm as its share says.

If not, something keeps customers of one arm from being counted (a bug, an import, a filter), and what the arms came to
may not be compared (Fabijan et al. 2019, "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scipy.special import chdtrc

from composer.experiments.model import Plan

SURE = 0.0005
"""Below this the shares are taken to be off. Low, as it is looked at every day (Fabijan et al. 2019, 3)."""
LEAST = 5.0
"""Customers that the smallest arm should have by its share: below, chi-square says little (Cochran 1952)."""


class Ratio(NamedTuple):
    """What the counts say of the shares."""

    mismatch: bool
    p: float | None
    """Of counts as far from the shares by chance; None where there are too few customers to tell."""
    sentence: str


def check_ratio(plan: Plan, counts: Mapping[str, int]) -> Ratio:
    """Pearson's chi-square of customers by arm against the shares. `counts`: distinct customers by arm."""
    total = sum(counts.get(arm.name, 0) for arm in plan.arms)
    expected = {arm.name: arm.share * total for arm in plan.arms}
    if min(expected.values()) < LEAST:
        return Ratio(False, None, "Too few customers so far to tell whether the arms have their shares.")
    off = sum((counts.get(name, 0) - wanted) ** 2 / wanted for name, wanted in expected.items())
    p = float(chdtrc(len(expected) - 1, off))
    if p >= SURE:
        return Ratio(False, p, "The arms have as many customers as their shares say.")
    worst = max(expected, key=lambda name: abs(counts.get(name, 0) - expected[name]))
    return Ratio(
        True,
        p,
        f"The arms do not have the customers that their shares say: {worst} has {counts.get(worst, 0):,}, and should "
        f"have about {expected[worst]:,.0f}. That is no accident: something loses customers of one arm. Do not believe "
        "any difference between the arms until it is found.",
    )
