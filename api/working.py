"""What `penfriend worker` is: the house without HTTP, at work on campaign runs until it is told to stop."""

from __future__ import annotations

import structlog

from api import models
from api.background import Background
from api.handoffs import keep_delivering
from api.house import House
from api.keeping_up import follow_catalog, share_limits
from api.signals import told_to_stop
from api.version import VERSION
from composer.batch import Composing
from composer.runs.queue_runner import QueueRunner
from composer.runs.runner import Runner
from composer.runs.settings import RunSettings
from composer.runs.size import Size
from store.database import Database

log = structlog.get_logger("penfriend.worker")


async def work(house: House) -> bool:
    """Until SIGTERM or Ctrl-C: then e-mails being written are finished within the grace and the chunks given back.

    A second signal ends the grace. True where it ended by itself, all in hand finished, because this process has
    outgrown `runs.worker_max_mb`: then another is to begin in its place.
    """
    settings = house.settings
    runner = open_runner(house.database, settings.database, house.composing, settings.runs)
    background = Background()
    background.start("warm_up", models.warm_up(house.writers))
    background.start("follow_catalog", follow_catalog(house.catalog))
    background.start("deliveries", keep_delivering(settings, house.database, house.freshness))
    background.start("share_limits", share_limits(house.database, house.throttles, lease_s=settings.runs.lease_s))
    await models.load(house.writers)
    log.info("worker_started", worker=runner.watch.worker, concurrency=settings.runs.concurrency)
    try:
        with told_to_stop(runner):
            await runner.run()
    finally:
        await background.close()
    log.info("worker_stopped", worker=runner.watch.worker)
    return runner.size.outgrown and not runner.watch.stopping


def open_runner(database: Database, url: str, composing: Composing, settings: RunSettings) -> Runner | QueueRunner:
    """By the queue on PostgreSQL, where there may be any number of workers; else by looking at the chunks."""
    size = Size(settings.worker_max_mb)
    if database.dialect == "postgresql":
        return QueueRunner(database, url, composing, settings, version=VERSION, size=size)
    return Runner(database, composing, settings, version=VERSION, size=size)
