"""Keeps hand-offs going in one process: looks for those with something to do, and opens a channel for each.

Any number of processes may do so over one database: deliveries are taken under leases (`deliveries`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol

import structlog

from composer.handoff import deliveries, service
from composer.handoff.channel import Channel, ChannelNotSet
from composer.handoff.model import Handoff, HandoffStatus
from composer.handoff.pace import Pace
from composer.handoff.parcels import Current, Job
from composer.handoff.sending import Sending
from store.database import Database
from store.errors import PenfriendError, Unavailable
from store.ids import new_worker_id

log = structlog.get_logger("penfriend.handoff")

LOOK_EVERY_S = 1.0


class Channels(Protocol):
    """Opens the channel that a hand-off asks for."""

    async def open(self, handoff: Handoff) -> Channel:
        """Raises a PenfriendError that says what a person must mend first."""
        ...


class Dispatcher:
    """Delivers. Of one event loop; `run` ends when cancelled, `deliver` when its hand-off does."""

    def __init__(
        self,
        database: Database,
        current: Current,
        channels: Channels,
        *,
        pace: Pace = Pace(),
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._database = database
        self._current = current
        self._channels = channels
        self._pace = pace
        self._look_every_s = look_every_s
        self._owner = str(new_worker_id())
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._left: set[str] = set()
        """Hand-offs through channels that this process has not got: for others."""

    async def run(self) -> None:
        """Deliver whatever there is to deliver, until cancelled; then what is on the wire is finished."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(self._look_every_s)
        finally:
            for task in self._at_work.values():
                task.cancel()
            await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    async def deliver(self, handoff_id: str, watch: Callable[[Handoff], None]) -> Handoff:
        """Deliver one hand-off until it is completed, paused or cancelled; `watch` is told how it stands.

        Raises UnknownHandoff, Unavailable (database).
        """
        task: asyncio.Task[None] | None = None
        try:
            while True:
                async with self._database.session(readonly=True) as session:
                    handoff = await service.get(session, handoff_id)
                    due = await deliveries.waiting(session, handoff_id)
                watch(handoff)
                if handoff.status is not HandoffStatus.RUNNING:
                    break
                if due and (task is None or task.done()):
                    task = asyncio.create_task(self._work(handoff_id))
                await self._moment(task)
        except BaseException:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            raise
        if task is not None:
            # It hears of the pause too, and first ends what is on the wire.
            await task
        async with self._database.session(readonly=True) as session:
            return await service.get(session, handoff_id)

    async def _moment(self, task: asyncio.Task[None] | None) -> None:
        """Until the work is done, or it is time to look again."""
        if task is None or task.done():
            await asyncio.sleep(self._look_every_s)
        else:
            await asyncio.wait({task}, timeout=self._look_every_s)

    async def _look(self) -> None:
        try:
            async with self._database.session(readonly=True) as session:
                found = await deliveries.waiting(session)
                abandoned = await deliveries.abandoned(session)
            if abandoned:
                async with self._database.session() as session:
                    await deliveries.sweep(session)
        except Unavailable as error:
            log.warning("handoff_waits", reason=error.reason)
            return
        for handoff_id in found:
            if handoff_id not in self._at_work and handoff_id not in self._left:
                task = asyncio.create_task(self._work(handoff_id, among_others=True))
                self._at_work[handoff_id] = task
                task.add_done_callback(partial(self._ended, handoff_id))

    def _ended(self, handoff_id: str, _: asyncio.Task[None]) -> None:
        del self._at_work[handoff_id]

    async def _work(self, handoff_id: str, *, among_others: bool = False) -> None:
        """Whatever goes wrong ends here, in the log or in the hand-off: the others go on."""
        try:
            await self._send(handoff_id, among_others=among_others)
        except Unavailable as error:
            log.warning("handoff_waits", handoff=handoff_id, reason=error.reason)
        # Nobody awaits this task: an unknown failure must end in the log, not in the garbage collector's.
        except Exception as error:  # noqa: BLE001
            log.error("handoff_broke", handoff=handoff_id, error=type(error).__name__)

    async def _send(self, handoff_id: str, *, among_others: bool) -> None:
        async with self._database.session() as session:
            if await deliveries.complete(session, handoff_id):
                return
            handoff = await service.get(session, handoff_id)
            latest = await service.latest(session, handoff_id)
        try:
            channel = await self._channels.open(handoff)
        except PenfriendError as error:
            if among_others and isinstance(error, ChannelNotSet):
                self._left.add(handoff_id)
                log.warning("handoff_left_to_others", handoff=handoff_id, reason=error.reason)
                detail = f"{error.message} It waits for a process that has one. {error.fix}"
                async with self._database.session() as session:
                    await deliveries.unserved(session, handoff_id, reason=error.reason, detail=detail)
                return
            async with self._database.session() as session:
                await deliveries.halt(session, handoff_id, reason=error.reason, detail=str(error)[:500])
            return
        async with self._database.session() as session:
            await deliveries.served(session, handoff_id)
        try:
            job = Job(handoff_id, handoff.run, self._owner, latest)
            await Sending(self._database, self._current, channel, job, self._pace).run()
        finally:
            await channel.close()
        async with self._database.session() as session:
            await deliveries.complete(session, handoff_id)
