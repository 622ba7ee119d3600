"""What was learned, at work for one person: which products deserve a look, how likely each is bought, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from catalog.learning.reading import Listed, Reading, propose, read
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

        def open_(numbers: Numbers) -> Mask:
            at = rows[numbers]
            return (at != NOWHERE) & allowed[at] if len(allowed) else np.zeros(len(at), dtype=np.bool_)

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
        """For each row what of this person's past speaks most for it, over all lists, as they were read."""
        numbers = self.bound.numbers_at(np.array(rows, dtype=np.int32))
        past = np.union1d(self.reading.freshest, self.reading.purchased)
        place = np.full(len(self.bound.rows), NOWHERE, dtype=np.int32)
        there = np.flatnonzero(numbers != NOWHERE)
        place[numbers[there]] = there
        by_row = _said(self.reading.listed.values(), past, place, len(rows))
        best, strength = _highest(by_row)
        highest = max(float(strength.max(initial=0.0)), LEAST)
        products = self.bound.shop.products
        return [
            Spoken(tuple(products[past[at]] for at, worth in zip(of, worths, strict=True) if worth > 0), top / highest)
            for of, worths, top in zip(
                best.tolist(), strength.tolist(), strength[:, :1].sum(axis=1).tolist(), strict=True
            )
        ]


def _said(listed: Iterable[Listed], past: Numbers, place: Numbers, total: int) -> NDArray[np.float64]:
    """[total, past]: what each product of the `past` says over all lists of each that has a place, below `total`."""
    cells, scores = [], []
    for start, entries in listed:
        at = place.take(entries.other)
        found = np.flatnonzero(at != NOWHERE)
        seed = past.searchsorted(start).take(entries.seed.take(found))
        cells.append(at.take(found) * len(past) + seed)
        scores.append(entries.score.take(found))
    said = np.bincount(np.concatenate(cells), np.concatenate(scores), minlength=total * len(past))
    return said.astype(np.float64, copy=False).reshape(total, len(past))


def _highest(table: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """([k, m] where the highest of each row of `table` [k, n] are, of ties the first; [k, m] what they are).

    One by one, as there are three: to sort it all takes ten times as long.
    """
    left, rows = table.copy(), np.arange(len(table))
    best = np.empty((len(table), min(MOST_SEEDS, table.shape[1])), dtype=np.int64)
    for at in range(best.shape[1]):
        best[:, at] = left.argmax(axis=1)
        left[rows, best[:, at]] = -1.0
    return best, np.take_along_axis(table, best, axis=1)


def _numbers(bound: Bound, signals: tuple[Signal, ...], rows: Mapping[str, int]) -> dict[str, int]:
    """Product numbers by id. By the row where there is one: each look-up among all ids waits for memory."""
    numbers = bound.numbers_at(np.fromiter(rows.values(), dtype=np.int32, count=len(rows))).tolist()
    found = {name: number for name, number in zip(rows, numbers, strict=True) if number != NOWHERE}
    if len(found) < len(rows) or any(signal.product_id not in rows for signal in signals):
        others = (signal.product_id for signal in signals if signal.product_id not in found)
        number_of = bound.learned.number_of
        found |= {name: number_of[name] for name in others if name in number_of}
    return found


def insight(view: CatalogView, signals: tuple[Signal, ...], rows: Mapping[str, int], now: datetime) -> Insight | None:
    """None where no ranker is in use. `rows`: of each product of the signals that the catalog has."""
    bound = view.learned
    if bound is None or bound.ranker is None:
        return None
    profile = from_signals(signals, _numbers(bound, signals, rows), now)
    return Insight(view, bound, read(bound.shop, profile))
