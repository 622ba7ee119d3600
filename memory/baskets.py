"""What happened between customers and products, over all customers: the one view of memory that names no person."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Literal, NamedTuple

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.events import Event
from memory.lines import lines
from memory.tables import Event as EventRow

ORDER = "Order Completed"
KINDS: dict[str, Literal["bought", "viewed", "carted", "wished", "returned"]] = {
    ORDER: "bought",
    "Product Viewed": "viewed",
    "Product Added": "carted",
    "Wishlist Product Added to Cart": "carted",
    "Product Added to Wishlist": "wished",
    "Order Refunded": "returned",
}
READ_AHEAD = 500
KEY_BYTES = 8


class Happening(NamedTuple):
    """One product of one event."""

    customer: int
    """The same for the same customer, and no way back to them."""
    product_id: str
    at: datetime
    kind: Literal["bought", "viewed", "carted", "wished", "returned"]
    quantity: int


async def count_orders(session: AsyncSession) -> int:
    """How many orders there are. Reads every event's name: milliseconds for thousands, a second for a million."""
    query = select(func.count()).select_from(EventRow).where(col(EventRow.name) == ORDER)
    return await session.scalar(query) or 0


def _key(customer_id: str) -> int:
    digest = hashlib.blake2b(customer_id.encode(), digest_size=KEY_BYTES, person=b"learning")
    return int.from_bytes(digest.digest(), "big")


async def happenings(session: AsyncSession) -> AsyncIterator[Happening]:
    """What was bought, viewed, put into a basket, wished for and returned, in no particular order.

    Streams: memory does not grow with the number of events. A refund that names no products says nothing here.
    """
    query = select(
        col(EventRow.message_id), col(EventRow.customer_id), col(EventRow.name), col(EventRow.at), col(EventRow.payload)
    ).where(col(EventRow.name).in_(KINDS))
    rows = await session.stream(query.execution_options(yield_per=READ_AHEAD))
    async for message_id, customer_id, name, at, payload in rows:
        event, customer = Event(message_id, "track", name, None, None, at, orjson.loads(payload)), _key(customer_id)
        for line in lines(event):
            yield Happening(customer, line.product_id, at, KINDS[name], line.quantity)
