"""Whether it may be said of a thing that it runs low: where somebody has seen that this very thing does.

How long a purchase lasts is guessed for whole categories too, and a clock stands beside the batteries.
"""

from __future__ import annotations

from catalog.learning.model import NOWHERE
from catalog.model import Signal
from catalog.view import CatalogView

SEEN_INTERVALS = 5
"""Times that customers came back for a product, from which the shop has seen that it is used up."""
OF_THE_PRODUCT = frozenset({"own", "shop", "product"})
"""Words on how long it lasts that are about this product; the other is about its category."""


def runs_out(view: CatalogView, row: int, signal: Signal, *, feed_tells: bool) -> bool:
    """By the feed's word alone where `feed_tells` how long things last: a plant pot that is bought every spring is not
    used up. Else by this person's own pace or that of its buyers, or as the shop's customers came back for this very
    product or another variant of it."""
    if view.consumable_days(row) is not None:
        return True
    if feed_tells:
        return False
    if signal.lasts_by in OF_THE_PRODUCT:
        return True
    return any(_came_back(view, one) for one in (row, *view.columns.variants(row).tolist()))


def _came_back(view: CatalogView, row: int) -> bool:
    bound = view.learned
    if bound is None or not bound.shop.repeats.known:
        return False
    number, repeats = bound.number(row), bound.shop.repeats
    return number != NOWHERE and bool(repeats.intervals[number] >= SEEN_INTERVALS) and repeats.is_habitual(number)
