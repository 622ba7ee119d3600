"""When someone began to fill their cart: the first moment of each day on which they put something in.

The cart itself keeps the last word on each product; which cart it is, of all that one person fills and leaves, is told
by when it was begun. Laws: the latest days are kept, and of each the earliest moment; neither depends on order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from memory.events import Event
from memory.parts.steps import Step
from memory.state import MICROSECOND, State

CART_DAYS = 30
SAME_CART_DAYS = 3
"""Days without anything put in after which it is another cart."""
DAY_US = timedelta(days=1) // MICROSECOND
CartDays = dict[str, int]
"""Day (whole days since 1970) -> the first time something was put in on it, in microseconds."""


def put_day(days: CartDays, day: str, time: int, limit: int = CART_DAYS) -> None:
    """Something was put in on that day."""
    present = days.get(day)
    days[day] = time if present is None else min(present, time)
    if len(days) > limit:
        del days[min(days, key=int)]


def merge_days(left: CartDays, right: Mapping[str, int], limit: int = CART_DAYS) -> None:
    """The days of both sets of events, in `left`."""
    for day, time in right.items():
        put_day(left, day, time, limit)


def begun(days: Mapping[str, int], newest: int, after: int) -> int:
    """When the cart was begun into which something was put last at `newest`; an order at `after` ended all before."""
    start, last = newest, newest // DAY_US
    for day in sorted((int(day) for day in days), reverse=True):
        if day > last:
            continue
        if last - day > SAME_CART_DAYS or day < after // DAY_US:
            break
        start, last = min(start, days[str(day)]), day
    return max(start, after)


def _filled(state: State, event: Event, time: int) -> None:
    put_day(state["cart_days"], str(time // DAY_US), time)


STEPS: dict[str, Step] = dict.fromkeys(
    ("Product Added", "Wishlist Product Added to Cart", "Cart Viewed", "Checkout Started"), _filled
)
