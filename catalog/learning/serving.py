"""What was learned, at work for one person: which products deserve a look, how likely each is bought, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.columns import Mask
from catalog.learning.features import features
from catalog.learning.interactions import Numbers
from catalog.learning.model import NOWHERE, Bound
from catalog.learning.profile import from_signals
from catalog.learning.reading import SOURCES, Reading, propose, read
from catalog.model import Signal

if TYPE_CHECKING:
    from catalog.view import CatalogView

MOST_SEEDS = 3


class Spoken(NamedTuple):
    """Why a product was proposed: the customer's own products that spoke most for it, the strongest first."""

    numbers: tuple[int, ...]
    together: bool
    """Whether the first of them was bought in one order with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Insight:
    """One person, read against one view."""

    view: CatalogView
    bound: Bound
    reading: Reading

    def proposed(self, allowed: Mask) -> Numbers:
        """View rows worth a closer look, ascending. `allowed` [rows] comes first: no limit empties the answer."""
        rows = self.bound.rows
        there = rows != NOWHERE
        open_ = there & allowed[np.where(there, rows, 0)] if len(allowed) else there & False
        return np.sort(rows[propose(self.bound.shop, self.reading, open_)])

    def probability(self, rows: Numbers) -> NDArray[np.float64]:
        """[k] of being bought in the weeks to come. Only where a ranker is in use."""
        ranker = self.bound.ranker
        assert ranker is not None, "asked for a probability where no ranker is in use"
        numbers = self.bound.numbers_at(rows)
        return ranker.probability(features(self.view, self.bound.shop, self.bound, self.reading, rows, numbers))

    def seeds(self, row: int) -> Spoken:
        """What of this person's past speaks most for a product, over all lists."""
        number = self.bound.number(row)
        past = np.unique(np.concatenate([self.reading.basket.product, self.reading.profile.touched]))
        total = np.zeros(len(past))
        first = np.zeros(len(past), dtype=np.bool_)
        for name in dict.fromkeys(name for name, _ in SOURCES):
            entries = self.bound.shop.lists[name].entries(past)
            of = entries.other == number
            total[entries.seed[of]] += entries.score[of]
            if name == "together":
                first[entries.seed[of]] = True
        best = np.argsort(-total, kind="stable")[:MOST_SEEDS]
        best = best[total[best] > 0]
        return Spoken(tuple(past[best].tolist()), bool(len(best)) and bool(first[best[0]]))


def insight(view: CatalogView, signals: tuple[Signal, ...], now: datetime) -> Insight | None:
    """None where no ranker is in use."""
    bound = view.learned
    if bound is None or bound.ranker is None:
        return None
    profile = from_signals(signals, bound.learned.number_of, now)
    return Insight(view, bound, read(bound.shop, profile))
