"""What happened with one customer, in words, the newest first: a page of it, whatever their past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.account.sources import via_of
from memory.events import FACT_CORRECTED, FACT_FORGOTTEN, WORDS_READ
from memory.tables import Event

PRODUCTS = 4
"""Named of one event."""
MAX_WORDS = 300
"""Characters of somebody's own words that are shown."""
_VERBS = {
    "": "Details told",
    "Product Viewed": "Looked at",
    "Product List Viewed": "Browsed",
    "Products Searched": "Searched the shop",
    "Product Added": "Put into the cart",
    "Product Removed": "Took out of the cart",
    "Product Added to Wishlist": "Put on the wish list",
    "Product Removed from Wishlist": "Took off the wish list",
    "Cart Viewed": "Looked at the cart",
    "Checkout Started": "Began to check out",
    "Order Completed": "Ordered",
    "Order Refunded": "Was given money back for",
    "Order Cancelled": "Cancelled an order of",
    "Product Reviewed": "Reviewed",
    "Email Delivered": "Was sent an e-mail",
    "Email Opened": "Opened an e-mail",
    "Email Link Clicked": "Followed a link in an e-mail",
    "Unsubscribed": "Unsubscribed",
    "Consent Changed": "Changed what they allow and want",
    FACT_CORRECTED: "Had something put right",
    FACT_FORGOTTEN: "Had something forgotten",
    WORDS_READ: "Own words were read",
}
_OWN_WORDS = ("query", "review_body", "review", "comment", "message", "note", "body", "answer", "text")
"""Where shops put what a person typed."""
_SHOWN_TRAITS = 6

Place = tuple[datetime, str]
"""A moment and an id: where a page of the timeline ends."""


class Happened(NamedTuple):
    """One thing that happened."""

    at: datetime
    id: str
    what: str
    """`Ordered`, `Looked at` …; another event's own name."""
    about: tuple[str, ...]
    """Products and categories by name; of details told, which they were."""
    words: str
    """Their own words: not for everybody's eyes."""
    via: str


async def happened(
    session: AsyncSession, customer_id: str, *, before: Place | None = None, limit: int = 30
) -> list[Happened]:
    """At most `limit` events before a place, the newest first: one look at an index."""
    query = select(col(Event.message_id), col(Event.name), col(Event.at), col(Event.payload))
    query = query.where(col(Event.customer_id) == customer_id)
    if before is not None:
        # The first condition is what the index goes by; the second tells apart what happened at one moment.
        query = query.where(
            col(Event.at) <= before[0], tuple_(col(Event.at), col(Event.message_id)) < tuple_(before[0], before[1])
        )
    newest = query.order_by(col(Event.at).desc(), col(Event.message_id).desc()).limit(limit)
    return [_told(*row) for row in (await session.execute(newest)).all()]


def _told(message_id: str, name: str, at: datetime, payload: bytes) -> Happened:
    body = orjson.loads(payload)
    said = body.get("properties") or {}
    about = tuple(dict.fromkeys(_traits(body) if not name else _goods(said)))
    more = len(about) - PRODUCTS
    shown = (*about[:PRODUCTS], f"{more} more") if name and more > 0 else about
    return Happened(at, message_id, _VERBS.get(name, name), shown, _words(said), via_of(name, body))


def _traits(body: Mapping[str, Any]) -> Iterator[str]:
    """Their names; what they say stands among what is remembered."""
    names = sorted(body.get("traits") or {})
    yield from (str(name).replace("_", " ") for name in names[:_SHOWN_TRAITS])
    if len(names) > _SHOWN_TRAITS:
        yield f"{len(names) - _SHOWN_TRAITS} more"


def _goods(said: Mapping[str, Any]) -> Iterator[str]:
    products = said.get("products")
    lines = [one for one in products if isinstance(one, dict)] if isinstance(products, list) else []
    for line in [said, *lines]:
        name = line.get("name") or line.get("product_id")
        if isinstance(name, str) and name:
            yield name
    category = said.get("category")
    if not lines and not said.get("name") and isinstance(category, str) and category:
        yield category


def _words(said: Mapping[str, Any]) -> str:
    found = (said.get(name) for name in _OWN_WORDS)
    return " · ".join(one for one in found if isinstance(one, str) and one)[:MAX_WORDS]
