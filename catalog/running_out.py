"""Whether it may be said of a thing that it runs low: where somebody has seen that it does.

How long a purchase lasts is guessed for whole categories too, and a clock stands beside the batteries.
"""

from __future__ import annotations

from catalog.learning.model import NOWHERE
from catalog.model import Signal
from catalog.view import CatalogView

OWN_TIMES = 3
"""Purchases of one thing from which this person has a pace of their own."""
SEEN_INTERVALS = 5
"""Times that customers came back for a product, from which the shop has seen that it is used up."""


def runs_out(view: CatalogView, row: int, signal: Signal) -> bool:
    """By the feed's word, by this person's own pace, or as the shop's customers came back for this very product.

    A shop that has learned nothing yet cannot speak against what is said of its categories.
    """
    if view.consumable_days(row) is not None or signal.times >= OWN_TIMES:
        return True
    bound = view.learned
    if bound is None or not bound.shop.repeats.known:
        return True
    number, repeats = bound.number(row), bound.shop.repeats
    return number != NOWHERE and bool(repeats.intervals[number] >= SEEN_INTERVALS) and repeats.is_habitual(number)
