"""Where a customer stands among the shop's: RFM scores by fifths; and what they prefer, where that is clear.

Fifths as in Hughes, *Strategic Database Marketing*, 1994: 5 is the best; equal values get equal scores.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from memory.frozen import Frozen
from memory.learned import load_learned
from memory.model import Interest, Rfm, RfmScores, Traits

FIFTHS, VERSION = "rfm_fifths", "1"
PREFERRED_SHARE = 0.3
"""Of all they lean to of a kind: what is preferred stands out."""
PREFERRED_EVENTS = 2
"""One look is no preference."""
Score = Literal["recency_score", "frequency_score", "monetary_score"]
SCORED: Mapping[Score, Callable[[Rfm], float]] = {
    # The fewer days, the better.
    "recency_score": lambda rfm: -rfm.recency_days,
    "frequency_score": lambda rfm: rfm.frequency,
    "monetary_score": lambda rfm: float(rfm.monetary),
}


class Fifths(Frozen):
    """The largest values of the four lower fifths of each measure, among the customers who have ordered."""

    bounds: dict[Score, tuple[float, ...]]

    def score(self, name: Score, rfm: Rfm) -> int:
        """1..5"""
        return 1 + sum(SCORED[name](rfm) > bound for bound in self.bounds[name])


class FifthsBuilder:
    """Sees everybody; 8 bytes a customer and measure."""

    def __init__(self, scores: Iterable[Score] = tuple(SCORED)) -> None:
        self._values: dict[Score, array[float]] = {score: array("d") for score in scores}

    def see(self, rfm: Rfm | None) -> None:
        """One customer; who has not ordered has no scores and moves no bounds."""
        if rfm is not None:
            for score, values in self._values.items():
                values.append(SCORED[score](rfm))

    def build(self) -> Fifths:
        """Of all who were seen."""
        return Fifths(bounds={score: _bounds(sorted(values)) for score, values in self._values.items()})


def _bounds(ordered: Sequence[float]) -> tuple[float, ...]:
    if len(ordered) < 5:
        return ()
    return tuple(ordered[len(ordered) * fifth // 5 - 1] for fifth in range(1, 5))


def traits_of(rfm: Rfm | None, interests: Sequence[Interest], fifths: Fifths | None) -> Traits:
    """`fifths`: as last learned; without them there are no scores."""
    scores = None
    if rfm is not None and fifths is not None:
        recency, frequency, monetary = (fifths.score(name, rfm) for name in SCORED)
        scores = RfmScores(recency=recency, frequency=frequency, monetary=monetary)
    return Traits(
        rfm=scores,
        preferred_category=_preferred(interests, "category"),
        preferred_brand=_preferred(interests, "brand"),
    )


def _preferred(interests: Sequence[Interest], kind: str) -> str | None:
    """Interests come strongest first."""
    first = next((one for one in interests if one.kind == kind), None)
    if first is None or first.strength < PREFERRED_SHARE or first.events < PREFERRED_EVENTS:
        return None
    return first.value


async def load_fifths(session: AsyncSession) -> Fifths | None:
    """As last learned; None before."""
    known = await load_learned(session, FIFTHS, VERSION)
    return None if known is None else Fifths.model_validate(known.document)
