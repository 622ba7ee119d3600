"""What is believed of each arm: its effect in the shop, in a segment, for a person, each drawn to the one before.

Effects are relative: how much more an e-mail of the arm is worth than one of an even draw, as a share of what e-mails
of its flow are worth, so that flows teach one another. An arm's effect in the shop, in a segment (flow and lifecycle
stage) about the shop's, and for a person about their segment's are normal (Gelman & Hill 2007, ch. 12), with variances
learned from how much arms and segments do differ (empirical Bayes: Efron & Morris 1977). Angles are of a flow: their
shop is the flow, and its lifecycle stages are the segments. Offers have a scale of their own: what is left of orders.

What a segment shows is the difference of two self-normalised, inverse-propensity-weighted means (Swaminathan &
Joachims 2015). Its variance is that of any e-mail of the flow, by as many e-mails as its weights are worth (Kish 1965):
its own few outcomes would often seem to know exactly that nothing comes of anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from composer.bandit.model import STATE_ONLY, Tried
from composer.bandit.reward import (
    KINDS,
    QUANTUM,
    USUAL,
    Kind,
    Worth,
    apart,
    average,
    gross,
    learned_worth,
    noise,
)
from composer.bandit.statistics import Cell, Segment, Statistics, Total, scale_at
from memory.pooling import USUAL_SPREAD

K = TypeVar("K")
V = TypeVar("V")
Array = NDArray[np.float64]
BY_FLOW = frozenset({"angle"})
"""Dimensions whose arms are a flow's own."""
USUAL_ARMS, USUAL_SEGMENTS = 0.25, 0.15
"""Standard deviations, relative to what e-mails are worth: of arms in the shop, of segments about the shop."""
SPREADS: tuple[float, ...] = tuple(0.02 * 1.6**step for step in range(10))
"""From 0.02 to 1.37: finer or wider would change no draw visibly."""
SURENESS = 1.0
"""Standard deviation, on the log scale, of what is believed of a spread before any e-mail was sent."""
PERSONS_DIFFER = 1.0
"""Standard deviation, on the log scale, of what e-mails to one person are worth: as `memory.responses.priors`."""
LEAST_LEVEL = 0.25
"""Of a person against their flow: whoever never clicks has not shown that they never will."""
MOST_CACHED = 4_096
"""Answers: of some 60 segments, and the arms that were allowed together."""
_POINTS = np.concatenate([np.linspace(-8.0, -3.6, 4), np.linspace(-3.0, 3.0, 25), np.linspace(3.6, 8.0, 4)])


class Belief(NamedTuple):
    """A normal distribution."""

    mean: float
    variance: float


class Shown(NamedTuple):
    """What a segment's own e-mails show of an arm: an effect, its variance, and how many e-mails it rests on."""

    effect: float
    variance: float
    emails: int


class Flow(NamedTuple):
    """The scale of effects in a flow."""

    worth: float
    """Of an e-mail, before losses, in orders: above 0."""
    noise: float
    """Variance of one e-mail's worth, relative to it."""


class Scale(NamedTuple):
    """In what effects of some dimensions are told."""

    worth: Worth
    order: float
    """What an average order brings, in usual orders."""
    flows: Mapping[str, Flow]


@dataclass(frozen=True)
class Spreads:
    """How much effects differ, in one dimension. Relative, as effects are."""

    arms: float = USUAL_ARMS
    segments: float = USUAL_SEGMENTS
    persons: float = USUAL_SPREAD


@dataclass(frozen=True)
class Posterior:
    """All that is believed. Pure data, and equal questions get equal answers."""

    worth: Worth = USUAL
    flows: Mapping[str, Flow] = field(default_factory=dict)
    shown: Mapping[tuple[str, str, str], Mapping[Segment, Shown]] = field(default_factory=dict)
    """(dimension, its flow or nothing, arm) -> by segment."""
    spreads: Mapping[str, Spreads] = field(default_factory=dict)
    _beliefs: dict[tuple[str, Segment, str], Belief] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    _shares: dict[tuple[str, Segment, tuple[str, ...]], tuple[float, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def flow(self, name: str) -> Flow:
        """Its scale; the usual one of a flow that nobody got an e-mail of."""
        return self.flows.get(name, _USUAL_FLOW)

    def spread(self, dimension: str) -> Spreads:
        """The usual ones where nothing was shown."""
        return self.spreads.get(dimension, _USUAL_SPREADS)

    def in_shop(self, dimension: str, flow: str, arm: str) -> Belief:
        """The arm's effect in the shop (of an angle: in `flow`)."""
        return self._pooled(dimension, self._of(dimension, flow, arm), without=None)

    def in_segment(self, dimension: str, segment: Segment, arm: str) -> Belief:
        """The arm's effect in a segment; where nothing was shown there, the shop's with the spread of segments."""
        asked = (dimension, segment, arm)
        known = self._beliefs.get(asked)
        return _kept(self._beliefs, asked, self._in_segment(*asked)) if known is None else known

    def best_in(self, dimension: str, segment: Segment, arms: tuple[str, ...]) -> tuple[float, ...]:
        """How likely each arm is to be the best for those of whom nothing is known but their segment."""
        asked = (dimension, segment, arms)
        known = self._shares.get(asked)
        if known is not None:
            return known
        return _kept(self._shares, asked, best([self.in_segment(dimension, segment, arm) for arm in arms]))

    def _in_segment(self, dimension: str, segment: Segment, arm: str) -> Belief:
        found = self._of(dimension, segment.flow, arm)
        shop = self._pooled(dimension, found, without=segment)
        prior = Belief(shop.mean, shop.variance + self.spread(dimension).segments ** 2)
        own = found.get(segment)
        return prior if own is None else updated(prior, own.effect, own.variance)

    def knows(self, dimension: str, flow: str, arms: Iterable[str]) -> bool:
        """Whether any e-mail has shown anything of one of the arms."""
        return any(self._of(dimension, flow, arm) for arm in arms)

    def emails(self, dimension: str, flow: str, arm: str) -> int:
        """That the belief rests on, in the shop."""
        return sum(one.emails for one in self._of(dimension, flow, arm).values())

    def for_person(
        self, dimension: str, segment: Segment, arms: Sequence[str], own: Mapping[str, Tried]
    ) -> list[Belief]:
        """As `in_segment`, with what came of the person's own e-mails of these arms.

        What they show is relative to the person's own level: whoever clicks everything prefers nothing by that. Their
        taste moves the mean alone: it is used as far as it is known and not explored, as nobody gets so many e-mails
        that trying each arm on each person would pay (`benchmarks.bandit`).
        """
        tried = [own.get(arm, _UNTRIED) for arm in arms]
        flow = self.flow(segment.flow)
        level = _level(flow, tried)
        apart = self.spread(dimension).persons ** 2
        one_email = flow.noise * flow.worth / level
        found = []
        for arm, mine in zip(arms, tried, strict=True):
            belief = self.in_segment(dimension, segment, arm)
            before, shown = 1 / (belief.variance + apart), mine.weight / one_email
            # Their mean reward times its precision: nothing is divided by a weight, which may be next to nothing.
            pull = (mine.reward / level - mine.weight) / one_email
            found.append(Belief((belief.mean * before + pull) / (before + shown), belief.variance))
        return found

    def _of(self, dimension: str, flow: str, arm: str) -> Mapping[Segment, Shown]:
        return self.shown.get((dimension, flow if dimension in BY_FLOW else "", arm), {})

    def _pooled(self, dimension: str, found: Mapping[Segment, Shown], without: Segment | None) -> Belief:
        """The effect in the shop, by all segments but one."""
        spread = self.spread(dimension)
        precision, pull = 1 / spread.arms**2, 0.0
        for segment, one in found.items():
            if segment != without:
                weight = 1 / (spread.segments**2 + one.variance)
                precision += weight
                pull += weight * one.effect
        return Belief(pull / precision, 1 / precision)


def _kept(cache: dict[K, V], asked: K, found: V) -> V:
    if len(cache) >= MOST_CACHED:
        cache.clear()
    cache[asked] = found
    return found


def updated(prior: Belief, seen: float, variance: float) -> Belief:
    """By one normal observation."""
    precision = 1 / prior.variance + 1 / variance
    return Belief((prior.mean / prior.variance + seen / variance) / precision, 1 / precision)


def best(beliefs: Sequence[Belief]) -> tuple[float, ...]:
    """How likely each is to be the greatest: Thompson sampling's shares (1933), without sampling.

    Of two in closed form; of more by quadrature on points that are close where any of the distributions rises, exact
    to about 0.002. Sums up to 1.
    """
    if len(beliefs) == 2:
        one, other = beliefs
        first = float(ndtr((one.mean - other.mean) / sqrt(one.variance + other.variance)))
        return first, 1.0 - first
    means = np.array([[one.mean] for one in beliefs])
    sizes = np.array([[sqrt(one.variance)] for one in beliefs])
    points = (means + sizes * _POINTS).ravel()
    points.sort()
    below = ndtr((points - means) / sizes)
    left, right = below[:, :-1], below[:, 1:]
    rises, middles = right - left, (right + left) / 2
    # Of all the others: those before an arm times those after it, as nothing may be divided by what may be 0.
    before, after = np.ones_like(middles), np.ones_like(middles)
    np.cumprod(middles[:-1], axis=0, out=before[1:])
    np.cumprod(middles[:0:-1], axis=0, out=after[-2::-1])
    shares = (rises * before * after).sum(axis=1)
    shares /= shares.sum()
    return tuple(shares.tolist())


def learn_posterior(statistics: Statistics, as_of: datetime, persons: Mapping[str, float]) -> Posterior:
    """What all e-mails show as of a moment. `persons`: how much people's log-odds differ, by dimension."""
    emails_now = scale_at(as_of)
    by_money, by_what_is_left = _scales(statistics, emails_now)
    shown: dict[tuple[str, str, str], dict[Segment, Shown]] = defaultdict(dict)
    for key, cell in sorted(statistics.cells.items()):
        scale = by_what_is_left if key.dimension in STATE_ONLY else by_money
        found = _shown(cell, key.segment.flow, scale, emails_now)
        if found is not None:
            group = key.segment.flow if key.dimension in BY_FLOW else ""
            shown[key.dimension, group, key.arm][key.segment] = found
    dimensions = sorted({dimension for dimension, _, _ in shown} | set(persons))
    spreads = {
        name: learn_spreads(
            [list(one.values()) for (dimension, _, _), one in shown.items() if dimension == name],
            persons.get(name, USUAL_SPREAD),
        )
        for name in dimensions
    }
    return Posterior(by_money.worth, by_money.flows, dict(shown), spreads)


def _scales(statistics: Statistics, emails_now: float) -> tuple[Scale, Scale]:
    """By the money that e-mails bring, and by what is left of it. An offer's clicks say nothing of what it costs."""
    everything, by_flow = Total(), defaultdict[str, Total](Total)
    for segment, total in statistics.totals.items():
        everything.merge(total)
        by_flow[segment.flow].merge(total)
    kinds, revenue, squares, left, left_squares = _in_emails(everything, emails_now)
    orders = kinds[Kind.ORDERED] + kinds[Kind.ORDERED_AND_LEFT]
    order, leaves = average(orders, revenue), average(orders, left)
    worth = learned_worth(kinds, apart(orders, revenue, squares, order))
    of_offers = worth._replace(click=0.0, apart=apart(orders, left, left_squares, leaves))

    def scale(of: Worth, brings: float) -> Scale:
        flows = {name: _flow(_in_emails(total, emails_now)[0], of) for name, total in sorted(by_flow.items())}
        return Scale(of, brings, flows)

    return scale(worth, order), scale(of_offers, leaves)


def _in_emails(total: Total, emails_now: float) -> tuple[list[float], float, float, float, float]:
    kinds = [one / emails_now for one in total.kinds]
    sums = (total.revenue, total.revenue_squares, total.left, total.left_squares)
    revenue, squares, left, left_squares = (one / emails_now for one in sums)
    return kinds, revenue, squares, left, left_squares


def learn_spreads(arms: Sequence[Sequence[Shown]], persons: float = USUAL_SPREAD) -> Spreads:
    """Under which all that was shown is most likely, near the usual ones where little was. `arms`: by segment each."""
    between, within = np.meshgrid(np.array(SPREADS), np.array(SPREADS), indexing="ij")
    likely = -((np.log(between / USUAL_ARMS) / SURENESS) ** 2 + (np.log(within / USUAL_SEGMENTS) / SURENESS) ** 2) / 2
    for segments in arms:
        likely += _log_likelihood(segments, between**2, within**2)
    place = np.unravel_index(int(np.argmax(likely)), likely.shape)
    return Spreads(float(between[place]), float(within[place]), persons)


def _log_likelihood(segments: Sequence[Shown], between: Array, within: Array) -> Array:
    """Of one arm's effects, normal with what the shop's effect has in common (Sherman & Morrison 1950)."""
    effects = np.array([one.effect for one in segments])
    apart = within[..., None] + np.array([one.variance for one in segments])
    precision, pull = (1 / apart).sum(-1), (effects / apart).sum(-1)
    common = 1 + between * precision
    squares = (effects**2 / apart).sum(-1) - between * pull**2 / common
    found: Array = -(np.log(apart).sum(-1) + np.log(common) + squares) / 2
    return found


def _shown(cell: Cell, flow_name: str, scale: Scale, emails_now: float) -> Shown | None:
    chosen, even = sum(cell.chosen), sum(cell.even)
    if not chosen or not even:
        return None
    flow = scale.flows[flow_name]
    mine = _mean(cell.chosen, cell.brought, chosen, scale)
    theirs = _mean(cell.even, cell.brought_even, even, scale)
    worth_emails = (chosen / emails_now) * (chosen / cell.squares)
    return Shown((mine - theirs) / flow.worth, flow.noise / worth_emails, cell.emails)


def _mean(kinds: Sequence[int], brought: int, emails: int, scale: Scale) -> float:
    """Worth of an e-mail; orders by what they brought in place of 1 each."""
    by_kind = sum(weight / emails * value for weight, value in zip(kinds, scale.worth.kinds, strict=True))
    orders = (kinds[Kind.ORDERED] + kinds[Kind.ORDERED_AND_LEFT]) / emails
    return by_kind + brought / emails / QUANTUM / scale.order - orders


def _flow(kinds: Sequence[float], worth: Worth) -> Flow:
    value = gross(kinds, worth)
    return Flow(value, noise(kinds, worth) / value**2)


def _level(flow: Flow, tried: Sequence[Tried]) -> float:
    """What e-mails to this person are worth, drawn to the flow's as little as one e-mail says."""
    strength = flow.noise / PERSONS_DIFFER**2
    reward = sum(one.reward for one in tried) + strength * flow.worth
    return max(reward / (sum(one.weight for one in tried) + strength), LEAST_LEVEL * flow.worth)


def interval(belief: Belief, quantile: float) -> tuple[float, float]:
    """The middle of it: `quantile` 1.2816 for 80 %."""
    wide = quantile * sqrt(belief.variance)
    return belief.mean - wide, belief.mean + wide


_UNTRIED = Tried(0.0, 0.0)
_USUAL_FLOW = _flow([0.0] * KINDS, USUAL)
_USUAL_SPREADS = Spreads()
