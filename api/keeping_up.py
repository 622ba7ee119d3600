"""A process follows what others do to the database it shares with them: the catalog, and who else calls the models."""

from __future__ import annotations

import asyncio

import structlog

from catalog.service import Catalog
from composer.runs.fleet import live_workers
from composer.throttle import Throttles
from store.database import Database
from store.errors import Unavailable

log = structlog.get_logger("penfriend.keeping_up")

EVERY_S = 5.0
SERVICE = 0.25
"""A service's part of the models' limits, where a worker's is 1: it calls them for the few e-mails that are pulled
before they are written, and most of the time for none."""


async def follow_catalog(catalog: Catalog) -> None:
    """See prices, stock and products that other processes wrote, some seconds later. Ends only when cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await catalog.reload()
        except Unavailable as error:
            log.warning("catalog_not_followed", reason=error.reason)


async def share_limits(
    database: Database,
    throttles: Throttles,
    *,
    lease_s: float,
    own: float = 1.0,
    beside: float = 0.0,
    every: float = EVERY_S,
) -> None:
    """Call models at no more than this process's share of their limits: one of as many as live. Until cancelled.

    `own` is this process's part, where each worker's is 1; `beside` those of processes together that call models and
    are no workers, this one included: a service that answers pulls is `SERVICE`.
    """
    while True:
        try:
            async with database.session(readonly=True) as session:
                living = await live_workers(session, lease_s=lease_s)
            throttles.share = own / max(own, len(living) + beside)
        except Unavailable as error:
            log.warning("workers_not_counted", reason=error.reason)
        await asyncio.sleep(every)
