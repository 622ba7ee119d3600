"""Works off runs whose chunks are jobs on PostgreSQL: what a worker does, on any number of machines."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from math import ceil

import structlog

from composer.batch import Composing
from composer.runs.composing import ChunkEnd, compose_chunk
from composer.runs.failing import patiently
from composer.runs.model import CHUNK_SIZE
from composer.runs.queue_worker import GivenBack, QueueWorker
from composer.runs.runner import LAST_WORDS_S
from composer.runs.settings import RunSettings
from composer.runs.watch import Watch
from store.database import Database
from store.failures import DatabaseUnavailable

log = structlog.get_logger("penfriend.runs")


class QueueRunner:
    """As `Runner`, but which chunk is next it hears from the queue. For one event loop."""

    def __init__(
        self, database: Database, url: str, composing: Composing, settings: RunSettings, *, version: str = ""
    ) -> None:
        """`url` is that of `database`; `version` is ours, for the list of workers."""
        self.watch = Watch(database, settings, version=version)
        self._composing = composing
        self._settings = settings
        self._stopped = asyncio.Event()
        self._queue = QueueWorker(
            database,
            url,
            self._work_off,
            chunks_at_once=_at_once(settings.concurrency),
            lease_s=settings.lease_s,
        )

    async def run(self) -> None:
        """Until `stop` was called and everything is given back."""
        beside = [asyncio.create_task(work) for work in (self.watch.keep(), self._end_in_time())]
        try:
            await self._queue.run()
            with suppress(DatabaseUnavailable):
                await self.watch.leave()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def stop(self) -> None:
        """Begin nobody any more, finish what is being written within the grace, give the chunks back."""
        self.watch.stop()
        self._queue.stop()
        self._stopped.set()

    async def _end_in_time(self) -> None:
        await self._stopped.wait()
        await asyncio.sleep(self._settings.grace_s)
        self.watch.cut()
        await asyncio.sleep(LAST_WORDS_S)
        self._queue.abandon()

    async def _work_off(self, run_id: str, number: int) -> None:
        hold = await patiently(lambda: self.watch.take(run_id, number))
        if hold is None:
            return
        end = await compose_chunk(self._composing, self.watch, hold)
        log.info("chunk_ended", run=run_id, chunk=number, end=end.value)
        if end is ChunkEnd.RETURNED and self.watch.stopping:
            raise GivenBack("This worker ends before the chunk does.")


def _at_once(concurrency: int) -> int:
    """Chunks in hand that keep the slots full, also while one of them ends and the next begins."""
    return ceil(2 * concurrency / CHUNK_SIZE) + 1
