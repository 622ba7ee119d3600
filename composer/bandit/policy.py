"""The policies: what outcomes and reviews taught (`Thompson`), reviews alone (`Prior`), neither (`Even`).

All are pure, and leave a share to every arm that was allowed, so that what comes of it can be learned from and judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from composer.bandit.arms import MORE, NONE, USUAL
from composer.bandit.model import STATE_ONLY, Dimension, Situation
from composer.bandit.posterior import Posterior, best
from composer.bandit.statistics import Segment
from composer.lessons.preferences import NO_PREFERENCES, Preferences

EXPLORE = 0.1
"""Share of e-mails whose arm is drawn evenly, whatever was learned, where a brief says nothing else."""


@dataclass(frozen=True)
class Even:
    """Every arm alike."""

    name: str = "uniform-1"
    learned: str = ""

    def shares(self, situation: Situation, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...]:
        """1 of as many as there are."""
        return (1 / len(arms),) * len(arms)


@dataclass(frozen=True)
class Prior:
    """What reviewers like, and evenly where they said nothing: the safe start, and what there is to fall back to."""

    preferences: Preferences = NO_PREFERENCES
    name: str = "reviews-1"

    @property
    def learned(self) -> str:
        """The version of the votes."""
        return self.preferences.version

    def shares(self, situation: Situation, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...]:
        """By the votes about arms of this flow, mixed with an even draw (`Preferences.shares`)."""
        return _liked(self.preferences, situation.flow, dimension, arms)


@dataclass(frozen=True)
class Thompson:
    """How likely each arm is to be the best, by outcomes, times how reviewers like it, mixed with an even draw."""

    posterior: Posterior = field(default_factory=Posterior)
    version: str = ""
    """Of what outcomes taught; empty for nothing."""
    preferences: Preferences = NO_PREFERENCES
    explore: float = EXPLORE
    """0 to 1: the share that is drawn evenly. Of k arms none gets less than `explore / k`."""
    name: str = "thompson-1"

    @property
    def learned(self) -> str:
        """The versions of what outcomes and reviews taught, joined; empty where neither did."""
        return ".".join(filter(None, (self.version, self.preferences.version)))

    def shares(self, situation: Situation, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...]:
        """Exactly even where neither outcomes nor reviews say anything of any arm."""
        names = tuple(arms)
        liked = _liked(self.preferences, situation.flow, dimension, names)
        odds = [likely * wanted for likely, wanted in zip(self._best(situation, dimension, names), liked, strict=True)]
        all_odds, even = sum(odds), 1 / len(names)
        if max(odds) - min(odds) < _ALIKE:
            return (even,) * len(names)
        shares = tuple(self.explore * even + (1 - self.explore) * one / all_odds for one in odds)
        return within_budget(names, shares) if dimension == "exploration" else shares

    def _best(self, situation: Situation, dimension: Dimension, arms: tuple[str, ...]) -> tuple[float, ...]:
        """Offers go by flow and lifecycle stage alone: whoever is in the same state has the same chance."""
        segment = Segment(situation.flow, situation.lifecycle)
        own = {} if dimension in STATE_ONLY else situation.own.get(dimension, {})
        if any(own[arm].weight > 0 for arm in arms if arm in own):
            return best(self.posterior.for_person(dimension, segment, arms, own))
        return self.posterior.best_in(dimension, segment, arms)


def within_budget(arms: Sequence[str], shares: tuple[float, ...]) -> tuple[float, ...]:
    """Of how much picks explore: `more` no likelier than `none`, what is over going to `usual`, so that on average the
    shop's share is explored at most, whatever was learned."""
    if MORE not in arms:
        return shares
    likely = dict(zip(arms, shares, strict=True))
    over = max(0.0, likely[MORE] - likely[NONE])
    likely[MORE] = min(likely[MORE], likely[NONE])
    likely[USUAL] += over
    return tuple(likely.values())


def _liked(preferences: Preferences, flow: str, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...]:
    """Reviewers vote on a text: on its angle, tone and length."""
    if dimension in ("angle", "tone", "length"):
        return preferences.shares(flow, dimension, arms)
    return (1 / len(arms),) * len(arms)


_ALIKE = 1e-12
"""Odds that differ by rounding alone."""
