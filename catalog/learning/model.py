"""What was learned, as one thing: the shop's signals, the ranker, and the report that says whether it may rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.learning.interactions import Numbers
from catalog.learning.lists import Scores
from catalog.learning.shop import Shop

Standing = Literal["in_use", "rule_in_use", "too_little_history", "not_better"]
"""What ranks: trees; a simple rule; the default weights, unjudged or because nothing was surely better."""
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Report:
    """What came of learning. Scores are mean NDCG@10 over the customers of the last window, which it was not taught."""

    standing: Standing
    orders: int
    customers: int
    trained_at: datetime
    """As of which moment the ranker was trained."""
    judged_on: int = 0
    """Customers."""
    score: float = 0.0
    """Of the trees; 0 where the history is too short to teach any."""
    by_hand: float = 0.0
    """Of the default weights."""
    best_simple: str = ""
    """The best of the simple rules."""
    best_simple_score: float = 0.0

    @property
    def sentence(self) -> str:
        """For people: "learned from 18,402 orders; NDCG@10 .34 against .31; in use"."""
        learned = f"learned from {self.orders:,} orders of {self.customers:,} customers"
        if self.standing == "too_little_history":
            return f"{learned}: too few to rank by; the default weights rank"
        outcome = {
            "in_use": "in use",
            "rule_in_use": f"so {self.best_simple} ranks",
            "not_better": "not better, so the default weights rank",
        }[self.standing]
        hand = f"{self.by_hand:.3f} of the default weights"
        simple = f"{self.best_simple_score:.3f} of {self.best_simple}"
        against = f"{self.score:.3f} against {hand} and {simple}" if self.score else f"{simple} against {hand}"
        return f"{learned}; NDCG@10 {against}, on {self.judged_on:,} customers; {outcome}"


class Ranks(Protocol):
    """What ranks by a shop's history: trees or a rule. They read figures that read what is bound here, so it does not
    name them.
    """

    def probability(self, table: Scores) -> NDArray[np.float64]:
        """[k] in 0..1, of rows of `features`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A shop's signals as of a moment, and what ranks by them, if anything does."""

    shop: Shop
    ranker: Ranks | None
    report: Report
    number_of: Mapping[str, int]
    """Product number by id, of everything the history speaks of, in the catalog or not."""

    @classmethod
    def of(cls, shop: Shop, ranker: Ranks | None, report: Report) -> Learned:
        """With the numbers by id."""
        return cls(shop, ranker, report, {name: number for number, name in enumerate(shop.products)})


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """What was learned, laid over the rows of one view."""

    learned: Learned
    rows: Numbers
    """[n] the row of each product number, -1 where the catalog does not have it."""
    numbers: Numbers
    """[rows] the product number of each row, -1 where nobody ever dealt with it."""

    @property
    def shop(self) -> Shop:
        """The shop's signals."""
        return self.learned.shop

    @property
    def ranker(self) -> Ranks | None:
        """What ranks by the shop's history; None where the default weights do."""
        return self.learned.ranker

    def numbers_at(self, rows: Numbers) -> Numbers:
        """[k]; -1 also for rows that were added after the view was bound."""
        known = rows < len(self.numbers)
        return np.where(known, self.numbers[np.where(known, rows, 0)], NOWHERE) if len(self.numbers) else rows * 0 - 1

    def number(self, row: int) -> int:
        """-1 where nobody ever dealt with it."""
        return int(self.numbers[row]) if row < len(self.numbers) else NOWHERE


def bind(learned: Learned, row_of: Mapping[str, int], total: int) -> Bound:
    """Lay what was learned over a view of `total` rows. One look-up a product learned of."""
    rows = np.fromiter(
        (row_of.get(name, NOWHERE) for name in learned.shop.products), dtype=np.int32, count=len(learned.shop.products)
    )
    numbers = np.full(total, NOWHERE, dtype=np.int32)
    there = np.flatnonzero(rows != NOWHERE)
    numbers[rows[there]] = there
    return Bound(learned, rows, numbers)
