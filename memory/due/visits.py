"""Flows about what somebody left behind in the shop: a cart, or a product they looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

from memory.due.moments import Moment, Whom, is_private, series
from memory.due.rules import PACES, FlowTimes, Thresholds
from memory.parts.carts import begun
from memory.state import MICROSECOND, moment_of

_CART_US = PACES["abandoned_cart"].lasts // MICROSECOND
_VISIT_US = timedelta(days=1) // MICROSECOND


def abandoned_cart(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """From what was put in last; an order empties the cart.

    One occasion for everything put in without three days' pause: a reminder that somebody answers by looking at their
    cart is not the beginning of another.
    """
    newest = _cart_newest(whom)
    if newest is None:
        return []
    since = moment_of(begun(whom.state["cart_days"], newest, whom.last_order))
    occasion = f"cart-{since:%Y-%m-%dT%H:%M:%S}"
    return series(times, "abandoned_cart", occasion, since, moment_of(newest))


def browse_abandonment(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """Looked at products more than in passing, and put nothing into the cart: from the last look, once a week."""
    views = [entry for entry in whom.state["views"] if not is_private(whom.state, entry[2])]
    if not views or views[0][0] <= whom.last_order:
        return []
    newest = views[0][0]
    cart = _cart_newest(whom)
    if cart is not None and cart + _CART_US > newest:
        return []
    if sum(newest - entry[0] < _VISIT_US for entry in views) < thresholds.browse_views:
        return []
    looked = moment_of(newest)
    return series(times, "browse_abandonment", f"{looked:%G-W%V}", looked, looked, product_id=views[0][2])


def _cart_newest(whom: Whom) -> int | None:
    """When something was put into the cart last that is still in it."""
    left = (entry[0] for entry in whom.state["cart"].values() if entry[2] and entry[0] > whom.last_order)
    return max(left, default=None)
