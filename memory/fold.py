"""What each event does to a customer's memory: a pure fold, O(1) an event, the same in any order.

The laws of the parts are in `memory.state`. `fold` needs each event once (ingest deduplicates) and nothing else: no
clock, no catalog, no database.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from memory.events import Event
from memory.lines import Line, label, lines, text_id, units
from memory.parts import hours, mails, tastes, words
from memory.parts.mails import is_machine
from memory.parts.steps import Step, together
from memory.state import (
    CART_PRODUCTS,
    KNOWN_PRODUCTS,
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

FOLD_VERSION = 2
"""Raise it when the meaning of a state changes: older rows are then rebuilt from events."""
INTEREST_HALF_LIFE = timedelta(days=60)
PURCHASE_WEIGHT = 6
CART_WEIGHT = 3
WISH_WEIGHT = 3
REVIEW_WEIGHT = 2
VIEW_WEIGHT = 1
GOOD_RATING = 4
"""Of five. A worse review is no sign of liking."""
PRICE_BANDS = (5, 10, 25, 50, 100, 250, 500, 1000)
"""Upper ends, in units of the shop's currency."""


def fold(state: State, events: Iterable[Event]) -> State:
    """Fold events into `state`, which the caller gives away, and return it."""
    for event in events:
        _fold_one(state, event)
    return state


def remember(events: Iterable[Event]) -> State:
    """The memory of exactly these events."""
    return fold(empty(), events)


def price_band(price: int) -> str:
    """The band an amount in 1/10000 units falls into: `10-25`, `1000+`."""
    position = bisect_right(PRICE_BANDS, price / 10_000)
    if position == len(PRICE_BANDS):
        return f"{PRICE_BANDS[-1]}+"
    return f"{PRICE_BANDS[position - 1] if position else 0}-{PRICE_BANDS[position]}"


def _fold_one(state: State, event: Event) -> None:
    time = micros(event.at)
    first, last = state["first"], state["last"]
    state["first"] = time if first is None else min(first, time)
    state["last"] = time if last is None else max(last, time)
    for step in STEPS.get(event.name, ()):
        step(state, event, time)


def _know(state: State, event: Event, time: int, line: Line) -> None:
    if line.name is not None:
        entry = [time, event.message_id, line.name, line.category, line.brand]
        put_last(state["products"], line.product_id, entry, KNOWN_PRODUCTS)


def _like(state: State, event: Event, time: int, line: Line, factor: int) -> None:
    """Add to the decayed sums of everything this product stands for."""
    amount = factor * weight(time, INTEREST_HALF_LIFE)
    values = [("category", line.category), ("brand", line.brand)]
    values += [("attribute", f"{name}={value}") for name, value in line.attributes.items()]
    if line.price is not None:
        values.append(("price_band", price_band(line.price)))
    for kind, value in values:
        if value is not None:
            add_to_sum(state["sums"].setdefault(kind, {}), value, amount, [time, event.message_id], SUM_KEYS)


def _viewed(state: State, event: Event, time: int) -> None:
    for line in lines(event)[:1]:
        put_newest(state["views"], [time, event.message_id, line.product_id], NEWEST_VIEWS)
        _know(state, event, time, line)
        _like(state, event, time, line, VIEW_WEIGHT)


def _list_viewed(state: State, event: Event, time: int) -> None:
    category = label(event.properties.get("category"))
    if category is not None:
        sums = state["sums"].setdefault("category", {})
        amount = VIEW_WEIGHT * weight(time, INTEREST_HALF_LIFE)
        add_to_sum(sums, category, amount, [time, event.message_id], SUM_KEYS)


def _searched(state: State, event: Event, time: int) -> None:
    query = label(event.properties.get("query"))
    if query is not None:
        put_newest(state["searches"], [time, event.message_id, query], NEWEST_SEARCHES)


def _into_cart(state: State, event: Event, time: int, found: Iterable[Line]) -> None:
    for line in found:
        entry = [time, event.message_id, line.quantity, line.price]
        put_last(state["cart"], line.product_id, entry, CART_PRODUCTS)
        _know(state, event, time, line)


def _added(state: State, event: Event, time: int) -> None:
    found = lines(event)
    _into_cart(state, event, time, found)
    for line in found:
        _like(state, event, time, line, CART_WEIGHT)


def _cart_seen(state: State, event: Event, time: int) -> None:
    if isinstance(event.properties.get("products"), list):
        _into_cart(state, event, time, lines(event))


def _removed(state: State, event: Event, time: int) -> None:
    for line in lines(event):
        put_last(state["cart"], line.product_id, [time, event.message_id, 0, None], CART_PRODUCTS)


def _ordered(state: State, event: Event, time: int) -> None:
    found = _order_lines(event)
    _put_order(state, event, time, found)
    for line in found:
        _know(state, event, time, line)
        _like(state, event, time, line, PURCHASE_WEIGHT)


def _order_updated(state: State, event: Event, time: int) -> None:
    """Replaces the order. Without its products it would only take some away, so it is kept as an event alone."""
    found = _order_lines(event)
    if found:
        _put_order(state, event, time, found)


def _order_lines(event: Event) -> list[Line]:
    return lines(event)[:LINES_PER_ORDER] if isinstance(event.properties.get("products"), list) else []


def _order_id(event: Event) -> str:
    return text_id(event.properties.get("order_id")) or event.message_id


def _put_order(state: State, event: Event, time: int, found: list[Line]) -> None:
    properties = event.properties
    amounts = (units(properties.get(name)) for name in ("total", "revenue", "value"))
    total = next((amount for amount in amounts if amount is not None), None)
    if total is None:
        total = _sum_of(found)
    bought = [[line.product_id, line.quantity, line.price] for line in found]
    entry = [time, event.message_id, total, _currency(properties.get("currency")), bought]
    put_last(state["orders"], _order_id(event), entry, ORDERS)
    strip_old_lines(state["orders"])


def _sum_of(found: list[Line]) -> int | None:
    priced = [line.price * line.quantity for line in found if line.price is not None]
    return sum(priced) if found and len(priced) == len(found) else None


def _currency(value: Any) -> str | None:
    """ISO 4217."""
    return value.upper() if isinstance(value, str) and len(value) == 3 and value.isalpha() else None


def _refunded(state: State, event: Event, time: int) -> None:
    amount = units(event.properties.get("total"))
    products = [line.product_id for line in _order_lines(event)]
    entry = [time, event.message_id, _order_id(event), amount, products]
    put_newest(state["refunds"], entry, NEWEST_REFUNDS)


def _cancelled(state: State, event: Event, time: int) -> None:
    put_newest(state["cancelled"], [time, event.message_id, _order_id(event)], NEWEST_CANCELLED)


def _wished(state: State, event: Event, time: int) -> None:
    for line in lines(event)[:1]:
        put_last(state["wishes"], line.product_id, [time, event.message_id, 1], WISHED_PRODUCTS)
        _know(state, event, time, line)
        _like(state, event, time, line, WISH_WEIGHT)


def _unwished(state: State, event: Event, time: int) -> None:
    for line in lines(event)[:1]:
        put_last(state["wishes"], line.product_id, [time, event.message_id, 0], WISHED_PRODUCTS)


def _reviewed(state: State, event: Event, time: int) -> None:
    rating = units(event.properties.get("rating"))
    if rating is None or rating >= GOOD_RATING * 10_000:
        for line in lines(event)[:1]:
            _like(state, event, time, line, REVIEW_WEIGHT)


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
STEPS = together(SHOPPING, mails.STEPS, hours.STEPS, tastes.STEPS, words.STEPS)
"""Every other event only moves `first` and `last`, and is kept as sent."""
