"""What marketers came to, over several shops: means with intervals, and differences in the same shops.

Intervals are Student's over shops (seeds), 95 %: another shop of this kind would have come out so. Differences are
taken within each shop, where both marketers met the same customers under the same chance, and so are far surer than
the two means are (common random numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.special import stdtrit

from composer.simulation.figures import Outcome
from composer.simulation.world import World

SURE = 0.95
METRICS: Mapping[str, Callable[[Outcome], float]] = {
    "emails": lambda one: one.emails,
    "clicks": lambda one: one.clicked,
    "mail_orders": lambda one: one.mail_orders,
    "orders": lambda one: one.orders,
    "revenue": lambda one: one.revenue,
    "aov": lambda one: one.aov,
    "unsubscribes": lambda one: one.unsubscribed,
    "complaints": lambda one: one.complained,
    "relevance": lambda one: one.relevance,
}
"""A shop each. `mail_orders` are those that followed a click in an e-mail."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Spread(_Frozen):
    """A mean over shops with its interval; None where one shop is all there is."""

    mean: float
    low: float | None = None
    high: float | None = None

    @property
    def tells(self) -> bool:
        """Is it all on one side of nothing?"""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


class CurvePoint(_Frozen):
    """The n-th e-mails of everybody."""

    number: int
    emails: float
    """A shop."""
    relevance: Spread
    products: float
    writing: float


class ArmSummary(_Frozen):
    """One marketer over all shops."""

    arm: str
    metrics: dict[str, Spread]
    curve: tuple[CurvePoint, ...]
    rise: Spread
    """By how much relevance rises from one e-mail to the next: the slope of the curve, least squares."""


class Difference(_Frozen):
    """One marketer less another, in the same shops."""

    arm: str
    against: str
    metrics: dict[str, Spread]


class Report(_Frozen):
    """All of a simulation."""

    world: World
    seeds: tuple[int, ...]
    full: bool = False
    arms: tuple[ArmSummary, ...]
    differences: tuple[Difference, ...]
    """Each arm against those before it in the usual order."""


def summed_up(world: World, outcomes: Sequence[Outcome], *, full: bool = False) -> Report:
    """`outcomes`: of each arm in each shop, in the usual order of arms."""
    by_arm: dict[str, dict[int, Outcome]] = {}
    for one in outcomes:
        by_arm.setdefault(one.arm, {})[one.seed] = one
    names = list(by_arm)
    return Report(
        world=world,
        seeds=tuple(sorted({one.seed for one in outcomes})),
        full=full,
        arms=tuple(_arm(name, [by_arm[name][seed] for seed in sorted(by_arm[name])]) for name in names),
        differences=tuple(
            _difference(by_arm, arm, against) for place, arm in enumerate(names) for against in names[:place]
        ),
    )


def spread(values: Sequence[float]) -> Spread:
    """Student's interval of the mean of these values, one a shop."""
    count, mean = len(values), float(np.mean(values))
    if count < 2:
        return Spread(mean=mean)
    half = float(stdtrit(count - 1, (1 + SURE) / 2) * np.std(values, ddof=1) / count**0.5)
    return Spread(mean=mean, low=mean - half, high=mean + half)


def _arm(name: str, outcomes: Sequence[Outcome]) -> ArmSummary:
    return ArmSummary(
        arm=name,
        metrics={metric: spread([of(one) for one in outcomes]) for metric, of in METRICS.items()},
        curve=_curve(outcomes),
        rise=spread([_slope(one) for one in outcomes]),
    )


def _curve(outcomes: Sequence[Outcome]) -> tuple[CurvePoint, ...]:
    """As long as every shop's is: the last ones of few would be of few shops."""
    curves = [one.curve for one in outcomes]
    return tuple(
        CurvePoint(
            number=points[0].number,
            emails=float(np.mean([one.emails for one in points])),
            relevance=spread([one.relevance for one in points]),
            products=float(np.mean([one.products for one in points])),
            writing=float(np.mean([one.writing for one in points])),
        )
        for points in zip(*curves, strict=False)
    )


def _slope(outcome: Outcome) -> float:
    numbers = np.array([point.number for point in outcome.curve], dtype=float)
    if len(numbers) < 2:
        return 0.0
    weights = np.array([point.emails for point in outcome.curve], dtype=float)
    relevance = np.array([point.relevance for point in outcome.curve])
    apart = numbers - np.average(numbers, weights=weights)
    return float((weights * apart * relevance).sum() / (weights * apart**2).sum())


def _difference(by_arm: Mapping[str, Mapping[int, Outcome]], arm: str, against: str) -> Difference:
    both = sorted(by_arm[arm].keys() & by_arm[against].keys())
    pairs = [(by_arm[arm][seed], by_arm[against][seed]) for seed in both]
    return Difference(
        arm=arm,
        against=against,
        metrics={metric: spread([of(one) - of(other) for one, other in pairs]) for metric, of in METRICS.items()},
    )
