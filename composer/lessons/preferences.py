"""What reviewers like: votes for and against ways to write, as the odds with which the decision draws them.

A vote is for or against one arm of one dimension (angle, tone, length). Rates of approval are partially pooled: a
flow's is drawn to the shop's, and the shop's to what reviewers approve of all in all, the more the fewer votes there
are (`memory.pooling`). The draw is a softmax over them (Luce, "Individual choice behavior", 1959), mixed with an even
one, so that no arm is ever certain or lost, and what follows can be measured. Where nothing was ever held against an
arm the draw is even, however often each was seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import exp
from typing import Literal, NamedTuple

from memory.pooling import Pooled, pool

Dimension = Literal["angle", "tone", "length"]
DIMENSIONS: tuple[Dimension, ...] = ("angle", "tone", "length")
EVENLY = 0.2
"""Share of e-mails whose arm is drawn evenly, whatever reviewers like: of k arms, none gets less than 0.2 / k."""
STRENGTH = 8.0
"""Votes that the shop's rate weighs as much as in a flow's, and the mean in the shop's."""
TEMPERATURE = 0.15
"""Of the softmax: an arm that is approved of ten points more often (80 % and 70 %) is drawn about twice as often."""


class Votes(NamedTuple):
    """Of reviewers, about one arm."""

    good: int = 0
    bad: int = 0

    @property
    def all(self) -> int:
        """Both."""
        return self.good + self.bad

    @property
    def counted(self) -> tuple[int, int]:
        """Good ones, and all."""
        return self.good, self.all


class Voted(NamedTuple):
    """What the votes are about."""

    flow: str
    dimension: str
    arm: str


@dataclass(frozen=True)
class Preferences:
    """All votes of a shop. Equal votes, equal draws, in whichever process."""

    votes: Mapping[Voted, Votes] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """Changes with the votes; empty without any."""
        if not self.votes:
            return ""
        lines = sorted("\x1f".join((*about, str(v.good), str(v.bad))) for about, v in self.votes.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

    def shares(self, flow: str, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...]:
        """How likely each of `arms` is to be drawn, in their order; they add up to 1."""
        even = 1 / len(arms)
        if not any(self._cast(dimension, arm)[1] for arm in arms):
            return (even,) * len(arms)
        weights = [exp(self.rate(flow, dimension, arm).estimate / TEMPERATURE) for arm in arms]
        return tuple(EVENLY * even + (1 - EVENLY) * weight / sum(weights) for weight in weights)

    def rate(self, flow: str, dimension: Dimension, arm: str) -> Pooled:
        """The rate of approval of an arm in this flow, with its 80 % interval."""
        usual = pool(*self._cast(dimension, arm), self._mean(dimension), STRENGTH).estimate
        return pool(*self.of(flow, dimension, arm).counted, usual, STRENGTH)

    def of(self, flow: str, dimension: str, arm: str) -> Votes:
        """The votes about an arm in one flow."""
        return self.votes.get(Voted(flow, dimension, arm), Votes())

    def _mean(self, dimension: str) -> float:
        """What reviewers approve of all in all."""
        good, cast = self._cast(dimension, "")
        return good / cast if cast else 0.5

    def _cast(self, dimension: str, arm: str) -> tuple[int, int]:
        """Good votes and all votes about an arm in all flows; of the empty arm, about the whole dimension."""
        return self._shop.get((dimension, arm), (0, 0))

    @cached_property
    def _shop(self) -> dict[tuple[str, str], tuple[int, int]]:
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for about, votes in self.votes.items():
            for key in ((about.dimension, about.arm), (about.dimension, "")):
                good, cast = found.get(key, (0, 0))
                found[key] = (good + votes.good, cast + votes.all)
        return found


NO_PREFERENCES = Preferences()
