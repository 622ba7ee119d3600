"""Segment messages for tests: short to write, and as a hypothesis strategy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

from hypothesis import strategies as st

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KETTLE = {
    "product_id": "p1",
    "name": "Copper Drip Kettle",
    "category": "Kettles",
    "brand": "Hario",
    "price": 64.5,
}
TEA = {"product_id": "p2", "name": "Sencha", "category": "Drinks > Green Tea", "brand": "Ippodo", "price": 12}
APRON = {"product_id": "p3", "name": "Linen Apron", "category": "Textiles", "price": 39.9, "color": "sage"}
_ids = count(1)
"""Written with leading zeros: of events of one moment the later made one has the higher id, however many there were."""


def track(
    name: str,
    properties: dict[str, Any] | None = None,
    *,
    user: str | None = "u1",
    anonymous: str | None = None,
    days_ago: float = 0,
    message_id: str | None = None,
) -> dict[str, Any]:
    """A `track` message; ids are made up where none is given."""
    return _message("track", user, anonymous, days_ago, message_id) | {
        "event": name,
        "properties": properties or {},
    }


def identify(
    traits: dict[str, Any] | None = None,
    *,
    user: str | None = "u1",
    anonymous: str | None = None,
    days_ago: float = 0,
    message_id: str | None = None,
) -> dict[str, Any]:
    """An `identify` message."""
    return _message("identify", user, anonymous, days_ago, message_id) | {"traits": traits or {}}


def order(order_id: str, *products: dict[str, Any], days_ago: float = 0, **more: Any) -> dict[str, Any]:
    """An `Order Completed` over these products, one of each unless they say otherwise."""
    user = more.pop("user", "u1")
    properties = {"order_id": order_id, "currency": "EUR", "products": list(products), **more}
    return track("Order Completed", properties, user=user, days_ago=days_ago)


def _message(
    kind: str, user: str | None, anonymous: str | None, days_ago: float, message_id: str | None
) -> dict[str, Any]:
    message: dict[str, Any] = {
        "type": kind,
        "messageId": message_id or f"m{next(_ids):07}",
        "timestamp": (NOW - timedelta(days=days_ago)).isoformat(),
    }
    return message | {
        name: value for name, value in (("userId", user), ("anonymousId", anonymous)) if value is not None
    }


_few = st.sampled_from
_products = st.fixed_dictionaries(
    {"product_id": st.integers(1, 5).map(str)},
    optional={
        "name": _few(["Kettle", "Apron", "Sencha"]),
        "category": _few(["Kettles", "Tea", "Textiles"]),
        "brand": _few(["Hario", "Ippodo"]),
        "price": st.one_of(st.floats(0, 500), st.integers(-5, 500), _few(["12.50", "free", None, "NaN"])),
        "quantity": st.one_of(st.integers(-1, 5), _few(["2", None, True, 1e308])),
        "color": _few(["sage", "red"]),
        "size": _few(["M", "L", 42]),
        "rating": _few([1, 3, 5, "2"]),
        "coupon": _few(["SPRING", "", None]),
        "compare_at_price": st.integers(0, 600),
        "is_gift": st.booleans(),
        "consumable_days": _few([30, 0, "x"]),
        "review_body": _few(["I love the linen.", "Too sweet, and it runs small.", "Meh", 7]),
        "body": _few(["It arrived damaged.", "I do not like the linen."]),
    },
)
_answers = st.fixed_dictionaries(
    {
        "answers": _few(
            [{"roast": "dark"}, {"roast": "light", "size": 3}, [{"question": "News?", "answer": "Recipes"}], []]
        )
    }
)
_lists: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"products": st.one_of(st.lists(_products, max_size=3), _few([None, "none", {}]))},
    optional={
        "order_id": st.integers(1, 6).map(str),
        "total": st.one_of(st.floats(0, 500), _few(["10", "x", None])),
        "currency": _few(["EUR", "usd", "?"]),
        "coupon": _few(["SPRING", None]),
        "gift_message": _few(["For you", ""]),
        "reason": _few(["damaged", "not what I like"]),
    },
)
_properties = st.one_of(
    _products, _lists, _answers, st.fixed_dictionaries({"query": st.one_of(st.text(max_size=8), st.none())})
)
_names = _few(
    [
        "Product Viewed",
        "Product List Viewed",
        "Products Searched",
        "Product Added",
        "Product Removed",
        "Cart Viewed",
        "Checkout Started",
        "Order Completed",
        "Order Updated",
        "Order Refunded",
        "Order Cancelled",
        "Product Added to Wishlist",
        "Product Removed from Wishlist",
        "Product Reviewed",
        "Not Interested",
        "Survey Completed",
        "Support Note",
        "Something Of Our Own",
    ]
)
# Few distinct times, so that ties and simultaneous events happen all the time.
_times = st.integers(0, 40).map(lambda step: (NOW - timedelta(hours=step * 7)).isoformat())
_tracks = st.fixed_dictionaries(
    {"type": st.just("track"), "event": _names, "timestamp": _times, "properties": _properties}
)
_email_events = st.fixed_dictionaries(
    {
        "type": st.just("track"),
        "event": _few(["Email Delivered", "Email Opened", "Email Link Clicked", "Unsubscribed"]),
        "timestamp": _times,
        "properties": st.fixed_dictionaries({}, optional={"email_id": _few([f"msg_{n:026}" for n in range(4)])}),
    }
)
_identifies = st.fixed_dictionaries(
    {
        "type": st.just("identify"),
        "timestamp": _times,
        "traits": st.fixed_dictionaries(
            {},
            optional={
                "email": _few(["ada@example.org", "ADA@example.org", "nonsense", None]),
                "firstName": _few(["Ada", "Grace"]),
                "first_name": _few(["Ada", "Zoë"]),
                "email_consent": st.booleans(),
                "plan": st.integers(0, 3),
            },
        ),
    }
)


@st.composite
def histories(draw: st.DrawFn, max_size: int = 40) -> list[dict[str, Any]]:
    """Messages of one customer with distinct message ids, in any order."""
    bodies = draw(st.lists(st.one_of(_tracks, _tracks, _email_events, _identifies), max_size=max_size))
    return [body | {"userId": "u1", "messageId": f"m{index:03}"} for index, body in enumerate(bodies)]


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """One person's messages, partly as a visitor on two devices, some twice, in batches in any order."""
    messages = draw(histories(max_size=25))
    for message in messages:
        device = draw(_few([None, "a1", "a2"]))
        if device is not None:
            message["anonymousId"] = device
            if message["type"] == "track" and draw(st.booleans()):
                del message["userId"]
    waiting = draw(st.permutations([*messages, *messages[:5]]))
    cuts = sorted(draw(st.lists(st.integers(0, len(waiting)), max_size=4)))
    bounds = [0, *cuts, len(waiting)]
    return [waiting[start:end] for start, end in pairwise(bounds)]
