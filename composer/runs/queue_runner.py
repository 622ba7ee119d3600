"""Works off runs whose chunks are jobs on PostgreSQL: what a worker does, on any number of machines."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from math import ceil

import structlog

from composer.batch import Composing
from composer.runs.composing import ChunkEnd, compose_chunk
from composer.runs.failing import patiently, where_it_broke
from composer.runs.model import CHUNK_SIZE
from composer.runs.queue_worker import GivenBack, QueueWorker
from composer.runs.runner import LAST_WORDS_S
from composer.runs.settings import RunSettings
from composer.runs.size import Size
from composer.runs.watch import Hold, Watch
from store.database import Database
from store.failures import DatabaseUnavailable

log = structlog.get_logger("penfriend.runs")


class QueueRunner:
    """As `Runner`, but which chunk is next it hears from the queue. For one event loop."""

    def __init__(
        self,
        database: Database,
        url: str,
        composing: Composing,
        settings: RunSettings,
        *,
        version: str = "",
        size: Size | None = None,
    ) -> None:
        """`url` is that of `database`; the rest as of `Runner`."""
        self.watch = Watch(database, settings, version=version)
        self.size = size or Size(0)
        self._composing = composing
        self._settings = settings
        self._stopped = asyncio.Event()
        self._in_hand: set[asyncio.Task[ChunkEnd]] = set()
        self._queue = QueueWorker(
            database,
            url,
            self._work_off,
            chunks_at_once=_at_once(settings.concurrency),
            lease_s=settings.lease_s,
        )

    async def run(self) -> None:
        """As `Runner.run`."""
        beside = [asyncio.create_task(work) for work in (self.watch.keep(), self._end_in_time())]
        try:
            await self._queue.run()
            if self._in_hand:
                await asyncio.wait(self._in_hand)
            with suppress(DatabaseUnavailable):
                await self.watch.leave()
        finally:
            for task in (*beside, *self._in_hand):
                task.cancel()
            await asyncio.gather(*beside, *self._in_hand, return_exceptions=True)

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
        for composing in self._in_hand:
            composing.cancel()

    async def _work_off(self, run_id: str, number: int) -> None:
        """The job: over as soon as everyone in the chunk is begun, so that who hangs in it does not hold up the next.

        The rest of the chunk needs no job: should this process die, its lease runs out, and it is asked for again.
        """
        hold = await patiently(lambda: self.watch.take(run_id, number))
        if hold is None:
            return
        composing = asyncio.create_task(self._compose(hold))
        self._in_hand.add(composing)
        composing.add_done_callback(self._in_hand.discard)
        all_begun = asyncio.create_task(hold.all_begun.wait())
        try:
            await asyncio.wait({composing, all_begun}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            all_begun.cancel()
        if self.watch.stopping and await composing is ChunkEnd.RETURNED:
            raise GivenBack("This worker ends before the chunk does.")

    async def _compose(self, hold: Hold) -> ChunkEnd:
        end = await self._end_of(hold)
        if self.size.worked_off(hold.held.left):
            # No grace begins: what is in hand is finished.
            self._queue.stop()
        return end

    async def _end_of(self, hold: Hold) -> ChunkEnd:
        run_id, number = hold.held.key
        try:
            end = await compose_chunk(self._composing, self.watch, hold)
        # As in `Runner`: the chunk is left to the end of its lease, the others go on.
        except Exception as error:  # noqa: BLE001
            log.error("chunk_broke", run=run_id, chunk=number, where=where_it_broke(error))
            return ChunkEnd.LOST
        log.info("chunk_ended", run=run_id, chunk=number, end=end.value)
        return end


def _at_once(concurrency: int) -> int:
    """Chunks in hand that keep the slots full, also while one of them ends and the next begins."""
    return ceil(2 * concurrency / CHUNK_SIZE) + 1
