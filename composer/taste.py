"""Memory → what picks may know: signals between this customer and products, never the person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Literal

from catalog.model import Signal, Taste
from memory.behaviour import Cycle, Dislike
from memory.model import CustomerMemory, Interest, Order, ProductHistory
from memory.words.lexicon import attributes_of

DAY = timedelta(days=1)
SIZE_EVENTS, CLEARLY = 2, 0.6
"""A size was met at least so often, and makes up so much of what they did with the sizes of its category."""
_PICKED_BEFORE_LIMIT = 24
PURCHASED = 400
"""Products bought that picks are told of, the latest first."""
MOMENTS, SOURCES = 20, 10
"""Of one product, the newest."""


def taste_of(
    memory: CustomerMemory, *, own_labels: Collection[str] = (), shown: Sequence[tuple[str, datetime]] = ()
) -> Taste:
    """`shown`: (product id, when) of picks in this customer's recent e-mails, newest first.

    `own_labels` are the shop's own brands: buying one says nothing of a liking, as most of the shop bears it.
    """
    signals = [signal for history in memory.products for signal in _signals(history)]
    signals = _with_moments(signals, memory.orders)
    sent_back = _sent_back(memory)
    signals = [one for one in signals if one.kind != "bought" or one.product_id not in sent_back]
    signals = _with_cycles(signals, memory.cycles)
    signals += _turned_away(memory.dislikes)
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
        interests=tuple(_leanings(memory, {label.casefold() for label in own_labels})),
        dislikes=tuple(_disliked(memory)),
        sizes=tuple(_sizes(memory.interests)),
        price_low=low,
        price_high=high,
        owned=tuple(_owned(memory)),
    )


SAID_STRENGTH = 0.5
"""Of a liking that was put into words once: as if half of what they did of its kind spoke for it."""
_STEERING = frozenset({"category", "brand", "attribute"})
"""Interests that speak for products; a size only says which of its variants."""


def _leanings(memory: CustomerMemory, own_labels: Collection[str]) -> Iterable[tuple[str, str, float]]:
    """What they said comes before what they did."""
    disliked = {*_disliked(memory), *_said(memory, ("dislikes",))}
    yield from ((kind, value, SAID_STRENGTH) for kind, value in _said(memory, ("likes", "prefers")))
    for interest in memory.interests:
        known = interest.kind in _STEERING and interest.value.casefold() not in own_labels
        if known and (interest.kind, interest.value) not in disliked:
            yield interest.kind, interest.value, interest.strength


def _said(memory: CustomerMemory, kinds: Collection[str]) -> Iterable[tuple[str, str]]:
    """Qualities in their own words, as attributes of products."""
    said = (one.value for one in memory.said if one.kind in kinds)
    return (("attribute", attribute) for value in said for attribute in attributes_of(value))


def _sizes(interests: Iterable[Interest]) -> Iterable[tuple[str, str]]:
    """Of each category, the size they take, where it is clearly one."""
    of: dict[str, list[Interest]] = defaultdict(list)
    for interest in interests:
        if interest.kind == "size" and interest.category is not None:
            of[interest.category].append(interest)
    for category, sizes in of.items():
        most = max(sizes, key=lambda one: one.weight)
        if most.events >= SIZE_EVENTS and most.weight >= CLEARLY * sum(one.weight for one in sizes):
            yield category, most.value


def _disliked(memory: CustomerMemory) -> Iterable[tuple[str, str]]:
    return ((one.kind, one.value) for one in memory.dislikes if one.kind != "product")


def _with_cycles(signals: Iterable[Signal], cycles: Iterable[Cycle]) -> list[Signal]:
    """Purchases of what is used up, with how long the last one does and on whose word."""
    lasts = {
        one.product_id: {"lasts_days": (one.runs_out_at - one.last_at) / DAY, "lasts_by": one.basis} for one in cycles
    }
    return [
        one.model_copy(update=lasts[one.product_id]) if one.kind == "bought" and one.product_id in lasts else one
        for one in signals
    ]


def _turned_away(dislikes: Iterable[Dislike]) -> Iterable[Signal]:
    """One that was only passed over counts less; a no keeps a product out."""
    for one in dislikes:
        if one.kind == "product":
            kind: Literal["turned_away", "passed_over"] = (
                "passed_over" if one.reasons == ("ignored",) else "turned_away"
            )
            yield Signal(product_id=one.value, kind=kind, at=one.at, sources=one.sources)


def _sent_back(memory: CustomerMemory) -> set[str]:
    """What they bought last and gave back: nothing goes with it, and nothing is like it."""
    return {
        one.product_id
        for one in memory.products
        if one.last_bought_at and one.last_returned_at and one.last_returned_at >= one.last_bought_at
    }


def _signals(history: ProductHistory) -> Iterable[Signal]:
    moments = (
        ("bought", history.last_bought_at, history.bought_times),
        ("viewed", history.last_viewed_at, history.views),
        ("wished", history.last_wished_at, 1),
        ("returned", history.last_returned_at, 1),
    )
    known = [at for at in (*(at for _, at, _ in moments), history.last_carted_at) if at is not None]
    for kind, at, times in moments:
        if at is not None:
            yield Signal.model_validate(
                {
                    "product_id": history.product_id,
                    "kind": kind,
                    "at": at,
                    "times": max(times, 1),
                    # The newest source is of the last thing that happened, whatever it was; of what was before it
                    # nobody knows which is whose.
                    "sources": history.sources if at == max(known) else (),
                }
            )


def _with_moments(signals: list[Signal], orders: Sequence[Order]) -> list[Signal]:
    """The signals, with each purchase's moment; and those of products bought too long ago to have a history shown."""
    bought: dict[str, dict[datetime, str]] = {}
    for order in sorted(orders, key=lambda one: one.at, reverse=True):
        for line in order.lines:
            bought.setdefault(line.product_id, {}).setdefault(order.at, order.event_id)
    timed = [_timed(one, bought.pop(one.product_id, {})) if one.kind == "bought" else one for one in signals]
    further = islice(bought.items(), max(0, PURCHASED - sum(one.kind == "bought" for one in timed)))
    return timed + [_purchases(product_id, moments) for product_id, moments in further]


def _timed(signal: Signal, moments: Mapping[datetime, str]) -> Signal:
    """The signal of somebody's purchases of a product with each of its `moments`, as `_purchases` has them."""
    known = {"moments": tuple(moments)[:MOMENTS], "sources": _events(moments)}
    return signal.model_copy(update=known) if moments else signal


def _events(moments: Mapping[datetime, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(moments.values()))[:SOURCES]


def _purchases(product_id: str, moments: Mapping[datetime, str]) -> Signal:
    """`moments`: when, newest first, and in which event."""
    times = tuple(moments)
    return Signal(
        product_id=product_id,
        kind="bought",
        at=times[0],
        times=len(times),
        moments=times[:MOMENTS],
        sources=_events(moments),
    )


def _owned(memory: CustomerMemory) -> Iterable[tuple[str, datetime]]:
    """Names of what they bought, the latest first: of what has a history, and of the lines of orders beyond."""
    bought = [(one.name, one.last_bought_at) for one in memory.products if one.name and one.last_bought_at]
    bought += [(line.name, order.at) for order in memory.orders for line in order.lines if line.name]
    latest: dict[str, datetime] = {}
    for name, at in bought:
        latest[name] = max(at, latest.get(name, at))
    return islice(sorted(latest.items(), key=lambda item: item[1], reverse=True), PURCHASED)


def _price_band(prices: Iterable[Decimal | None]) -> tuple[Decimal | None, Decimal | None]:
    """The middle half of the unit prices paid, or nothing below four of them."""
    paid = sorted(price for price in prices if price is not None)
    if len(paid) < 4:
        return None, None
    return paid[len(paid) // 4], paid[(3 * len(paid)) // 4]
