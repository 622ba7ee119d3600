"""What was bought together, over all customers: the one view of memory that knows no person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.events import Event
from memory.lines import lines
from memory.tables import Event as EventRow

ORDER = "Order Completed"
READ_AHEAD = 500


async def baskets(session: AsyncSession) -> AsyncIterator[tuple[list[str], datetime]]:
    """Product ids and time of every order, in no particular order; orders without lines are left out.

    Streams: memory does not grow with the number of orders.
    """
    query = select(col(EventRow.message_id), col(EventRow.at), col(EventRow.payload)).where(col(EventRow.name) == ORDER)
    rows = await session.stream(query.execution_options(yield_per=READ_AHEAD))
    async for message_id, at, payload in rows:
        event = Event(message_id, "track", ORDER, None, None, at, orjson.loads(payload))
        bought = [line.product_id for line in lines(event)]
        if bought:
            yield bought, at
