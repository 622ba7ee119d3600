"""What one process knows of the runs it works on, kept up with the database: leases, statuses, money, sign of life.

Every `TICK_S` it looks whether a run was paused or cancelled or given other limits, by whichever process; its leases
and its row in `worker` are renewed when a quarter of their time is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from sqlmodel import col, select

from composer import telemetry
from composer.runs import chunks, service
from composer.runs.chunks import Held
from composer.runs.failing import patiently, where_it_broke
from composer.runs.fleet import FORGOTTEN_AFTER, forget_silent
from composer.runs.model import PauseReason, RunStatus
from composer.runs.settings import RunSettings
from composer.runs.standing import Standing, load_standing, read_spent, terms_of
from composer.runs.tables import RunRow
from composer.runs.workers import busy_workers, leave, sign_of_life
from store.database import Database
from store.ids import new_worker_id

log = structlog.get_logger("penfriend.runs")

TICK_S = 0.5
CONNECTIONS = 4
"""Chunks that read or store at the same time."""
_RENEWALS = 4
"""Renewals in the time of one lease: three may fail before it runs out."""


class Hold:
    """A chunk that this process works on, and what it is told about it."""

    def __init__(self, held: Held, standing: Standing) -> None:
        self.held = held
        self.standing = standing
        self.left = 0
        """Recipients that are not begun yet, so that the next chunk is taken in time."""
        self.all_begun = asyncio.Event()
        """Nobody else of it will be begun: what is left is to wait for, and no reason not to take another."""
        self.dropped = asyncio.Event()
        """It is not ours any more, or its run was cancelled: end at once and store nothing."""
        self.cut = asyncio.Event()
        """The grace is over: end what is being written, store what is finished."""


class Watch:
    """Shared by all chunks of a process. `keep` runs as long as it works on any. For one event loop."""

    def __init__(self, database: Database, settings: RunSettings, *, version: str = "") -> None:
        """Of `settings`: how many e-mails are written at a time, and how long leases last. `version` is ours."""
        self.worker = str(new_worker_id())
        self.settings = settings
        self.slots = asyncio.Semaphore(settings.concurrency)
        self.desk = asyncio.Semaphore(CONNECTIONS)
        """Whoever reads or stores recipients; the other connections of the pool are left to requests."""
        self.hungry = asyncio.Event()
        """Set when the chunks in hand will soon not fill the slots any more: time to take another."""
        self.stopping = False
        self.database = database
        self._version = version
        self.left = 0
        """Recipients of the chunks in hand that are not begun yet."""
        self._standings: dict[str, Standing] = {}
        self._holds: dict[tuple[str, int], Hold] = {}

    async def keep(self) -> None:
        """Look and renew, until cancelled. An outage of the database is waited through."""
        clock = asyncio.get_running_loop().time
        due = forgetting = clock()
        while True:
            try:
                if clock() >= forgetting:
                    await patiently(self._forget)
                    forgetting = clock() + FORGOTTEN_AFTER.total_seconds()
                if clock() >= due:
                    await patiently(self.renew)
                    due = clock() + self.settings.lease_s / _RENEWALS
                await patiently(self.look)
            # Leases must go on being renewed whatever breaks here: it is logged, and tried again.
            except Exception as error:  # noqa: BLE001
                log.error("keeping_broke", where=where_it_broke(error))
            await asyncio.sleep(min(TICK_S, self.settings.lease_s / _RENEWALS))

    async def look(self) -> None:
        """Take over what changed in the database about the runs in hand. Raises DatabaseUnavailable."""
        runs = dict(self._standings)
        if not runs:
            return
        before = {run_id: standing.budget.stored for run_id, standing in runs.items()}
        async with self.database.session(readonly=True) as session:
            rows = (await session.execute(select(RunRow).where(col(RunRow.id).in_(list(runs))))).scalars().all()
            workers = await busy_workers(session, list(runs))
            spent = {
                run_id: await read_spent(session, run_id)
                for run_id, standing in runs.items()
                if standing.budget.limited
            }
        for run_id, total in spent.items():
            runs[run_id].budget.read(total, before[run_id])
        for row in rows:
            runs[row.id].update(RunStatus(row.status), terms_of(row.request), workers.get(row.id, 1))
        self._let_go()

    async def renew(self) -> None:
        """Say that this process lives, and keep its chunks; end what others took. Raises DatabaseUnavailable."""
        holds = list(self._holds.values())
        async with self.database.session() as session:
            await sign_of_life(session, self.worker, self._version)
            keys = [hold.held.key for hold in holds]
            ours = await chunks.renew(session, self.worker, keys, self.settings.lease_s)
        for hold in holds:
            if (*hold.held.key, hold.held.takes) not in ours:
                hold.dropped.set()

    async def _forget(self) -> None:
        """Take the rows away of processes that were killed long ago: only those that end themselves do so."""
        async with self.database.session() as session:
            await forget_silent(session)

    async def leave(self) -> None:
        """The process ends: take its row away. Raises DatabaseUnavailable."""
        async with self.database.session() as session:
            await leave(session, self.worker)

    async def take_fairest(self) -> Hold | None:
        """The open chunk whose turn it is, ours from now on; None where none is free. Raises DatabaseUnavailable."""
        return await self._take(chunks.take_fairest)

    async def take(self, run_id: str, number: int) -> Hold | None:
        """This chunk, ours from now on; None where it is done, in other hands, or its run does not run.

        Raises DatabaseUnavailable.
        """
        return await self._take(partial(chunks.take, run_id=run_id, number=number))

    def begun(self, hold: Hold) -> None:
        """One more recipient of the chunk is begun."""
        self._count(hold, hold.left - 1)

    def exhausted(self, hold: Hold) -> None:
        """Nobody else of the chunk will be begun."""
        hold.all_begun.set()
        self._count(hold, 0)

    def end(self, hold: Hold) -> None:
        """This process no longer works on the chunk."""
        self.exhausted(hold)
        if self._holds.get(hold.held.key) is hold:
            del self._holds[hold.held.key]

    def stop(self) -> None:
        """Begin nobody any more; what is being written is finished."""
        self.stopping = True
        for standing in self._standings.values():
            standing.tell()

    def cut(self) -> None:
        """End what is being written now."""
        for hold in self._holds.values():
            hold.cut.set()

    async def over_budget(self, standing: Standing) -> bool:
        """Pause the run unless the database knows of money left. Raises DatabaseUnavailable."""
        before = standing.budget.stored
        async with self.database.session(readonly=True) as session:
            standing.budget.read(await read_spent(session, standing.run_id), before)
        if standing.budget.admits():
            return False
        await self.pause(standing, PauseReason.BUDGET_REACHED, service.BUDGET_REACHED)
        return True

    async def pause(self, standing: Standing, reason: PauseReason, detail: str) -> None:
        """The run stands still from now on, for all processes. Raises DatabaseUnavailable."""
        async with self.database.session() as session:
            standing.status = await service.pause_itself(session, standing.run_id, reason, detail)
        standing.tell()

    async def _take(self, take: Callable[..., Awaitable[Held | None]]) -> Hold | None:
        if self.stopping:
            return None
        async with self.database.session() as session:
            held = await take(session, worker=self.worker, lease_s=self.settings.lease_s)
            if held is None:
                return None
            row = await session.get_one(RunRow, held.run_id)
            standing = self._standings.get(row.id) or await load_standing(session, row)
        standing = self._standings.setdefault(row.id, standing)
        standing.update(RunStatus(row.status), terms_of(row.request), standing.workers)
        if held.taken_over:
            telemetry.chunk_taken_over()
        hold = Hold(held, standing)
        self._holds[held.key] = hold
        self._count(hold, held.left)
        return hold

    def _count(self, hold: Hold, left: int) -> None:
        before = self.left
        self.left += left - hold.left
        hold.left = left
        if self.left < self.settings.concurrency <= before:
            self.hungry.set()

    def _let_go(self) -> None:
        """End what was cancelled, and forget runs that neither run nor have a chunk here."""
        busy = {run_id for run_id, _ in self._holds}
        for hold in self._holds.values():
            if hold.standing.status is RunStatus.CANCELLED:
                hold.dropped.set()
        for run_id in [run_id for run_id, one in self._standings.items() if run_id not in busy and not one.open]:
            del self._standings[run_id]
