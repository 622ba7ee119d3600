"""A run worked off while its processes are killed, at moments drawn beforehand from a seed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Literal

from sqlalchemy import func
from sqlmodel import col, select

from composer.runs.model import RecipientStatus
from composer.runs.tables import ChunkRow, RecipientRow, RunRow, WorkerRow
from store.database import Database
from store.failures import DatabaseUnavailable
from tests.kit.chaos.processes import start_worker
from tests.kit.database import PostgresFactory

Blow = Literal["worker", "database"]
LOOK_S = 0.02
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

    kills: Counter[Blow] = field(default_factory=Counter)
    in_flight: int = 0
    """Recipients that were pending in chunks that a killed process held, over all kills."""


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
        self.damage.kills[blow] += 1
        if blow == "database":
            assert self._server is not None
            self.damage.in_flight += await self._in_hand(None)
            await asyncio.to_thread(self._server.kill)
            await asyncio.to_thread(self._server.restart)
            return
        victim = self._draw.choice(self._fleet)
        victim.kill()
        victim.join()
        self.damage.in_flight += await self._in_hand(victim.pid)

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

    async def _in_hand(self, pid: int | None) -> int:
        """Pending recipients of the chunks that this process holds, or any where it is None."""
        query = (
            select(func.count())
            .select_from(RecipientRow)
            .join(
                ChunkRow, (col(ChunkRow.run_id) == RecipientRow.run_id) & (col(ChunkRow.number) == RecipientRow.chunk)
            )
            .where(
                RecipientRow.run_id == self._run, RecipientRow.status == RecipientStatus.PENDING, ChunkRow.owner != ""
            )
        )
        if pid is not None:
            query = query.join(WorkerRow, col(WorkerRow.id) == ChunkRow.owner).where(WorkerRow.pid == pid)
        async with self._database.session(readonly=True) as session:
            return (await session.execute(query)).scalar_one()
