"""Memory → what picks may know: signals between this customer and products, never the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice

from catalog.model import Signal, Taste
from memory.model import CustomerMemory, Order, ProductHistory

_PICKED_BEFORE_LIMIT = 24
PURCHASED = 400
"""Products bought that picks are told of, the latest first."""
MOMENTS, SOURCES = 20, 10
"""Of one product, the newest."""


def taste_of(memory: CustomerMemory, *, own_label: str = "", shown: Sequence[tuple[str, datetime]] = ()) -> Taste:
    """`shown`: (product id, when) of picks in this customer's recent e-mails, newest first.

    `own_label` is the shop's own brand: buying it says nothing of a liking, as most of the shop bears it.
    """
    signals = [signal for history in memory.products for signal in _signals(history)]
    signals = _with_moments(signals, memory.orders)
    signals += [
        Signal(product_id=line.product_id, kind="carted", at=line.at, sources=(line.event_id,)) for line in memory.cart
    ]
    signals += [
        Signal(product_id=product_id, kind="picked_before", at=at) for product_id, at in shown[:_PICKED_BEFORE_LIMIT]
    ]
    low, high = _price_band(line.price for order in memory.orders for line in order.lines)
    return Taste(
        signals=tuple(signals),
        searches=tuple(search.query for search in memory.searches),
        interests=tuple(
            (interest.kind, interest.value, interest.strength)
            for interest in memory.interests
            if interest.kind != "price_band" and interest.value != own_label
        ),
        price_low=low,
        price_high=high,
    )


def _signals(history: ProductHistory) -> Iterable[Signal]:
    moments = (
        ("bought", history.last_bought_at, history.bought_times),
        ("viewed", history.last_viewed_at, history.views),
        ("wished", history.last_wished_at, 1),
        ("returned", history.last_returned_at, 1),
    )
    for kind, at, times in moments:
        if at is not None:
            yield Signal.model_validate(
                {
                    "product_id": history.product_id,
                    "kind": kind,
                    "at": at,
                    "times": max(times, 1),
                    "sources": history.sources,
                }
            )


def _with_moments(signals: list[Signal], orders: Sequence[Order]) -> list[Signal]:
    """The signals, with each purchase's moment; and those of products bought too long ago to have a history shown."""
    bought: dict[str, dict[datetime, str]] = {}
    for order in sorted(orders, key=lambda one: one.at, reverse=True):
        for line in order.lines:
            bought.setdefault(line.product_id, {}).setdefault(order.at, order.event_id)
    timed = [_timed(one, tuple(bought.pop(one.product_id, ()))) if one.kind == "bought" else one for one in signals]
    further = islice(bought.items(), max(0, PURCHASED - sum(one.kind == "bought" for one in timed)))
    return timed + [_purchases(product_id, moments) for product_id, moments in further]


def _timed(signal: Signal, moments: tuple[datetime, ...]) -> Signal:
    return signal.model_copy(update={"moments": moments[:MOMENTS]})


def _purchases(product_id: str, moments: Mapping[datetime, str]) -> Signal:
    """`moments`: when, newest first, and in which event."""
    times = tuple(moments)
    return Signal(
        product_id=product_id,
        kind="bought",
        at=times[0],
        times=len(times),
        moments=times[:MOMENTS],
        sources=tuple(dict.fromkeys(moments.values()))[:SOURCES],
    )


def _price_band(prices: Iterable[Decimal | None]) -> tuple[Decimal | None, Decimal | None]:
    """The middle half of the unit prices paid, or nothing below four of them."""
    paid = sorted(price for price in prices if price is not None)
    if len(paid) < 4:
        return None, None
    return paid[len(paid) // 4], paid[(3 * len(paid)) // 4]
