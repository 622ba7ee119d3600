"""Dimensions, the situation of a decision, one draw, and what a policy is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, get_args

from pydantic import Field

from composer.writing import Value
from memory.model import Lifecycle

Dimension = Literal["angle", "tone", "length", "subject", "cta", "picks", "exploration", "offer", "slot"]
"""What may vary for a person: the angle, tone and length of the text, the style of subject and call to action, the
number of picks, how many of them explore, the offer among those the brief allows, the part of the day."""
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
STATE_ONLY: frozenset[Dimension] = frozenset({"offer"})
"""Decided by flow and lifecycle alone, never by what is known of the person: everyone in the same state has the same
chance of the same offers."""


class Tried(NamedTuple):
    """A person's own e-mails of one arm, weighted by their age."""

    weight: float
    """In e-mails of today."""
    reward: float
    """Weighted sum of what came of them (`composer.bandit.reward`)."""


Own = Mapping[Dimension, Mapping[str, Tried]]
"""Of one person: dimension -> arm -> what came of their e-mails of it."""


class Situation(Value):
    """All that a decision may depend on. It holds nothing of who somebody is: no name, gender, age or place."""

    flow: str
    step: str = ""
    lifecycle: Lifecycle
    per_week: int = 0
    """E-mails they had in the last seven days."""
    emails: int = 0
    """E-mails of ours that their own evidence rests on."""
    own: dict[Dimension, dict[str, Tried]] = Field(default_factory=dict)


class Choice(Value):
    """One draw."""

    arm: str
    probability: float = Field(gt=0.0, le=1.0)
    """With which it was drawn, given the situation."""
    arms: tuple[str, ...]
    """Those that were allowed, in their order."""


class Policy(Protocol):
    """How likely each arm is. Pure: equal questions, equal answers, in whichever process."""

    @property
    def name(self) -> str:
        """With the version of its rules: `thompson-1`."""
        ...

    @property
    def learned(self) -> str:
        """The version of what it learned; empty where it has learned nothing."""
        ...

    def shares(self, situation: Situation, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...]:
        """How likely each of `arms` (one or more) is, in their order: above 0 each, 1 together."""
        ...
