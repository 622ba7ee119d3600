"""What an order says beside its lines (bought reduced, bought as a gift), and what a person spoke for or against.

Marks stand with their order in `state["orders"]`, so that an update of the order replaces them. Opinions are a
last-writer-wins map: who returned a kettle and then rates it five stars likes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from memory.events import Event
from memory.lines import label, lines, units
from memory.parts.interests import know
from memory.parts.steps import Step
from memory.state import LINES_PER_ORDER, OPINIONS, State, put_last

Marks = list[int]
"""[lines, lines bought at a reduced price or with a coupon, 1 where it is a gift, else 0]."""
LINE_COUNT, REDUCED, GIFT = range(3)
BAD_RATING, GOOD_RATING = 2, 4
"""Of five: up to two is a dislike, from four on a liking, three says nothing."""
RETURNED, RATED_LOW, NOT_INTERESTED, LIKED = "returned", "rated_low", "not_interested", "liked"
_FULL_PRICES = ("compare_at_price", "original_price", "regular_price", "list_price")
_GIFT_FLAGS = ("gift", "is_gift", "gift_wrap", "gift_wrapped", "gift_wrapping")
_GIFT_TEXTS = ("gift_message", "gift_note", "gift_recipient")
_REDUCING, _GIVING = (
    frozenset({*_FULL_PRICES, "coupon", "discount", "on_sale"}),
    frozenset((*_GIFT_FLAGS, *_GIFT_TEXTS)),
)
_GIFT_CATEGORY = re.compile(r"(?:^|[>/|])\s*(?:gift (?:wrap|bags?|cards?|sets?|boxes)|geschenk\w*|cadeaux?)\b", re.I)
_NO_FAULT_OF_TASTE = re.compile(
    r"damag|defect|faulty|broken|wrong|\blate\b|lost|never arrived|not (?:as )?ordered|exchange|too (?:small|big|large|"
    r"short|long|tight|loose)|size|duplicate|twice|fraud|beschädigt|defekt|falsch|größe|spät",
    re.IGNORECASE,
)
"""Reasons for a return that say nothing of liking the product."""


def marks_of(event: Event) -> Marks:
    """What an order says beside its lines."""
    properties, hints = event.properties, event.hints
    products = properties.get("products")
    said = products if isinstance(products, list) else []
    items = [item for item in said if isinstance(item, dict)][:LINES_PER_ORDER]
    whole = _has_coupon(properties)
    reduced = len(items) if whole else sum(_is_reduced(item, hints) for item in items)
    return [len(items), reduced, int(_is_gift(properties, items))]


def _has_coupon(said: Mapping[str, Any]) -> bool:
    """Segment's `coupon` and `discount`, of an order or a line."""
    return label(said.get("coupon")) is not None or bool(units(said.get("discount")))


def _is_reduced(item: Mapping[str, Any], hints: Mapping[str, Any]) -> bool:
    if not hints and _REDUCING.isdisjoint(item):
        return False
    if _has_coupon(item) or item.get("on_sale") is True:
        return True
    price = units(item.get("price"))
    known = hints.get(str(item.get("product_id") or item.get("sku"))) or {}
    full = next((found for name in _FULL_PRICES if (found := units(item.get(name)))), known.get("regular_price"))
    paid = known.get("price") if price is None else price
    return full is not None and paid is not None and paid < full


def _is_gift(properties: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> bool:
    """Flagged as one, with a message to somebody, sent to somebody else, or with what wraps gifts."""
    if _is_flagged(properties) or _is_for_another(properties):
        return True
    return any(_is_flagged(item) or _wraps_gifts(label(item.get("category")) or "") for item in items)


@lru_cache(maxsize=4096)
def _wraps_gifts(category: str) -> bool:
    return _GIFT_CATEGORY.search(category) is not None


def _is_flagged(said: Mapping[str, Any]) -> bool:
    if _GIVING.isdisjoint(said):
        return False
    flagged = any(said.get(name) in (True, 1, "true", "yes", "1") for name in _GIFT_FLAGS)
    return flagged or any(label(said.get(name)) is not None for name in _GIFT_TEXTS)


def _is_for_another(properties: Mapping[str, Any]) -> bool:
    """Sent to another name at another place than it was billed to. The same name elsewhere is an office."""
    sent, billed = properties.get("shipping_address"), properties.get("billing_address")
    if not isinstance(sent, dict) or not isinstance(billed, dict):
        return False
    names, places = ([_spelled(one, fields) for one in (sent, billed)] for fields in (_NAME, _PLACE))
    return all(pair[0] and pair[1] and pair[0] != pair[1] for pair in (names, places))


_NAME = ("name", "first_name", "firstName", "last_name", "lastName")
_PLACE = ("address1", "street", "line1", "zip", "postal_code", "postalCode", "postcode")


def _spelled(address: Mapping[str, Any], fields: Iterable[str]) -> str:
    return " ".join(str(address[name]) for name in fields if address.get(name)).casefold()


def _speak(state: State, event: Event, time: int, how: str) -> None:
    """Of the products an event is about, else of the category or brand."""
    found = lines(event)
    about = [f"product={line.product_id}" for line in found]
    for line in found:
        know(state, time, line)
    if not found:
        named = ((kind, label(event.properties.get(kind))) for kind in ("category", "brand"))
        about = [f"{kind}={value}" for kind, value in named if value is not None]
    for one in about:
        put_last(state["dislikes"], one, [time, event.message_id, how], OPINIONS)


def _refunded(state: State, event: Event, time: int) -> None:
    reason = label(event.properties.get("reason"))
    if isinstance(event.properties.get("products"), list) and not (reason and _NO_FAULT_OF_TASTE.search(reason)):
        _speak(state, event, time, RETURNED)


def _rated(state: State, event: Event, time: int) -> None:
    rating = units(event.properties.get("rating"))
    if rating is None or BAD_RATING * 10_000 < rating < GOOD_RATING * 10_000:
        return
    _speak(state, event, time, RATED_LOW if rating <= BAD_RATING * 10_000 else LIKED)


def _spoken(how: str) -> Step:
    def step(state: State, event: Event, time: int) -> None:
        _speak(state, event, time, how)

    return step


STEPS: dict[str, Step] = {
    "Order Refunded": _refunded,
    "Product Reviewed": _rated,
    **dict.fromkeys(
        ("Not Interested", "Product Not Interested", "Product Disliked", "Product Hidden", "Recommendation Dismissed"),
        _spoken(NOT_INTERESTED),
    ),
    **dict.fromkeys(("Product Liked", "Product Favorited"), _spoken(LIKED)),
}
