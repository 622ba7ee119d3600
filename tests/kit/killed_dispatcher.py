"""A process that delivers a hand-off to a relay on this machine, to be killed."""

from __future__ import annotations

import asyncio
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from composer.handoff.channels import ChannelsOf
from composer.handoff.dispatcher import Dispatcher
from composer.handoff.pace import Pace
from composer.handoff.settings import ListmonkSettings, WebhookSettings
from store.crypto import load_keyring
from store.database import Database
from tests.kit import forks
from tests.kit.handoffs import relay
from tests.kit.prepared import PreparedShop
from tests.kit.shelf import TestShelf

PACE = Pace(retry_s=(0.1,) * 5, rest_s=0.1, flush_s=0.1)


def begin(url: str, keys: Path, handoff: str, port: int) -> ForkServerProcess:
    """A process of its own, which ends when the hand-off does."""
    return forks.start(_main, url, keys, handoff, port)


def _main(url: str, keys: Path, handoff: str, port: int) -> None:
    asyncio.run(_deliver(url, keys, handoff, port))


async def _deliver(url: str, keys: Path, handoff: str, port: int) -> None:
    database = Database.open(url, load_keyring(keys))
    shop = PreparedShop(database, TestShelf())
    channels = ChannelsOf(
        database, smtp=relay(port, connections=2), listmonk=ListmonkSettings(), webhooks=WebhookSettings()
    )
    dispatcher = Dispatcher(database, shop.freshness, channels, pace=PACE, look_every_s=0.1)
    await dispatcher.deliver(handoff, lambda _: None)
    await database.close()
