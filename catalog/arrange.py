"""From a ranking to a set: tier by tier, the best that also differ from each other, around what is pinned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from catalog.columns import NO_GROUP
from catalog.crowding import of_many_items
from catalog.exploring import BELOW, Lottery, lottery
from catalog.index import Rows
from catalog.model import PickKind
from catalog.sameness import Families
from catalog.scoring import Ranked
from catalog.trace import Draw, Dropped, Trace
from catalog.view import CatalogView

Scores = NDArray[np.float64]

POOL = 60
"""Candidates of a tier that are compared for variety; beyond this none would be chosen."""
DIVERSITY = 0.15
"""1 - lambda of maximal marginal relevance (Carbonell & Goldstein 1998), greedy. On Online Retail, under a learned
ranking, this raised HitRate@3 by .01 and the mean distance of four picks by .03 to .05, at NDCG@10 -.001 ± .001; from
.2 on NDCG falls. Greedy MAP of a determinantal process (Chen et al. 2018) gave no more of one for less of the other.
"""
OWN: frozenset[PickKind] = frozenset({"cart", "wished", "running_low", "buy_again"})
"""What somebody has or chose: to them the red and the blue one of it are two things, unless the feed says variants."""
OWN_LIKENESS = 0.25
"""How much likeness counts against what is their own. People buy sets of like things again: counted in full, it cost
.004 of NDCG@10 there."""
SAME_SHELF = 0.3
"""Likeness of two products of one department whose texts are not alike, or have no vector yet."""
LEAST_SPREAD = 0.1
"""Of the scores of a tier, as a share of their mean: nearly equal scores are not to be told apart by their noise."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the set must be like."""

    count: int
    diversity: float = DIVERSITY
    """0: the best alone count; 1: only difference does."""
    per_category: int | None = None
    per_brand: int | None = None
    """At most so many of one category or brand, where there is another choice."""
    pins: Mapping[int, int] = field(default_factory=dict)
    """Place, counted from 0, to the position of what is pinned there among the ranked."""
    exploration: float = 0.0
    arrivals: float = 0.0
    """The chances that the last place is drawn from below the line, or from the new arrivals; see `exploring`."""
    lead: tuple[PickKind, ...] = ()
    """What the e-mail is about: never left to chance."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """One of the set, in its place."""

    position: int
    """Among the ranked."""
    probability: float = 1.0


def arrange(
    view: CatalogView,
    ranked: Sequence[Ranked],
    worth: Scores,
    shape: Shape,
    *,
    fresh: Sequence[int] = (),
    trace: Trace | None = None,
) -> list[Placed]:
    """At most `shape.count` of the ranked, in order of their places.

    `worth` [k] is what each counts, its score with the merchant's weights; `fresh` are the positions of new arrivals.
    A tier is emptied before the next begins, as far as its products are not the same to a reader as one before.
    """
    table = _Table(view, ranked, worth, shape, trace)
    for position in shape.pins.values():
        table.take(position)
    greedy = iter(table.fill(shape.count - len(shape.pins)))
    seats = [shape.pins[at] if at in shape.pins else next(greedy, None) for at in range(shape.count)]
    placed = [Placed(position) for position in seats if position is not None]
    last = _last_free(placed, ranked, shape)
    if last is not None and (shape.exploration or shape.arrivals):
        placed[last] = table.explore([one.position for one in placed], last, fresh)
    if trace is not None:
        table.close(trace, {one.position for one in placed})
    return placed


def _last_free(placed: Sequence[Placed], ranked: Sequence[Ranked], shape: Shape) -> int | None:
    """The last place that is neither the first, nor pinned, nor of what the e-mail is about."""
    fixed = {at for at, one in enumerate(ranked) if one.kind in shape.lead} | set(shape.pins.values())
    return next((at for at in range(len(placed) - 1, 0, -1) if placed[at].position not in fixed), None)


class _Table:
    """The set while it is laid."""

    def __init__(
        self, view: CatalogView, ranked: Sequence[Ranked], worth: Scores, shape: Shape, trace: Trace | None
    ) -> None:
        self._view = view
        self._worth = worth
        self._scores = np.array([one.score for one in ranked])
        self._is_own = [one.kind in OWN for one in ranked]
        self._own = np.array(self._is_own, dtype=np.bool_)
        self._shape = shape
        self._trace = trace
        self._row_of = [int(one.candidate.row) for one in ranked]
        self._rows = np.array(self._row_of, dtype=np.int32)
        self._tiers = np.array([one.tier for one in ranked], dtype=np.int32)
        self._taken: list[int] = []
        self._free = np.ones(len(ranked), dtype=np.bool_)
        self._families = Families(view)
        self._shelf_of: dict[int, list[tuple[str, str]]] = {}
        self._counted: Counter[tuple[str, str]] = Counter()
        self._aside: list[int] = []
        self._noted: set[int] = set()

    def take(self, position: int) -> None:
        """It is of the set: what comes must differ from it."""
        self._taken.append(position)
        self._free[position] = False
        self._counted.update(self._shelves(position))

    def fill(self, places: int) -> list[int]:
        """Up to `places` more, best first. What there is enough of comes in only where nothing else is left."""
        found: list[int] = []
        for tier in sorted(set(self._tiers.tolist())):
            if len(found) == places:
                break
            found += islice(self._marginal(self._best_of(np.flatnonzero(self._tiers == tier))), places - len(found))
        for position in self._aside:
            if len(found) < places and self._twin(position, self._taken) is None:
                self.take(position)
                found.append(position)
        return found

    def _best_of(self, positions: NDArray[np.intp]) -> NDArray[np.intp]:
        """The pool: the worthiest of these that are not taken, best first, ties in the order of the ranking."""
        left = positions[self._free[positions]]
        left = left[np.argsort(-self._worth[left], kind="stable")]
        if len(left) > POOL:
            left = left[of_many_items(self._view.columns.group[self._rows[left]], POOL)]
        return left[:POOL]

    def _marginal(self, pool: NDArray[np.intp]) -> Iterator[int]:
        """Greedy maximal marginal relevance over a pool; what it yields is taken."""
        if not len(pool):
            return
        rows = self._rows[pool]
        vectors = self._view.vectors[rows]
        near = self._likeness(rows, vectors, self._taken)
        merit = (1.0 - self._shape.diversity) * self._relevance(pool)
        dislike = self._shape.diversity * np.where(self._own[pool], OWN_LIKENESS, 1.0)
        value = merit - dislike * near
        for _ in range(len(pool)):
            best = int(np.argmax(value))
            value[best] = -np.inf
            if not self._fits(int(pool[best])):
                continue
            self.take(int(pool[best]))
            yield int(pool[best])
            near = np.maximum(near, self._likeness(rows, vectors, [int(pool[best])]))
            value = np.where(np.isneginf(value), value, merit - dislike * near)

    def _relevance(self, pool: NDArray[np.intp]) -> Scores:
        """[len(pool)] in 0..1: logistic in standard deviations from the mean of the tier's best scores.

        So that the same likeness weighs the same whatever scale a ranking scores on. The scale is that of the scores
        without the merchant's weights: a boost moves its product, and nothing else.
        """
        scores = np.sort(self._scores[self._tiers == self._tiers[pool[0]]])[-POOL:]
        mean = scores.mean()
        spread = max(float(scores.std()), LEAST_SPREAD * mean)
        return np.asarray(1.0 / (1.0 + np.exp((mean - self._worth[pool]) / spread)))

    def _likeness(self, rows: Rows, vectors: NDArray[np.float32], taken: Sequence[int]) -> NDArray[np.float32]:
        """[len(rows)]: likeness to the most similar of `taken`: cosine of texts, and a floor within one department."""
        if not taken:
            return np.zeros(len(rows), dtype=np.float32)
        theirs = self._rows[list(taken)]
        shelf = self._view.columns.shelf
        neighbours = (shelf[rows][:, None] == shelf[theirs]) & (shelf[theirs] != NO_GROUP)
        floor = np.where(neighbours, np.float32(SAME_SHELF), np.float32(0))
        return np.asarray(np.maximum(vectors @ self._view.vectors[theirs].T, floor).max(axis=1))

    def _fits(self, position: int) -> bool:
        twin = self._twin(position, self._taken)
        if twin is not None:
            self._note(position, Dropped(self._row_of[position], "same_as", other=self._row_of[twin]))
            return False
        full = self._full(position, self._counted)
        if full:
            self._aside.append(position)
            self._note(position, Dropped(self._row_of[position], "over_cap", detail=f"{full[0]}={full[1]}"))
        return full is None

    def _twin(self, position: int, taken: Sequence[int]) -> int | None:
        """Which of the taken it is the same as."""
        return next((other for other in taken if self._is_same(position, other)), None)

    def _is_same(self, position: int, other: int) -> bool:
        row, of = self._row_of[position], self._row_of[other]
        if self._is_own[position] and self._is_own[other]:
            return self._families.is_variant(row, of)
        return self._families.is_same(row, of)

    def _full(self, position: int, counted: Counter[tuple[str, str]]) -> tuple[str, str] | None:
        """The shelf of which there is enough already."""
        caps = {"category": self._shape.per_category, "brand": self._shape.per_brand}
        shelves = ((shelf, caps[shelf[0]]) for shelf in self._shelves(position))
        return next((shelf for shelf, cap in shelves if cap is not None and counted[shelf] >= cap), None)

    def _shelves(self, position: int) -> list[tuple[str, str]]:
        """Its category and brand, as far as they are capped."""
        known = self._shelf_of.get(position)
        if known is None:
            known = self._shelf_of[position] = self._read_shelves(self._row_of[position])
        return known

    def _read_shelves(self, row: int) -> list[tuple[str, str]]:
        found = []
        if self._shape.per_category is not None and (category := self._view.category(row)):
            found.append(("category", category))
        if self._shape.per_brand is not None and (brand := self._view.brand(row)):
            found.append(("brand", brand))
        return found

    def explore(self, chosen: Sequence[int], last: int, fresh: Sequence[int]) -> Placed:
        """Draw the last free place; the greedy choice keeps it with what chance the others leave."""
        others = [position for at, position in enumerate(chosen) if at != last]
        below = list(islice(self._eligible(self._by_worth(), chosen, others), BELOW))
        spent = set(fresh) & set(chosen)
        young = [] if spent else list(islice(self._eligible(fresh, chosen, others), BELOW))
        shape = self._shape
        tickets = lottery(chosen[last], below, young, self._worth, shape.exploration, shape.arrivals)
        at = tickets.draw(shape.seed)
        if self._trace is not None:
            self._trace.draws.append(self._draw(tickets, last, at))
        return Placed(tickets.entries[at], tickets.probabilities[at])

    def _by_worth(self) -> list[int]:
        order: list[int] = np.argsort(-self._worth, kind="stable").tolist()
        return order

    def _eligible(self, positions: Sequence[int], chosen: Sequence[int], others: Sequence[int]) -> Iterator[int]:
        """Those that could stand beside the others: nothing chosen, no twin, of no shelf that is full."""
        counted = Counter(shelf for position in others for shelf in self._shelves(position))
        for position in positions:
            if position not in chosen and not self._full(position, counted) and self._twin(position, others) is None:
                yield position

    def _draw(self, tickets: Lottery, last: int, won: int) -> Draw:
        rows = tuple(self._row_of[entry] for entry in tickets.entries)
        return Draw(place=last + 1, explored=won > 0, rows=rows, probabilities=tickets.probabilities)

    def close(self, trace: Trace, placed: set[int]) -> None:
        """Note what is left: it was simply not among the best."""
        trace.dropped = [drop for drop in trace.dropped if drop.row not in {self._row_of[at] for at in placed}]
        left = (at for at in range(len(self._rows)) if at not in placed and at not in self._noted)
        trace.dropped += [Dropped(self._row_of[at], "below_line") for at in left]

    def _note(self, position: int, drop: Dropped) -> None:
        if self._trace is not None:
            self._trace.dropped.append(drop)
            self._noted.add(position)
