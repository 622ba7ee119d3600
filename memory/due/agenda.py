"""One customer's agenda: every step of every flow they may still become due for. Pure; asks no clock.

`as_of` only leaves out what is over and says which birthday is the next: all else is told by the memory alone, so that
an agenda stays right until something changes, or one of its moments is over.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from memory.due import orders, people, visits, wants
from memory.due.moments import Moment, Whom
from memory.due.rules import DueRules, FlowTimes, Thresholds

Rule = Callable[[Whom, FlowTimes, Thresholds, datetime], list[Moment]]

RULES: dict[str, Rule] = {
    "welcome": people.welcome,
    "birthday": people.birthday,
    "abandoned_cart": visits.abandoned_cart,
    "browse_abandonment": visits.browse_abandonment,
    "post_purchase": orders.post_purchase,
    "cross_sell": orders.cross_sell,
    "replenishment": orders.replenishment,
    "win_back": orders.win_back,
    "vip": orders.vip,
    "price_drop": wants.price_drop,
    "back_in_stock": wants.back_in_stock,
}


def agenda(whom: Whom, rules: DueRules, as_of: datetime) -> list[Moment]:
    """The moments that are not over at `as_of`, in order. No two have the same flow, occasion and step."""
    found = (
        moment
        for flow, times in rules.flows.items()
        for moment in RULES[flow](whom, times, rules.thresholds, as_of)
        if moment.until_at > as_of
    )
    return sorted(found)
