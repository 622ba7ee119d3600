"""What is bought again, and when: learned from customers who did, pulled towards the shop where evidence is thin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.learning.interactions import BOUGHT, DAY, Interactions, Numbers

Figures = NDArray[np.float32]

SAME_PURCHASE_DAYS = 1.0
"""Two orders within a day are one errand, not a need that came back."""
RATE_EVIDENCE, GAP_EVIDENCE = 10.0, 5.0
"""Buyers, and intervals, at which a product's own figure counts as much as the shop's."""
USUAL_GAP_DAYS = 60.0
"""Where a shop has seen nothing bought again."""
ENOUGH_BUYERS = 300
"""Pairs of customer and product, known for a season, from which the shop's rate is to be believed."""
KNOWN_FOR_DAYS = 60
ENOUGH_RETURNS = 100
"""Pairs that came back, from which it is known sooner: that people buy again is seen sooner than that they do not."""
SOON_DAYS, LATER_DAYS = 4.0, 57.0
WAITED_SHARE = 0.5
"""Returns a day from the first day to the fourth, of those a day in the weeks after: at or below it people wait. Online
Retail's customers come back .71 to .76 as often in those days, those of three invented groceries .20 to .27."""
ENOUGH_OPEN = 2_000
"""Purchases looked at, from which it is known whether people wait."""
HABITUAL_RATE = 0.03
"""Share of its buyers that must have come back before a product is offered to someone who bought it once."""


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Arrays [n + 1] by product number; the last is of a product that nobody ever dealt with."""

    rate: Figures
    """Share of a product's buyers who bought it again."""
    gap_days: Figures
    """Typical days between two purchases by one customer (geometric mean)."""
    intervals: NDArray[np.int32]
    """How many intervals that rests on; 0 where it is the shop's."""
    known: bool
    """Whether the shop has history enough for any of this to be believed."""
    waits: bool
    """Whether people let days go by before they buy a thing again; also where the shop has too little history to tell.
    """

    def is_habitual(self, number: int) -> bool:
        """Whether people come back for this product. When, is for the ranker to say."""
        return bool(self.rate[number] >= HABITUAL_RATE)

    def are_habitual(self, numbers: Numbers) -> NDArray[np.bool_]:
        """[k] the same of several."""
        return np.asarray(self.rate[numbers] >= HABITUAL_RATE)


def _shrunk_gaps(product: NDArray[np.int32], gaps: NDArray[np.float64], total: int) -> Figures:
    logs = np.log(gaps)
    usual = float(logs.mean()) if len(logs) else float(np.log(USUAL_GAP_DAYS))
    summed, counted = np.bincount(product, logs, minlength=total), np.bincount(product, minlength=total)
    return np.asarray(np.exp((summed + GAP_EVIDENCE * usual) / (counted + GAP_EVIDENCE)), dtype=np.float32)


def repeats_of(happened: Interactions, as_of: int) -> Repeats:
    """From the purchases among `happened`, all before `as_of` (seconds since the epoch)."""
    bought, total = happened.of(BOUGHT), len(happened.products) + 1
    order = np.lexsort((bought.at, bought.product, bought.customer))
    customer, product, at = bought.customer[order], bought.product[order], bought.at[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (customer[1:] != customer[:-1]) | (product[1:] != product[:-1])
    gap = np.diff(at, prepend=at[:1]) / DAY
    again = ~first & (gap >= SAME_PURCHASE_DAYS)
    pair = np.cumsum(first) - 1
    came_back = np.bincount(pair, again, minlength=int(np.count_nonzero(first))) > 0
    pairs = np.bincount(product[first], minlength=total)
    shop = came_back.sum() / max(len(came_back), 1)
    rate = (np.bincount(product[first], came_back, minlength=total) + RATE_EVIDENCE * shop) / (pairs + RATE_EVIDENCE)
    known = int(np.count_nonzero(first & (at < as_of - KNOWN_FOR_DAYS * DAY))) >= ENOUGH_BUYERS
    return Repeats(
        rate=rate.astype(np.float32),
        gap_days=_shrunk_gaps(product[again], gap[again], total),
        intervals=np.bincount(product[again], minlength=total).astype(np.int32),
        known=known or int(came_back.sum()) >= ENOUGH_RETURNS,
        waits=_waits(np.append(np.where(first[1:], np.inf, gap[1:]), np.inf)[: len(at)], (as_of - at) / DAY),
    )


def _waits(gap: NDArray[np.float64], left: NDArray[np.float64]) -> bool:
    """By each purchase's days to the next of the same thing (infinite: none), and the days there were for one."""
    soon, later = (
        _returns_a_day(gap, left, since, until)
        for since, until in ((SAME_PURCHASE_DAYS, SOON_DAYS), (SOON_DAYS, LATER_DAYS))
    )
    return soon is None or later is None or soon <= WAITED_SHARE * later


def _returns_a_day(gap: NDArray[np.float64], left: NDArray[np.float64], since: float, until: float) -> float | None:
    """Share of what was not yet bought again after `since` days that was in the days until `until`, a day.

    None where too few purchases lie that far back.
    """
    open_ = (gap >= since) & (left >= until)
    total = int(np.count_nonzero(open_))
    if total < ENOUGH_OPEN:
        return None
    return float(np.count_nonzero(gap[open_] < until) / total / (until - since))
