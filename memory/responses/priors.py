"""What the shop as a whole shows: how often e-mails come to something, by flow and arm, and how people differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from memory.learned import Learned, load_learned
from memory.pooling import USUAL_SPREAD
from memory.responses.trials import Dimension, Outcome

NAME, VERSION = "responses", "responses-1"
USUAL_RATES: dict[Outcome, float] = {"opened": 0.35, "clicked": 0.026, "ordered": 0.005, "left": 0.002}
"""Until anything was learned: Mailchimp's published averages of all its users (2023), rounded; orders are our guess."""


PERSON_SPREAD = 1.0
"""Until anything was learned: some click three times as often as others, and more."""


@dataclass(frozen=True)
class ResponsePriors:
    """Means, spreads of log-odds between people, and how much more often arms succeed than their flows let expect."""

    rates: Mapping[Outcome, float] = field(default_factory=lambda: dict(USUAL_RATES))
    flows: Mapping[Outcome, Mapping[str, float]] = field(default_factory=dict)
    person_spreads: Mapping[Outcome, float] = field(default_factory=dict)
    ratios: Mapping[Dimension, Mapping[str, float]] = field(default_factory=dict)
    spreads: Mapping[Dimension, float] = field(default_factory=dict)
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

    def spread(self, dimension: Dimension) -> float:
        """Between people, in one arm, about what their other e-mails let expect."""
        return self.spreads.get(dimension, USUAL_SPREAD)

    def spread_of_persons(self, outcome: Outcome) -> float:
        """Between people, in all e-mails together."""
        return self.person_spreads.get(outcome, PERSON_SPREAD)

    def learned(self, as_of: datetime) -> Learned:
        """As it is kept."""
        return Learned(NAME, VERSION, as_of, {one.name: getattr(self, one.name) for one in fields(self)})


NO_PRIORS = ResponsePriors()


async def read_responses(session: AsyncSession) -> ResponsePriors:
    """What was learned last; what is usual elsewhere before anything was."""
    learned = await load_learned(session, NAME, VERSION)
    return NO_PRIORS if learned is None else ResponsePriors(**learned.document)
