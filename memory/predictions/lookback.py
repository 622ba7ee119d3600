"""The shop as it was at earlier moments, each looked at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from memory.predictions.baseline import Baseline
from memory.predictions.features import Known, table
from memory.predictions.histories import Days, Floats, Histories

STEP_DAYS = 30
"""Between moments taught at. All horizons are multiples of it, so that they share moments."""
MOST_CUTS = 8
LEAST_HISTORY_DAYS = 60
"""Before a moment taught or judged at: somebody's second purchase must have had a chance."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What was known at one moment."""

    known: Known
    features: Floats

    @classmethod
    def of(cls, histories: Histories, cut: float) -> Moment:
        """Nothing after `cut` is looked at."""
        known = Known.of(histories, cut)
        return cls(known, table(known))

    @cached_property
    def baseline(self) -> Baseline:
        """Fitted to it; a second's work."""
        return Baseline.fit(self.known)


@dataclass(slots=True, eq=False)
class Lookback:
    """Moments by their day."""

    histories: Histories
    _moments: dict[float, Moment] = field(default_factory=dict)

    @property
    def start(self) -> float:
        """The first order of all; infinite where there is none."""
        return float(self.histories.at.min(initial=np.inf))

    def moment(self, cut: float) -> Moment:
        """As of `cut`."""
        if cut not in self._moments:
            self._moments[cut] = Moment.of(self.histories, cut)
        return self._moments[cut]

    def cuts(self, now: float, horizon: float) -> list[float]:
        """Moments at which one can be taught, at `now`, what happened in the `horizon` days after; newest first."""
        every = (now - horizon - STEP_DAYS * number for number in range(MOST_CUTS))
        return [cut for cut in every if cut - self.start >= LEAST_HISTORY_DAYS]

    def after(self, cut: float, horizon: float) -> tuple[Floats, Floats]:
        """[n] buying days and [n] spent in the `horizon` days after `cut`, of those known then."""
        rows = self.moment(cut).known.rows
        days: Days = self.histories.between(cut, cut + horizon)
        return days.counts()[rows].astype(np.float64), days.totals()[rows]
