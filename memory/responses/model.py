"""What recall says a customer responds to. Steers what is written; is never said in it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from memory.frozen import Frozen
from memory.responses.trials import Dimension, Outcome


@dataclass(frozen=True, slots=True)
class Rate:
    """How often their e-mails come to something. `low` to `high` is an 80 % interval."""

    estimate: float
    low: float
    high: float
    shop: float
    """The shop's rate."""
    succeeded: int
    """Of their own e-mails, unweighted."""
    emails: int
    own_share: float
    """0..1: how much of the estimate is their own evidence; the rest is the shop's."""


@dataclass(frozen=True, slots=True)
class Arm(Rate):
    """The rate of e-mails of one arm."""

    arm: str = ""


class Preference(Frozen):
    """The arms of one dimension."""

    dimension: Dimension
    outcome: Outcome
    """By which its arms are judged."""
    arms: tuple[Arm, ...]
    """Best first."""
    tells: bool
    """Whether the best is better than the others, as far as can be told: its interval lies above their estimates."""
    reason: str


class Frequency(Frozen):
    """How many e-mails a week they can do with."""

    recommended_per_week: int | None
    """None: cannot tell. Never above what the shop has tried; the brand's cap is another matter."""
    reason: str


class Responses(Frozen):
    """What became of our e-mails to one customer, and what that says about the next."""

    emails: int = 0
    """That arrived three days ago or earlier, of the newest 60."""
    rates: dict[Outcome, Rate] = Field(default_factory=dict)
    preferences: tuple[Preference, ...] = ()
    frequency: Frequency | None = None

    def preference(self, dimension: Dimension) -> Preference | None:
        """That of one dimension; None where no arm of it is known."""
        return next((one for one in self.preferences if one.dimension == dimension), None)
