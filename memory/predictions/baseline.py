"""The baseline: Pareto/NBD for when they buy, Gamma-Gamma for how much. Seven parameters of a shop.

Against BG/NBD, which is easier to compute, it was the better forecast of value on CDNOW.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from memory.predictions.features import Known
from memory.predictions.histories import Floats
from memory.predictions.paretonbd import ParetoNbd
from memory.predictions.spend import GammaGamma


@dataclass(frozen=True, slots=True)
class Baseline:
    """Fitted to one moment."""

    buying: ParetoNbd
    spending: GammaGamma

    @classmethod
    def fit(cls, known: Known) -> Self:
        """To what was known then."""
        return cls(ParetoNbd.fit(known.summary), GammaGamma.fit(known.counts, known.mean_spend))

    def buys_within(self, known: Known, days: float) -> Floats:
        """[n] in 0..1"""
        return self.buying.buys_within(known.summary, days)

    def value_within(self, known: Known, days: float) -> Floats:
        """[n] spent in the next `days`, in mean orders of the shop."""
        each = self.spending.expected(known.counts, known.mean_spend)
        return self.buying.purchases_within(known.summary, days) * each

    def document(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """The opposite of `document`."""
        return cls(ParetoNbd(**document["buying"]), GammaGamma(**document["spending"]))
