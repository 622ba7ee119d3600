"""What each event does to a customer's memory: a pure fold, O(1) an event, the same in any order.

The laws of the parts are in `memory.state`. `fold` needs each event once (ingest deduplicates) and nothing else: no
clock, no catalog, no database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from memory.events import Event
from memory.lines import MAX_UNITS, Line, label, lines, text_id, units
from memory.parts import carts, forgetting, hours, mails, tastes, words
from memory.parts.interests import (
    CART_WEIGHT,
    INTEREST_HALF_LIFE,
    PURCHASE_WEIGHT,
    REVIEW_WEIGHT,
    VIEW_WEIGHT,
    WISH_WEIGHT,
    give,
    know,
    like,
)
from memory.parts.mails import is_machine
from memory.parts.steps import Step, together
from memory.readable import AMOUNTS
from memory.state import (
    CART_PRODUCTS,
    LINES_PER_ORDER,
    NEWEST_CANCELLED,
    NEWEST_REFUNDS,
    NEWEST_SEARCHES,
    NEWEST_VIEWS,
    ORDERS,
    SUM_KEYS,
    WISHED_PRODUCTS,
    State,
    add_to_sum,
    empty,
    micros,
    put_last,
    put_newest,
    strip_old_lines,
    weight,
)

FOLD_VERSION = 3
"""Raise it when the meaning of a state changes: older rows are then rebuilt from events."""


def fold(state: State, events: Iterable[Event]) -> State:
    """Fold events into `state`, which the caller gives away, and return it."""
    for event in events:
        _fold_one(state, event)
    return state


def remember(events: Iterable[Event]) -> State:
    """The memory of exactly these events."""
    return fold(empty(), events)


def _fold_one(state: State, event: Event) -> None:
    time = micros(event.at)
    first, last = state["first"], state["last"]
    state["first"] = time if first is None else min(first, time)
    state["last"] = time if last is None else max(last, time)
    for step in STEPS.get(event.name, ()):
        step(state, event, time)


def _viewed(state: State, event: Event, time: int) -> None:
    for line in lines(event)[:1]:
        put_newest(state["views"], [time, event.message_id, line.product_id], NEWEST_VIEWS)
        know(state, time, line)
        like(state, event, time, [line], VIEW_WEIGHT)


def _list_viewed(state: State, event: Event, time: int) -> None:
    category = label(event.properties.get("category"))
    if category is not None:
        sums = state["sums"].setdefault("category", {})
        add_to_sum(sums, category, weight(time, INTEREST_HALF_LIFE), [time, event.message_id], SUM_KEYS)


def _searched(state: State, event: Event, time: int) -> None:
    query = label(event.properties.get("query"))
    if query is not None:
        put_newest(state["searches"], [time, event.message_id, query], NEWEST_SEARCHES)


def _into_cart(state: State, event: Event, time: int, found: Iterable[Line]) -> None:
    for line in found:
        entry = [time, event.message_id, line.quantity, line.price]
        put_last(state["cart"], line.product_id, entry, CART_PRODUCTS)
        know(state, time, line)


def _added(state: State, event: Event, time: int) -> None:
    found = lines(event)
    _into_cart(state, event, time, found)
    like(state, event, time, found, CART_WEIGHT)


def _cart_seen(state: State, event: Event, time: int) -> None:
    if isinstance(event.properties.get("products"), list):
        _into_cart(state, event, time, lines(event))


def _removed(state: State, event: Event, time: int) -> None:
    for line in lines(event):
        put_last(state["cart"], line.product_id, [time, event.message_id, 0, None], CART_PRODUCTS)


def _ordered(state: State, event: Event, time: int) -> None:
    found = _order_lines(event)
    marks = tastes.marks_of(event)
    _put_order(state, event, time, found, marks)
    for line in found:
        know(state, time, line)
    lean = give if marks[tastes.GIFT] else like
    lean(state, event, time, found, PURCHASE_WEIGHT)


def _order_updated(state: State, event: Event, time: int) -> None:
    """Replaces the order. Without its products it would only take some away, so it is kept as an event alone."""
    found = _order_lines(event)
    if found:
        _put_order(state, event, time, found, tastes.marks_of(event))


def _order_lines(event: Event) -> list[Line]:
    return lines(event)[:LINES_PER_ORDER] if isinstance(event.properties.get("products"), list) else []


def _order_id(event: Event) -> str:
    return text_id(event.properties.get("order_id")) or event.message_id


def _put_order(state: State, event: Event, time: int, found: list[Line], marks: tastes.Marks) -> None:
    properties = event.properties
    amounts = (units(properties.get(name)) for name in AMOUNTS)
    total = next((amount for amount in amounts if amount is not None), None)
    if total is None:
        total = _sum_of(found)
    bought = [[line.product_id, line.quantity, line.price] for line in found]
    entry = [time, event.message_id, total, _currency(properties.get("currency")), bought, marks]
    put_last(state["orders"], _order_id(event), entry, ORDERS)
    strip_old_lines(state["orders"])


def _sum_of(found: list[Line]) -> int | None:
    """None where one of them has no price; never more than any amount may be."""
    priced = [line.price * line.quantity for line in found if line.price is not None]
    return min(sum(priced), MAX_UNITS) if found and len(priced) == len(found) else None


def _currency(value: Any) -> str | None:
    """ISO 4217."""
    return value.upper() if isinstance(value, str) and len(value) == 3 and value.isalpha() else None


def _refunded(state: State, event: Event, time: int) -> None:
    found = _order_lines(event)
    amount = units(event.properties.get("total"))
    if amount is None:
        # Goods are named, their sum is not.
        amount = _sum_of(found)
    products = [line.product_id for line in found]
    entry = [time, event.message_id, _order_id(event), amount, products]
    put_newest(state["refunds"], entry, NEWEST_REFUNDS)


def _cancelled(state: State, event: Event, time: int) -> None:
    put_newest(state["cancelled"], [time, event.message_id, _order_id(event)], NEWEST_CANCELLED)


def _wished(state: State, event: Event, time: int) -> None:
    for line in lines(event)[:1]:
        put_last(state["wishes"], line.product_id, [time, event.message_id, 1], WISHED_PRODUCTS)
        know(state, time, line)
        like(state, event, time, [line], WISH_WEIGHT)


def _unwished(state: State, event: Event, time: int) -> None:
    for line in lines(event)[:1]:
        put_last(state["wishes"], line.product_id, [time, event.message_id, 0], WISHED_PRODUCTS)


def _reviewed(state: State, event: Event, time: int) -> None:
    rating = units(event.properties.get("rating"))
    if rating is None or rating >= tastes.GOOD_RATING * 10_000:
        like(state, event, time, lines(event)[:1], REVIEW_WEIGHT)


def _mailed(counter: str, newest: str | None = None) -> Step:
    def step(state: State, event: Event, time: int) -> None:
        if newest is not None and is_machine(event):
            return
        email = state["email"]
        email[counter] = email.get(counter, 0) + 1
        if newest is not None:
            email[newest] = max(email.get(newest, 0), time)

    return step


SHOPPING: dict[str, Step] = {
    "Product Viewed": _viewed,
    "Product List Viewed": _list_viewed,
    "Products Searched": _searched,
    "Product Added": _added,
    "Product Removed": _removed,
    "Cart Viewed": _cart_seen,
    "Checkout Started": _cart_seen,
    "Order Completed": _ordered,
    "Order Updated": _order_updated,
    "Order Refunded": _refunded,
    "Order Cancelled": _cancelled,
    "Product Added to Wishlist": _wished,
    "Product Removed from Wishlist": _unwished,
    "Wishlist Product Added to Cart": _added,
    "Product Reviewed": _reviewed,
    "Email Delivered": _mailed("delivered"),
    "Email Opened": _mailed("opened", "opened_at"),
    "Email Link Clicked": _mailed("clicked", "clicked_at"),
}
"""By Segment's names."""
STEPS = together(SHOPPING, carts.STEPS, mails.STEPS, hours.STEPS, tastes.STEPS, words.STEPS, forgetting.STEPS)
"""Every other event only moves `first` and `last`, and is kept as sent."""
