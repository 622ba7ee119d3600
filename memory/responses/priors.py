"""What the shop as a whole shows: how often e-mails come to something, by flow and arm, and how people differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from memory.learned import Learned, load_learned
from memory.pooling import WEAK_STRENGTH
from memory.responses.trials import Dimension, Outcome

NAME, VERSION = "responses", "responses-1"
USUAL_RATES: dict[Outcome, float] = {"opened": 0.35, "clicked": 0.026, "ordered": 0.005, "left": 0.002}
"""Until anything was learned: Mailchimp's published averages of all its users (2023), rounded; orders are our guess."""


@dataclass(frozen=True)
class ResponsePriors:
    """Means, and strengths in e-mails. A ratio says how much more often an arm succeeds than its flows let expect."""

    rates: Mapping[Outcome, float] = field(default_factory=lambda: dict(USUAL_RATES))
    flows: Mapping[Outcome, Mapping[str, float]] = field(default_factory=dict)
    person_strength: Mapping[Outcome, float] = field(default_factory=dict)
    ratios: Mapping[Dimension, Mapping[str, float]] = field(default_factory=dict)
    strengths: Mapping[Dimension, float] = field(default_factory=dict)
    per_week: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """E-mails a week -> [how many of them were seen, the rate at which they made people leave]."""
    emails: int = 0
    """How many they were learned from; 0: nothing was learned yet."""

    def expected(self, outcome: Outcome, flow: str) -> float:
        """The rate of a flow's e-mails."""
        return self.flows.get(outcome, {}).get(flow, self.rates[outcome])

    def ratio(self, dimension: Dimension, arm: str) -> float:
        """1 for an arm nobody has seen."""
        return self.ratios.get(dimension, {}).get(arm, 1.0)

    def strength(self, dimension: Dimension) -> float:
        """Of the expectation for one person and one arm."""
        return self.strengths.get(dimension, WEAK_STRENGTH)

    def strength_of_person(self, outcome: Outcome) -> float:
        """Of the expectation for one person."""
        return self.person_strength.get(outcome, WEAK_STRENGTH)

    def learned(self, as_of: datetime) -> Learned:
        """As it is kept."""
        return Learned(NAME, VERSION, as_of, {one.name: getattr(self, one.name) for one in fields(self)})


NO_PRIORS = ResponsePriors()


async def read_responses(session: AsyncSession) -> ResponsePriors:
    """What was learned last; what is usual elsewhere before anything was."""
    learned = await load_learned(session, NAME, VERSION)
    return NO_PRIORS if learned is None else ResponsePriors(**learned.document)
