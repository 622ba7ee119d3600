"""What somebody wants: a product on the wish list, in the cart, or looked at again, and not bought since."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from memory.due.moments import Moment, News, NewsKind, Whom, is_private, occasion_of, series
from memory.due.rules import FlowTimes, Thresholds
from memory.state import MICROSECOND, State, moment_of

WANTS = 20
"""Products a customer, those touched last."""
LOOKS = 2
"""Looks at a product from which somebody wants it."""
WISHED_US, CARTED_US, VIEWED_US = (timedelta(days=days) // MICROSECOND for days in (365, 90, 60))
"""How long a wish, a product in the cart and a second look last."""


def wanted(whom: Whom) -> dict[str, tuple[int, int]]:
    """Product -> when it was touched last, and until when it is wanted, both in microseconds; `WANTS` at most."""
    found: dict[str, tuple[int, int]] = {}
    for product, time, until in _touches(whom.state):
        known_time, known_until = found.get(product, (time, until))
        found[product] = max(time, known_time), max(until, known_until)
    bought = _bought(whom)
    kept = [
        (touch, product)
        for product, touch in found.items()
        if touch[0] > bought.get(product, -1) and not is_private(whom.state, product)
    ]
    return {product: touch for touch, product in sorted(kept, reverse=True)[:WANTS]}


def price_drop(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """Something they want became cheaper since they touched it last."""
    return _about("price_drop", whom, times)


def back_in_stock(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """Something they want can be ordered again since they touched it last."""
    return _about("back_in_stock", whom, times)


def _about(kind: NewsKind, whom: Whom, times: FlowTimes) -> list[Moment]:
    if not whom.news:
        return []
    found: list[Moment] = []
    for product, (touched, until) in wanted(whom).items():
        for news in whom.news.get(product, ()):
            if news.kind == kind and moment_of(touched) <= news.at <= moment_of(until):
                found += _told(news, times)
    return found


def _told(news: News, times: FlowTimes) -> list[Moment]:
    occasion = occasion_of(f"{news.at:%Y-%m-%dT%H:%M:%S}-{news.product_id}")
    return series(times, news.kind, occasion, news.at, news.at, over=news.until_at, product_id=news.product_id)


def _touches(state: State) -> list[tuple[str, int, int]]:
    """(product, when, until when it counts)."""
    wishes = [(product, e[0], e[0] + WISHED_US) for product, e in state["wishes"].items() if e[2]]
    carted = [(product, e[0], e[0] + CARTED_US) for product, e in state["cart"].items() if e[2]]
    looks = Counter(entry[2] for entry in state["views"])
    viewed = [(entry[2], entry[0], entry[0] + VIEWED_US) for entry in state["views"] if looks[entry[2]] >= LOOKS]
    return wishes + carted + viewed


def _bought(whom: Whom) -> dict[str, int]:
    """Product -> when it was bought last."""
    bought: dict[str, int] = {}
    for order in reversed(whom.placed):
        for product, _, _ in order.entry[4]:
            bought[product] = order.entry[0]
    return bought
