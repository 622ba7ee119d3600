"""A run worked off while its processes are killed, at moments drawn beforehand from a seed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlalchemy import func, text, update
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from composer.runs.model import RecipientStatus
from composer.runs.tables import ChunkRow, RecipientRow, RunRow, WorkerRow
from store import clock
from store.database import Database
from store.failures import DatabaseUnavailable
from tests.kit.chaos.processes import end, start_worker
from tests.kit.database import PostgresFactory


class Blow(StrEnum):
    """What is done."""

    KILL_WORKER = "worker killed"
    """SIGKILL to a process that has chunks in hand; another one takes its place."""
    KILL_DATABASE = "database killed"
    """SIGKILL to all of PostgreSQL, which is started again."""
    RESTART_WORKER = "worker restarted"
    """SIGTERM, and another one takes its place."""


LOOK_S = 0.02
LONG_AGO = timedelta(minutes=1)
LONGEST_PAUSE_S = 0.3
"""Between a moment's recipient and the blow, at most: kills come before, in and after a commit."""


@dataclass(frozen=True)
class Moment:
    """When `done` recipients are final, and `pause` seconds after."""

    done: int
    pause: float
    blow: Blow


def moments(seed: int, recipients: int, blows: Sequence[Blow]) -> list[Moment]:
    """One for each of `blows`, in an order and at times drawn from `seed`."""
    draw = random.Random(seed)
    order = list(blows)
    draw.shuffle(order)
    times = sorted(draw.sample(range(int(recipients * 0.9)), len(order)))
    return [Moment(done, draw.uniform(0, LONGEST_PAUSE_S), blow) for done, blow in zip(times, order, strict=True)]


@dataclass
class Damage:
    """What the kills can have cost."""

    blows: Counter[Blow] = field(default_factory=Counter)
    in_flight: int = 0
    """Recipients that were pending in chunks that a killed process held, over all of them."""


class Disaster:
    """Keeps `workers` processes at a run, and kills what the moments say."""

    def __init__(
        self, database: Database, run: str, home: Path, *, workers: int, server: PostgresFactory | None = None
    ) -> None:
        self._database = database
        self._run = run
        self._home = home
        self._workers = workers
        self._server = server
        self._fleet: list[ForkServerProcess] = []
        self._draw = random.Random(0)
        self.damage = Damage()

    async def strike(self, at: Sequence[Moment]) -> Damage:
        """Until the run is over, whatever happens."""
        try:
            for moment in at:
                await self._until(moment.done)
                await asyncio.sleep(moment.pause)
                await self._hit(moment.blow)
            await self._until(None)
            return self.damage
        finally:
            for worker in self._fleet:
                worker.kill()
                worker.join()

    async def _until(self, wanted: int | None) -> None:
        """Until so many recipients are final, or the run is over; keeps the fleet at its size meanwhile."""
        while True:
            self._fill()
            done = await self._done()
            if done is None or (wanted is not None and done >= wanted):
                return
            await asyncio.sleep(LOOK_S)

    def _fill(self) -> None:
        self._fleet = [worker for worker in self._fleet if worker.is_alive()]
        while len(self._fleet) < self._workers:
            self._fleet.append(start_worker(self._home))

    async def _hit(self, blow: Blow) -> None:
        if blow is Blow.KILL_DATABASE:
            assert self._server is not None
            self.damage.blows[blow] += 1
            await asyncio.to_thread(self._server.kill)
            await asyncio.to_thread(self._server.restart)
            return
        victim = await self._at_work()
        if victim is None:
            return
        self.damage.blows[blow] += 1
        if blow is Blow.RESTART_WORKER:
            _signal(victim, signal.SIGCONT)
            await asyncio.to_thread(end, victim)
            return
        victim.kill()
        victim.join()
        self.damage.in_flight += await self._bury(victim.pid)

    async def _at_work(self) -> ForkServerProcess | None:
        """A process that has recipients in hand, as soon as there is one; None once the run is over.

        It is stopped where it stands, and looked at once more: else it may be done before the blow comes.
        """
        while await self._done() is not None:
            self._fill()
            if busy := [worker for worker in self._fleet if await self._in_hand(worker)]:
                victim = self._draw.choice(busy)
                _signal(victim, signal.SIGSTOP)
                if await self._in_hand(victim):
                    return victim
                _signal(victim, signal.SIGCONT)
            await asyncio.sleep(LOOK_S)
        return None

    async def _in_hand(self, worker: ForkServerProcess) -> int:
        """How many recipients wait in the chunks that this process holds."""
        async with self._database.session(readonly=True) as session:
            return (await session.execute(_in_hand(self._run, worker.pid))).scalar_one()

    async def _done(self) -> int | None:
        """Recipients that are final; None once the run is over."""
        query = select(func.count()).where(
            RecipientRow.run_id == self._run, RecipientRow.status != RecipientStatus.PENDING
        )
        try:
            async with self._database.session(readonly=True) as session:
                run = await session.get_one(RunRow, self._run)
                return None if run.ended_at else (await session.execute(query)).scalar_one()
        except DatabaseUnavailable:
            return -1

    async def _bury(self, pid: int | None) -> int:
        """Let the time pass that a dead worker's leases run on, in the database alone; how many it had in flight.

        Those are the pending recipients of its chunks. With short leases instead, a worker that is only slow would
        lose its chunks, too.
        """
        workers = select(WorkerRow.id).where(WorkerRow.pid == pid)
        async with self._database.session() as session:
            await session.execute(
                update(ChunkRow)
                .where(col(ChunkRow.owner).in_(workers))
                .values(lease_until=clock.now() - LONG_AGO)
                .execution_options(synchronize_session=False)
            )
            if self._server is not None:
                # Jobs just begun are left in peace for as long as a lease.
                await session.execute(text("UPDATE procrastinate_events SET at = at - :long"), {"long": LONG_AGO})
            return (await session.execute(_in_hand(self._run, pid))).scalar_one()


def _in_hand(run: str, pid: int | None) -> SelectOfScalar[int]:
    """Counts the pending recipients of the chunks that a process holds."""
    return (
        select(func.count())
        .select_from(RecipientRow)
        .join(ChunkRow, (col(ChunkRow.run_id) == RecipientRow.run_id) & (col(ChunkRow.number) == RecipientRow.chunk))
        .join(WorkerRow, col(WorkerRow.id) == ChunkRow.owner)
        .where(RecipientRow.run_id == run, RecipientRow.status == RecipientStatus.PENDING)
        .where(WorkerRow.pid == pid)
    )


def _signal(worker: ForkServerProcess, number: signal.Signals) -> None:
    assert worker.pid is not None
    os.kill(worker.pid, number)
