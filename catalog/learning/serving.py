"""What was learned, at work for one person: which products deserve a look, how likely each is bought, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.columns import Mask
from catalog.learning.features import features
from catalog.learning.interactions import CARTED, VIEWED, WISHED, Numbers
from catalog.learning.model import NOWHERE, Bound
from catalog.learning.profile import from_signals
from catalog.learning.reading import Reading, propose, read
from catalog.learning.shop import LISTS
from catalog.model import PickKind, Signal

if TYPE_CHECKING:
    from catalog.view import CatalogView

MOST_SEEDS = 3
LEAST = 1e-9
KNOWN_AS: dict[PickKind, int] = {"cart": CARTED, "wished": WISHED, "viewed": VIEWED}
ENOUGH_EVENTS = 500


class Spoken(NamedTuple):
    """Why a product was proposed: the customer's own products that spoke most for it, the strongest first."""

    products: tuple[str, ...]
    """Their ids; none where only the shop's figures speak for it."""
    strength: float
    """0..1, against the strongest of those asked about."""


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

    def knows(self, kind: PickKind) -> bool:
        """Whether the shop's history taught what such a reason is worth."""
        return kind in KNOWN_AS and self.bound.shop.happened[KNOWN_AS[kind]] >= ENOUGH_EVENTS

    def spoken(self, rows: Sequence[int]) -> list[Spoken]:
        """For each row what of this person's past speaks most for it, over all lists."""
        numbers = self.bound.numbers_at(np.array(rows, dtype=np.int32))
        past = self.reading.freshest
        total = np.zeros(len(rows) * len(past))
        place = np.full(len(self.bound.rows), NOWHERE, dtype=np.int32)
        there = np.flatnonzero(numbers != NOWHERE)
        place[numbers[there]] = there
        for name in LISTS:
            entries = self.bound.shop.lists[name].entries(past)
            at = place[entries.other]
            of = at != NOWHERE
            total += np.bincount(at[of] * len(past) + entries.seed[of], entries.score[of], minlength=len(total))
        by_row = total.reshape(len(rows), len(past))
        best = np.argsort(-by_row, axis=1, kind="stable")[:, :MOST_SEEDS]
        strength = np.take_along_axis(by_row, best, axis=1)
        highest = max(float(strength.max(initial=0.0)), LEAST)
        products = self.bound.shop.products
        return [
            Spoken(tuple(products[past[at]] for at, worth in zip(of, worths, strict=True) if worth > 0), top / highest)
            for of, worths, top in zip(
                best.tolist(), strength.tolist(), strength[:, :1].sum(axis=1).tolist(), strict=True
            )
        ]


def insight(view: CatalogView, signals: tuple[Signal, ...], now: datetime) -> Insight | None:
    """None where no ranker is in use."""
    bound = view.learned
    if bound is None or bound.ranker is None:
        return None
    profile = from_signals(signals, bound.learned.number_of, now)
    return Insight(view, bound, read(bound.shop, profile))
