"""Campaign runs beside a service, in a process of their own, so that no request waits for an e-mail being composed.

Composing holds an event loop for milliseconds at a time, and a processor for as long as a run takes. So a service on
SQLite starts `api.run_process` when there is something to do, and that ends when there is nothing; what it has in hand
is known by its leases, as of any worker. It lives no longer than the service: its stdin ends with it. Whatever goes
wrong with it is logged, told by `standing`, and tried again; one that hangs is killed.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import structlog
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from api.handed_on import MAX_LINE, Failure, Told, as_line, told
from api.readiness import Check
from api.settings import Settings
from composer.breaker import State
from composer.gauges import lasting, summed
from composer.processes import python, same_modules
from composer.runs.chunks import is_any_free
from composer.runs.failing import where_it_broke
from composer.runs.fleet import last_sign
from composer.runs.runner import LAST_WORDS_S
from store.database import Database
from store.failures import DatabaseUnavailable

log = structlog.get_logger("penfriend.runs")

MARGIN_S = 5.0
"""To close its rooms, once what was in hand is stored."""
ANSWER_S = 1.0
"""For what it counted; later than that, the last answer stands."""
SILENT_LEASES = 2
"""Leases without a sign of life after which it hangs, unless it answers when it is asked."""
_FIX = "Read the log's last lines of `penfriend.runs`; `penfriend worker` in a shell does the same work meanwhile."


@dataclass(frozen=True)
class Pauses:
    """Seconds between one thing and the next."""

    look: float = 0.5
    """Between two looks for something to do, when nobody wakes it."""
    first: float = 5.0
    """Before the next try, after a process that broke; doubled with each that breaks soon, up to `longest`."""
    longest: float = 60.0
    start: float = 180.0
    """For a process to come so far that it works."""


class Beside:
    """The process that works on runs, while there is one. For one event loop."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        command: Sequence[str] = python("api.run_process"),
        pauses: Pauses = Pauses(),
    ) -> None:
        """`command` starts a process that speaks as `api.run_process` does."""
        self._settings = settings
        self._database = database
        self._command = command
        self._pauses = pauses
        self._hungry = asyncio.Event()
        self._heard = asyncio.Event()
        self._closing = asyncio.Event()
        self._process: Process | None = None
        self._told: Told | None = None
        """What the living process said last; None before it works."""
        self._trouble: Failure | None = None
        """Why there is no process that works."""
        self._before: list[Metric] = []
        """What processes counted that have ended."""

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[Beside]:
        """In this block the process is started whenever there is something to do and none; it ends with the block."""
        keeping = asyncio.create_task(self._keep(), name="runs_beside")
        try:
            yield self
        finally:
            await self._close()
            await keeping

    @property
    def breakers(self) -> dict[str, State] | None:
        """How models stand with the process; None where none works."""
        return self._told.breakers if self._told is not None and self._told.worker else None

    def wake(self) -> None:
        """There may be something to do: a run was started or resumed here."""
        self._hungry.set()

    def standing(self) -> Check:
        """Whether runs are worked on when there are any."""
        trouble = self._trouble
        if trouble is None:
            return Check(name="runs", ok=True, detail="worked on in a process beside this one", required=False)
        detail = f"the process that works on runs cannot go on, and is tried again: {trouble.detail}"
        return Check(name="runs", ok=False, detail=detail, fix=trouble.fix or _FIX, required=False)

    async def counted(self) -> list[Metric]:
        """What it counts and how it stands with models, and what those before it counted."""
        if self._told is not None:
            await self._asked()
        return [*summed(self._before, self._metrics())]

    async def _keep(self) -> None:
        pause = self._pauses.first
        while not self._closing.is_set():
            self._hungry.clear()
            if await self._went_well():
                pause = self._pauses.first
                await _within(self._pauses.look, self._hungry.wait())
            else:
                await _within(pause, self._closing.wait())
                pause = min(2 * pause, self._pauses.longest)

    async def _went_well(self) -> bool:
        """One look, and the life of the process that came of it."""
        try:
            return not await self._is_due() or await self._live()
        # Nothing that breaks here may end the work on runs for good: it is logged, told, and tried again.
        except Exception as error:  # noqa: BLE001
            log.error("run_process_not_kept", where=where_it_broke(error))
            said = error.strerror if isinstance(error, OSError) else None
            self._trouble = Failure(reason="not_started", detail=f"{said or type(error).__name__}.")
            return False

    async def _is_due(self) -> bool:
        try:
            async with self._database.session(readonly=True) as session:
                return await is_any_free(session)
        except DatabaseUnavailable as error:
            log.warning("runs_not_looked_for", reason=error.reason)
            return False

    async def _live(self) -> bool:
        """From its start to its end; whether that was a good one, or long after its start."""
        clock = asyncio.get_running_loop().time
        began = clock()
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, limit=MAX_LINE, start_new_session=True, env=same_modules()
        )
        self._process = process
        log.info("run_process_started", pid=process.pid)
        watching = asyncio.create_task(self._watch(process))
        try:
            await self._talk(process)
            code = await process.wait()
        finally:
            watching.cancel()
            if process.returncode is None:
                process.kill()
            self._before = [*summed(self._before, lasting(self._metrics()))]
            failure = self._told.failure if self._told is not None else None
            self._process = self._told = None
        if code == 0 or self._closing.is_set():
            return True
        log.error("run_process_broke", code=code, reason=failure.reason if failure else None)
        self._trouble = failure or Failure(reason="ended", detail=_ended(code))
        return clock() - began > self._pauses.longest

    async def _talk(self, process: Process) -> None:
        """Hand on the settings, and hear it to its end."""
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(as_line(self._settings))
        if self._closing.is_set():
            # It has nothing in hand yet.
            process.kill()
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                # Longer than a line of ours can be; what was read of it is dropped.
                line = b"\n"
            if not line:
                return
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        said = told(line)
        if said is None:
            # Not quoted: it may name a person.
            log.warning("run_process_printed", characters=len(line))
            return
        if said.worker:
            self._trouble = None
        self._told = said
        self._heard.set()

    def _metrics(self) -> list[Metric]:
        return [*text_string_to_metric_families(self._told.metrics)] if self._told is not None else []

    async def _asked(self) -> bool:
        """Ask it how it stands; whether it answered."""
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return False
        self._heard.clear()
        # One that ends at this moment has said its last word, or will.
        with suppress(ConnectionError):
            process.stdin.write(b"\n")
            return await _within(ANSWER_S, self._heard.wait())
        return False

    async def _watch(self, process: Process) -> None:
        """Kill it when it takes too long to start, or neither gives a sign of life nor answers."""
        clock = asyncio.get_running_loop().time
        lease_s = self._settings.runs.lease_s
        seen: tuple[str, datetime | None] = "", None
        since, patience = clock(), self._pauses.start
        while True:
            await asyncio.sleep(lease_s / 2)
            sign = await self._sign()
            if sign != seen:
                seen, since, patience = sign, clock(), SILENT_LEASES * lease_s
            elif clock() - since > patience and not await self._asked():
                log.error("run_process_hangs", pid=process.pid, silent_s=round(clock() - since))
                self._trouble = Failure(reason="hangs", detail="It gave no sign of life and was ended.")
                process.kill()
                return

    async def _sign(self) -> tuple[str, datetime | None]:
        """Who it is, once it works, and when it last said that it lives."""
        worker = self._told.worker if self._told is not None else ""
        try:
            async with self._database.session(readonly=True) as session:
                return worker, await last_sign(session, worker)
        except DatabaseUnavailable as error:
            # It cannot say that it lives either: what counts is whether it answers.
            log.warning("run_process_not_seen", reason=error.reason)
            return worker, None

    async def _close(self) -> None:
        """Let it finish what it is writing, within the grace of runs."""
        self._closing.set()
        self._hungry.set()
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        if not await _within(self._settings.runs.grace_s + LAST_WORDS_S + MARGIN_S, process.wait()):
            log.error("run_process_killed")
            process.kill()
            await process.wait()


async def _within(seconds: float, awaited: Awaitable[object]) -> bool:
    """Whether it came in time."""
    try:
        async with asyncio.timeout(seconds):
            await awaited
    except TimeoutError:
        return False
    return True


def _ended(code: int) -> str:
    return f"It was ended by signal {-code}." if code < 0 else f"It ended with code {code}."
