"""What may be shown to this person in this e-mail, decided before anything is ranked: one mask, gate by gate.

The order is that of the words people use for it: it can't be sold, the brief does not want it, a merchandiser's rule
excludes it, they have seen it often enough, they have just bought it. No later step can bring back what a gate took.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.columns import Mask
from catalog.history import History, never_bought, without_blocked, without_turned_away
from catalog.limits import allowed
from catalog.merchandising import Placement
from catalog.merchandising_rules import Rules
from catalog.model import Limits, Taste
from catalog.trace import Trace
from catalog.view import CatalogView


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for picks, for where, and when."""

    taste: Taste
    limits: Limits
    placement: Placement
    now: datetime


def open_to(view: CatalogView, asked: Asked, rules: Rules, history: History, trace: Trace | None) -> Mask:
    """[n]: which products may be shown."""
    sellable = view.columns.sellable
    within = allowed(view, asked.limits, asked.now)
    if asked.limits.new_to_customer:
        within = never_bought(within, history)
    if trace is not None:
        trace.gate("out_of_stock", view.alive, sellable)
        trace.gate("outside_limits", sellable, within)
    wanted = rules.exclude(within, asked.placement, asked.now, trace)
    unseen = _not_too_often(view, wanted, asked)
    fresh = without_blocked(unseen, history)
    welcome = without_turned_away(fresh, history)
    if trace is not None:
        trace.gate("shown_enough", wanted, unseen, "show_cap")
        trace.gate("just_bought", unseen, fresh)
        trace.gate("turned_away", fresh, welcome)
    return welcome


def _not_too_often(view: CatalogView, mask: Mask, asked: Asked) -> Mask:
    """`mask` less what this person was shown as often as the cap allows."""
    cap = asked.placement.merchandising.show_cap
    if cap is None or not asked.placement.shown:
        return mask
    since = asked.now - timedelta(days=cap.days)
    times = Counter(product_id for product_id, at in asked.placement.shown if at > since)
    if asked.placement.is_about_a_cart and not cap.cart_counts:
        for signal in asked.taste.signals:
            if signal.kind == "carted":
                times.pop(signal.product_id, None)
    enough = [view.row_of[name] for name, count in times.items() if count >= cap.times and name in view.row_of]
    mask = mask.copy()
    mask[enough] = False
    return mask
