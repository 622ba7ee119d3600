"""Hand-offs and outgoing webhooks as an installation runs them: what delivers, and what a route or command needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.settings import Settings
from composer.handoff.channels import ChannelsOf
from composer.handoff.dispatcher import Dispatcher
from composer.handoff.http import Poster
from composer.handoff.parcels import Current
from composer.handoff.webhooks.deliverer import TIMEOUT_S, Deliverer
from store.database import Database


def open_dispatcher(settings: Settings, database: Database, current: Current) -> Dispatcher:
    """Delivers what is handed off, through the channels of the settings."""
    channels = ChannelsOf(database, smtp=settings.smtp, listmonk=settings.listmonk, webhooks=settings.webhooks)
    return Dispatcher(database, current, channels)


@asynccontextmanager
async def open_deliverer(settings: Settings, database: Database) -> AsyncIterator[Deliverer]:
    """Tells webhook endpoints what happened, for the length of the block."""
    webhooks = settings.webhooks
    deliverer = Deliverer(
        database, Poster(private=webhooks.private, timeout_s=TIMEOUT_S, connections=webhooks.concurrency)
    )
    try:
        yield deliverer
    finally:
        await deliverer.close()


async def keep_delivering(settings: Settings, database: Database, current: Current) -> None:
    """What `penfriend serve` and `penfriend worker` do beside everything else. Ends only when cancelled."""
    async with open_deliverer(settings, database) as deliverer:
        await asyncio.gather(open_dispatcher(settings, database, current).run(), deliverer.run())
