"""The dice of one e-mail: each dimension drawn on its own, by a policy, the same for the same key."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from composer import chance
from composer.bandit.model import STATE_ONLY, Choice, Dimension, Policy, Situation


@dataclass(frozen=True, slots=True)
class Dice:
    """What every draw about one e-mail goes by."""

    policy: Policy
    situation: Situation
    key: tuple[str, ...]
    """The idempotency key: campaign, version, customer, step, occasion."""

    def draw(self, dimension: Dimension, arms: Sequence[str]) -> Choice:
        """One of `arms` (one or more, each once), and how likely it was."""
        if len(arms) == 1:
            return Choice(arm=arms[0], probability=1.0, arms=tuple(arms))
        shares = self.policy.shares(self._known(dimension), dimension, arms)
        place = _place(shares, chance.unit("decision", self.policy.name, dimension, *self.key))
        return Choice(arm=arms[place], probability=shares[place], arms=tuple(arms))

    def _known(self, dimension: Dimension) -> Situation:
        """What the policy is told: of an offer the state alone, so that all in one have the same chances."""
        if dimension not in STATE_ONLY:
            return self.situation
        return Situation(flow=self.situation.flow, lifecycle=self.situation.lifecycle)


def _place(shares: Sequence[float], unit: float) -> int:
    """The place in which `unit`, from 0 to 1, falls. What rounding leaves over is the last one's."""
    ends = list(accumulate(shares))
    return min(bisect_right(ends, unit), len(ends) - 1)
