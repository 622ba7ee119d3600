"""One hand-off in one process: take what is due, look at it once more, hand it over, write down what came of it.

One task takes deliveries and reads their e-mails, several hand them over, one writes answers down in groups and renews
the leases. A kill at any moment loses nothing: what was not written down is pending still, and is taken by another when
its lease ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from aiolimiter import AsyncLimiter

from composer import telemetry
from composer.handoff import deliveries
from composer.handoff.channel import Answer, Channel, Parcel, Verdict
from composer.handoff.deliveries import Settled, Taken
from composer.handoff.model import DeliveryStatus, HandoffStatus
from composer.handoff.pace import Pace
from composer.handoff.parcels import Current, Job, parcels
from composer.handoff.settling import Settling
from composer.telemetry import handed_over
from store import clock
from store.database import Database
from store.errors import Unavailable

log = structlog.get_logger("penfriend.handoff")

_BATCH = 100
_AWAY = "The far side is away, or wants to be left alone for a while. It is asked again by itself."
_MANY_REFUSED = "The far side refused one e-mail after the other. Look at its answers before you go on."


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A delivery in line, and when its e-mail was looked at (the loop's clock)."""

    taken: Taken
    parcel: Parcel
    read_at: float


class Sending:
    """Hands over what is due of one hand-off until nothing is, or it may not go on. Run it once."""

    def __init__(self, database: Database, current: Current, channel: Channel, job: Job, pace: Pace) -> None:
        self._database = database
        self._current = current
        self._channel = channel
        self._job = job
        self._pace = pace
        self._settling = Settling(database, job.handoff_id, job.owner, pace)
        self._line: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._unanswered = 0
        self._refused_in_a_row = 0
        self._stopped = False
        self._moved = asyncio.Event()
        self._limiter = _limiter(channel.per_second)

    async def run(self) -> None:
        """Returns when nothing is due or the hand-off may not go on. Cancelled, it ends what is on the wire first."""
        senders = [asyncio.create_task(self._send()) for _ in range(self._channel.concurrency)]
        keeper = asyncio.create_task(self._keep())
        try:
            await self._feed()
            await self._until(lambda: self._unanswered == 0)
        finally:
            self._stop()
            winding_up = asyncio.create_task(self._wind_up([*senders, keeper]))
            try:
                await asyncio.shield(winding_up)
            except asyncio.CancelledError:
                # Told to stop while it was about to: what was answered is written down all the same.
                await winding_up
                raise

    async def _feed(self) -> None:
        """Take what is due, as fast as it is handed over."""
        while not self._stopped:
            async with self._database.session() as session:
                taken = await deliveries.take(session, self._job.handoff_id, self._job.owner, _BATCH, self._pace.lease)
            if not taken:
                return
            await self._line_up(taken)
            await self._until(lambda: self._line.qsize() <= self._channel.concurrency)

    async def _line_up(self, taken: Sequence[Taken]) -> None:
        try:
            found = await self._read(taken)
        except BaseException:
            for one in taken:
                self._settling.give_back(one)
            raise
        now = _now()
        for one, parcel in zip(taken, found, strict=True):
            if isinstance(parcel, Settled):
                self._settling.put(parcel)
            else:
                self._unanswered += 1
                self._line.put_nowait(_Waiting(one, parcel, now))

    async def _read(self, taken: Sequence[Taken]) -> list[Parcel | Settled]:
        needs_address = self._channel.needs_address
        return await parcels(self._database, self._current, self._job, taken, needs_address=needs_address)

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Until it holds, or the hand-off has stopped."""
        while not (self._stopped or condition()):
            self._moved.clear()
            await self._moved.wait()

    def _stop(self) -> None:
        self._stopped = True
        self._moved.set()

    async def _send(self) -> None:
        while True:
            waiting = await self._line.get()
            try:
                await self._one(waiting)
            except Unavailable as error:
                # The database: whatever was not settled by now is given back, and everything waits for it.
                self._settling.give_back(waiting.taken)
                log.warning("handoff_waits", handoff=self._job.handoff_id, reason=error.reason)
                self._stop()
            except asyncio.CancelledError:
                # Nobody knows whether the far side has it: it stays pending, and this attempt counts.
                self._settling.put(Settled(waiting.taken.position, DeliveryStatus.PENDING, "interrupted"))
                raise
            # A bug of ours with one e-mail must not keep the others back; it ends in the row, and in the log.
            except Exception as error:  # noqa: BLE001
                log.error("handoff_broke", handoff=self._job.handoff_id, error=type(error).__name__)
                self._later(waiting.taken, Answer(Verdict.LATER, "internal_error"))
            self._unanswered -= 1
            self._moved.set()

    async def _one(self, waiting: _Waiting) -> None:
        if self._limiter is not None and not self._stopped:
            await self._limiter.acquire()
        if self._stopped:
            self._settling.give_back(waiting.taken)
            return
        parcel: Parcel | Settled = waiting.parcel
        if _now() - waiting.read_at > self._pace.fresh_s:
            (parcel,) = await self._read([waiting.taken])
        if isinstance(parcel, Settled):
            self._settling.put(parcel)
            return
        await self._judge(waiting.taken, await self._channel.send(parcel))

    async def _judge(self, taken: Taken, answer: Answer) -> None:
        telemetry.handed_over(answer.verdict.value, answer.reason)
        handed_over(answer.verdict.value, answer.reason)
        match answer.verdict:
            case Verdict.SENT:
                self._refused_in_a_row = 0
                self._settling.reached()
                self._settling.put(_as(taken, DeliveryStatus.SENT, answer))
                if self._channel.sends:
                    self._settling.sent(taken)
            case Verdict.REFUSED:
                await self._refuse(taken, answer)
            case Verdict.LATER:
                self._later(taken, answer)
            case Verdict.AWAY:
                self._settling.give_back(taken, answer)
                await self._rest(answer)
            case Verdict.HALT:
                self._settling.give_back(taken, answer)
                await self._halt(answer.reason, answer.text)

    async def _refuse(self, taken: Taken, answer: Answer) -> None:
        self._settling.reached()
        self._settling.put(_as(taken, DeliveryStatus.REFUSED, answer))
        if answer.dead_address:
            # A list with many dead addresses is one thing, a sender that nobody wants is another.
            self._settling.dead(taken)
            return
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= self._pace.refused_in_a_row:
            await self._halt("many_refused", _MANY_REFUSED)

    def _later(self, taken: Taken, answer: Answer) -> None:
        wait = self._pace.retry_after(taken.attempts)
        if wait is None:
            self._settling.put(_as(taken, DeliveryStatus.FAILED, answer))
            return
        asked = timedelta(seconds=answer.wait_s or 0)
        self._settling.put(_as(taken, DeliveryStatus.PENDING, answer, wait=max(wait, asked)))

    async def _rest(self, answer: Answer) -> None:
        """Once, whatever the number of tasks that found the far side away."""
        if self._stopped:
            return
        self._stop()
        log.warning("handoff_rests", handoff=self._job.handoff_id, reason=answer.reason, code=answer.code)
        async with self._database.session() as session:
            wait = self._pace.rest_after(await deliveries.rests(session, self._job.handoff_id))
            until = clock.now() + max(wait, timedelta(seconds=answer.wait_s or 0))
            await deliveries.rest(session, self._job.handoff_id, reason=answer.reason, detail=_AWAY, until=until)

    async def _halt(self, reason: str, detail: str) -> None:
        if self._stopped:
            return
        self._stop()
        log.warning("handoff_paused", handoff=self._job.handoff_id, reason=reason)
        async with self._database.session() as session:
            await deliveries.halt(session, self._job.handoff_id, reason=reason, detail=detail)

    async def _keep(self) -> None:
        """Write answers down, renew leases, and hear of a pause: every second, and three times a lease."""
        every = min(1.0, self._pace.lease_s / 3)
        renewed = _now()
        while True:
            await self._settling.wait()
            await self._settling.flush()
            if _now() - renewed >= every:
                renewed = _now()
                await self._renew()

    async def _renew(self) -> None:
        try:
            async with self._database.session() as session:
                status = await deliveries.keep(session, self._job.handoff_id, self._job.owner, self._pace.lease)
        except Unavailable as error:
            log.warning("handoff_waits", handoff=self._job.handoff_id, reason=error.reason)
            return
        if status is not HandoffStatus.RUNNING:
            self._stop()

    async def _wind_up(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """What is in line goes back, what is on the wire gets its time, what was answered is written down."""
        while not self._line.empty():
            self._settling.give_back(self._line.get_nowait().taken)
            self._unanswered -= 1
        try:
            async with asyncio.timeout(self._pace.grace_s):
                while self._unanswered:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            log.warning("handoff_interrupted", handoff=self._job.handoff_id, deliveries=self._unanswered)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._settling.close()


def _limiter(per_second: float | None) -> AsyncLimiter | None:
    """Even below one a second."""
    if per_second is None:
        return None
    burst = max(1.0, per_second)
    return AsyncLimiter(burst, burst / per_second)


def _as(taken: Taken, status: DeliveryStatus, answer: Answer, wait: timedelta | None = None) -> Settled:
    next_at = None if wait is None else clock.now() + wait
    return Settled(taken.position, status, answer.reason, answer.code, answer.text, next_at)


def _now() -> float:
    return asyncio.get_running_loop().time()
