"""The customers of a comparison: drawn by lot, each as likely as any other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from heapq import nsmallest

from sqlalchemy import select

from composer import chance
from memory.tables import Customer
from store.database import Database
from store.upsert import table_of

TRIES = 20
"""Times the customers wanted that are looked at before there are said to be no more."""
_READ_AHEAD = 1_000
_CUSTOMER = table_of(Customer).c
Lot = tuple[float, str]


async def draw(database: Database, seed: str, wanted: int) -> AsyncIterator[str]:
    """The shop's ids of customers, each once, in an order that the seed decides; at most `wanted` × `TRIES`.

    Each has a number from the seed and their id, and the lowest numbers are taken (bottom-k sampling; Cohen & Kaplan
    2007): who comes or goes meanwhile changes nobody else's place. Walks through all customers once, beside the
    requests; on two cores about 4 s for a million.
    """
    drawn: list[Lot] = []
    async for some in _customers(database):
        lots = ((chance.unit("draw", seed, customer), customer) for customer in some)
        drawn = nsmallest(wanted * TRIES, _both(drawn, lots))
    for _, customer in drawn:
        yield customer


async def _customers(database: Database) -> AsyncIterator[list[str]]:
    query = select(_CUSTOMER.external_id).where(_CUSTOMER.external_id.is_not(None)).order_by(_CUSTOMER.id)
    after = ""
    while True:
        # A transaction for each page: none stands open over all of them.
        async with database.session(readonly=True) as session:
            page = query.add_columns(_CUSTOMER.id).where(_CUSTOMER.id > after).limit(_READ_AHEAD)
            rows = (await session.execute(page)).all()
        if not rows:
            return
        yield [row[0] for row in rows]
        after = rows[-1][1]


def _both(one: Iterable[Lot], other: Iterable[Lot]) -> Iterable[Lot]:
    yield from one
    yield from other
