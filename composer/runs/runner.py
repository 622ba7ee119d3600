"""Works off the chunks of all running runs in this process: what `penfriend serve` and a worker on SQLite do."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from composer.batch import Composing
from composer.runs.composing import compose_chunk
from composer.runs.failing import patiently, where_it_broke
from composer.runs.settings import RunSettings
from composer.runs.size import Size
from composer.runs.watch import Hold, Watch
from store.database import Database
from store.failures import DatabaseUnavailable

log = structlog.get_logger("penfriend.runs")

POLL_S = 0.5
"""Between two looks for chunks, when nobody wakes it."""
LAST_WORDS_S = 5.0
"""Seconds to store what is written and give back the chunks, after the grace."""


class Runner:
    """Takes a chunk whenever those in hand cannot fill the slots much longer. For one event loop."""

    def __init__(
        self,
        database: Database,
        composing: Composing,
        settings: RunSettings,
        *,
        version: str = "",
        size: Size | None = None,
    ) -> None:
        """`version` is ours, for the list of workers. Given a `size`, `run` ends when the process has outgrown it."""
        self.watch = Watch(database, settings, version=version)
        self.size = size or Size(0)
        self._composing = composing
        self._settings = settings
        self._chunks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether any chunk is in hand."""
        return bool(self._chunks)

    def wake(self) -> None:
        """There may be something to do: a run was started or resumed in this process."""
        self.watch.hungry.set()

    async def run(self) -> None:
        """Until `stop` was called and everything is given back, or this process has outgrown its size and finished all
        that it had in hand. Cancelled, it leaves its chunks to the end of their leases."""
        keeping = asyncio.create_task(self.watch.keep())
        try:
            while not self.watch.stopping and not (self.size.outgrown and not self._chunks):
                self.watch.hungry.clear()
                hold = None if self.size.outgrown else await self._next()
                if hold is None:
                    await self._wait()
                else:
                    self._begin(hold)
            await self._finish()
        finally:
            for task in (keeping, *self._chunks):
                task.cancel()
            await asyncio.gather(keeping, *self._chunks, return_exceptions=True)

    def stop(self) -> None:
        """Begin nobody any more, finish what is being written within the grace, give the chunks back."""
        self.watch.stop()
        self.wake()

    async def _next(self) -> Hold | None:
        """The next chunk, when it is time for one: before those in hand run out, so that the slots stay full."""
        if self.watch.left >= self._settings.concurrency:
            return None
        try:
            return await patiently(self.watch.take_fairest)
        # Nothing that breaks here may end the process's work on runs for good: it is logged, and tried again.
        except Exception as error:  # noqa: BLE001
            log.error("taking_broke", where=where_it_broke(error))
            return None

    def _begin(self, hold: Hold) -> None:
        task = asyncio.create_task(self._work_off(hold))
        self._chunks.add(task)
        task.add_done_callback(self._chunks.discard)

    async def _work_off(self, hold: Hold) -> None:
        held = hold.held
        try:
            end = await compose_chunk(self._composing, self.watch, hold)
            log.info("chunk_ended", run=held.run_id, chunk=held.number, end=end.value)
        # Nobody awaits this task. The chunk is left to the end of its lease, the other chunks go on.
        except Exception as error:  # noqa: BLE001
            log.error("chunk_broke", run=held.run_id, chunk=held.number, where=where_it_broke(error))
        self.size.worked_off(held.left)

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self.watch.hungry.wait()

    async def _finish(self) -> None:
        """What is being written is finished and stored, or after the grace left to others; this process signs off."""
        if self._chunks:
            await asyncio.wait(self._chunks, timeout=self._settings.grace_s)
        self.watch.cut()
        if self._chunks:
            await asyncio.wait(self._chunks, timeout=LAST_WORDS_S)
        with suppress(DatabaseUnavailable):
            await self.watch.leave()
