"""Limits of a model hold for all processes together: each that works on runs takes its part of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from composer.runs.fleet import live_workers
from composer.throttle import Throttles
from store.database import Database
from store.failures import DatabaseUnavailable


async def keep_share(database: Database, throttles: Throttles, *, lease_s: float) -> None:
    """Give this process 1 / live workers of every limit, looking several times a lease, until cancelled.

    While the database cannot be reached the last share stays: nobody can tell who else lives.
    """
    while True:
        with suppress(DatabaseUnavailable):
            await take_share(database, throttles, lease_s=lease_s)
        await asyncio.sleep(lease_s / 3)


async def take_share(database: Database, throttles: Throttles, *, lease_s: float) -> None:
    """Look once. Raises DatabaseUnavailable."""
    async with database.session(readonly=True) as session:
        workers = await live_workers(session, lease_s=lease_s)
    throttles.share = 1.0 / max(1, len(workers))
