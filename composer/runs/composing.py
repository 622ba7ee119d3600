"""`compose_chunk`: everyone in one chunk gets what they get. The same in every way of running.

Recipients are read in groups, written at the same time within the slots of the process, and stored in groups. Nothing
is final before it is stored; whatever ends this early (a kill, a lost lease, a cancelled run) leaves the others
pending, for whoever takes the chunk next.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import count
from typing import Any

import structlog
from sqlalchemy import Row, select

from composer import telemetry
from composer.batch import Composing, Prepared
from composer.contract import ComposeRequest
from composer.runs.chunks import ChunkLost, is_due
from composer.runs.failing import as_failure, may_pass, patiently
from composer.runs.model import RecipientStatus
from composer.runs.outcomes import Final, Outcome
from composer.runs.standing import read_spent
from composer.runs.storing import leave_chunk, store_group
from composer.runs.tables import RecipientRow
from composer.runs.watch import Hold, Watch
from composer.throttle import calling_for
from store.upsert import table_of

GROUP = 50
"""Recipients read at a time."""
COMMIT = 40
"""Recipients stored at a time, if so many are ready …"""
COMMIT_S = 0.25
"""… within so many seconds of the first."""
ATTEMPTS = 3
"""For a recipient whose composing failed in a way that may pass."""
FIRST_WAIT_S = 0.5
"""Before the second attempt; doubles."""
_RECIPIENT = table_of(RecipientRow).c
_NOT_BEFORE = _RECIPIENT.not_before
_READ = _RECIPIENT["position", "customer", "attempts", "step", "occasion"]


class ChunkEnd(StrEnum):
    """How a chunk left the hands of this process."""

    DONE = "done"
    """Everyone in it is final."""
    RETURNED = "returned"
    """Given back with some still pending: the run stands still, the process stops, or they are deferred."""
    LOST = "lost"
    """Taken over by another process, or its run was cancelled."""


@dataclass(frozen=True)
class Member:
    """A pending recipient, read."""

    position: int
    attempts: int
    prepared: Prepared


async def compose_chunk(composing: Composing, watch: Watch, hold: Hold) -> ChunkEnd:
    """Work off a chunk that `watch.take` or `watch.take_fairest` gave; in the end it is given back.

    `watch.keep` runs beside it. Waits while the database cannot be reached. Cancelled, it ends at once and leaves the
    chunk to the end of its lease.
    """
    run_id, number = hold.held.key
    # Whatever is logged beneath carries these, and spans have this one as their parent.
    with (
        structlog.contextvars.bound_contextvars(run=run_id, chunk=number, worker=watch.worker),
        telemetry.span(telemetry.SPAN_CHUNK, {telemetry.RUN: run_id, telemetry.CHUNK: number}),
    ):
        return await _worked_off(composing, watch, hold)


async def _worked_off(composing: Composing, watch: Watch, hold: Hold) -> ChunkEnd:
    work = asyncio.create_task(_Work(composing, watch, hold).run())
    dropped = asyncio.create_task(hold.dropped.wait())
    try:
        await asyncio.wait({work, dropped}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else ChunkEnd.LOST
    finally:
        work.cancel()
        dropped.cancel()
        await asyncio.gather(work, dropped, return_exceptions=True)
        watch.end(hold)


class _Work:
    """One chunk in hand."""

    def __init__(self, composing: Composing, watch: Watch, hold: Hold) -> None:
        self._composing = composing
        self._watch = watch
        self._hold = hold
        self._held = hold.held
        self._standing = hold.standing
        self._writers: set[asyncio.Task[Outcome]] = set()
        self._written: asyncio.Queue[Outcome] = asyncio.Queue()
        self._unstored: dict[int, Outcome] = {}
        """What is written and not stored, by position."""

    @property
    def _open(self) -> bool:
        return self._standing.open and not self._watch.stopping

    async def run(self) -> ChunkEnd:
        """Until everyone is final, or nobody may be begun any more."""
        end = ChunkEnd.LOST
        try:
            async with asyncio.TaskGroup() as tasks:
                beside = [tasks.create_task(work) for work in (self._store_all(), self._cut_when_told())]
                end = await self._work_off()
                for task in beside:
                    task.cancel()
        except* ChunkLost:
            end = ChunkEnd.LOST
        finally:
            await self._abandon()
        return end

    async def _work_off(self) -> ChunkEnd:
        while True:
            await self._begin_all()
            self._watch.exhausted(self._hold)
            await asyncio.gather(*self._writers, return_exceptions=True)
            await self._written.join()
            end = await patiently(self._leave)
            if end is not None:
                return end

    async def _begin_all(self) -> None:
        """Begin everyone who is pending, as fast as slots and budget allow; returns early when nobody may be begun."""
        async with aclosing(self._members()) as members:
            async for member in members:
                if not await self._may_begin():
                    return
                self._begin(member)

    async def _members(self) -> AsyncGenerator[Member, None]:
        """Pending recipients who are due, by position; the next group is read while one is begun."""
        reading = asyncio.create_task(self._read(after=self._held.first - 1))
        try:
            while group := await reading:
                reading = asyncio.create_task(self._read(after=group[-1].position))
                for member in group:
                    yield member
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, *, after: int) -> list[Member]:
        query = (
            select(*_READ)
            .where(_RECIPIENT.run_id == self._held.run_id, _RECIPIENT.status == RecipientStatus.PENDING)
            .where(is_due(_NOT_BEFORE))
            .where(_RECIPIENT.position > after, _RECIPIENT.position < self._held.first + self._held.size)
            .order_by(_RECIPIENT.position)
            .limit(GROUP)
        )

        async def rows() -> Sequence[Row[Any]]:
            async with self._watch.desk, self._watch.database.session(readonly=True) as session:
                return (await session.execute(query)).all()

        found = await patiently(rows)
        requests = [self._standing.request_for(row.customer, row.step, row.occasion) for row in found]
        prepared = await self._prepare(requests)
        return [Member(row.position, row.attempts, one) for row, one in zip(found, prepared, strict=True)]

    async def _prepare(self, requests: Sequence[ComposeRequest]) -> list[Prepared]:
        """As `Composing.prepare`; where the group breaks, one by one, so that one recipient's trouble stays theirs."""
        standing = self._standing
        if not requests:
            return []
        prepare = partial(
            self._composing.prepare,
            requests,
            campaign_version=standing.campaign_version,
            began=standing.began,
            latest=standing.latest,
        )
        try:
            return await patiently(prepare)
        # Whatever breaks there, nobody may be lost by it: it becomes this recipient's failure, and is logged.
        except Exception as error:  # noqa: BLE001
            if len(requests) == 1:
                return [Prepared(requests[0], error=as_failure(error))]
            return [one for request in requests for one in await self._prepare([request])]

    async def _may_begin(self) -> bool:
        """Wait for a slot and for money; False when nobody may be begun any more."""
        while await self._room():
            await self._watch.slots.acquire()
            if self._open and self._standing.budget.admits():
                return True
            self._watch.slots.release()
        return False

    async def _room(self) -> bool:
        """Wait until the budget admits another and storing keeps up; False when the run stands still."""
        budget = self._standing.budget
        while self._open:
            behind = len(self._unstored) >= 2 * COMMIT
            if not behind and budget.admits():
                return True
            if not behind and budget.settled:
                await patiently(partial(self._watch.over_budget, self._standing))
            else:
                await self._standing.changed()
        return False

    def _begin(self, member: Member) -> None:
        self._watch.begun(self._hold)
        self._standing.budget.begin()
        writer = asyncio.create_task(self._write(member))
        self._writers.add(writer)
        writer.add_done_callback(self._ended)

    def _ended(self, writer: asyncio.Task[Outcome]) -> None:
        # A callback, because a task that is cancelled before its first step runs no line of its own.
        self._writers.discard(writer)
        self._watch.slots.release()
        outcome = None if writer.cancelled() else writer.result()
        self._standing.budget.end(None if outcome is None else outcome.usage)
        if outcome is not None:
            self._unstored[outcome.position] = outcome
            self._written.put_nowait(outcome)
        self._standing.tell()

    async def _write(self, member: Member) -> Outcome:
        """Compose, up to `ATTEMPTS` times where it failed in a way that may pass."""
        prepared = member.prepared
        for attempt in count(1):
            try:
                if prepared.error is not None:
                    raise prepared.error
                with calling_for(self._held.run_id):
                    written = await self._composing.write(prepared)
                return Outcome(member.position, prepared.request.customer, member.attempts + attempt, written)
            # As in `_prepare`: every failure has a type, a row, and none ends its chunk.
            except Exception as error:  # noqa: BLE001
                failure = as_failure(error)
            if attempt == ATTEMPTS or not may_pass(failure):
                break
            await asyncio.sleep(FIRST_WAIT_S * 2 ** (attempt - 1))
            [prepared] = await self._prepare([prepared.request])
        return Outcome(member.position, prepared.request.customer, member.attempts + attempt, error=failure)

    async def _cut_when_told(self) -> None:
        await self._hold.cut.wait()
        for writer in self._writers:
            writer.cancel()

    async def _store_all(self) -> None:
        """Store what is written, group by group, until cancelled. Raises ChunkLost."""
        while True:
            batch = await self._batch()
            finals = await self._store(batch)
            for outcome in batch:
                del self._unstored[outcome.position]
            intolerable = self._standing.stored(batch, finals)
            if intolerable is not None and self._standing.open:
                await patiently(partial(self._watch.pause, self._standing, intolerable.reason, intolerable.detail))
            for _ in batch:
                self._written.task_done()

    async def _batch(self) -> list[Outcome]:
        """`COMMIT` outcomes, or what came within `COMMIT_S` of the first, or the last ones."""
        batch = [await self._written.get()]
        with suppress(TimeoutError):
            async with asyncio.timeout(COMMIT_S):
                while len(batch) < COMMIT and (self._writers or not self._written.empty()):
                    batch.append(await self._written.get())
        return batch

    async def _store(self, batch: Sequence[Outcome]) -> list[Final]:
        """Store a group; where it breaks, one by one, and whose e-mail cannot be stored fails. Raises ChunkLost."""
        try:
            return await patiently(partial(self._commit, batch))
        except ChunkLost:
            raise
        # As in `_prepare`: one e-mail that the database refuses must not hold up the others.
        except Exception as error:  # noqa: BLE001
            if len(batch) > 1:
                return [final for one in batch for final in await self._store([one])]
            failed = replace(batch[0], written=None, error=as_failure(error))
            return await patiently(partial(self._commit, [failed]))

    async def _commit(self, batch: Sequence[Outcome]) -> list[Final]:
        budget = self._standing.budget
        before, spent = budget.stored, None
        async with self._watch.desk, self._watch.database.session() as session:
            finals = await store_group(session, self._composing, self._held, batch)
            if budget.close:
                spent = await read_spent(session, self._held.run_id)
        if spent is not None:
            for outcome in batch:
                before.add(outcome.usage)
            budget.read(spent, before)
        return finals

    async def _leave(self) -> ChunkEnd | None:
        """Give the chunk back; None when there is more to do in it."""
        async with self._watch.database.session() as session:
            left = await leave_chunk(session, self._held, go_on=self._open)
        return None if left == "more" else ChunkEnd(left)

    async def _abandon(self) -> None:
        """What was begun and not stored is forgotten: its recipients are still pending."""
        writers = list(self._writers)
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
        self._standing.budget.forget([outcome.usage for outcome in self._unstored.values()])
        self._standing.tell()
