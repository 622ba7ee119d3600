"""Working on runs in the foreground, for a command: to the end of one run, or until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from api import models
from api.following import follow
from api.house import House
from api.version import VERSION
from composer.runs.model import Run, RunStatus
from composer.runs.runner import Runner

Moved = Callable[[Run], None]


class Stopped(Exception):
    """Ctrl-C, after what was in hand is finished."""


async def work_off(house: House, run_id: str, moved: Moved) -> Run:
    """Work on runs until this one is final, paused or waiting; `moved` hears where it stands. Returns it as it is then.

    Raises UnknownRun, and Stopped on Ctrl-C: e-mails being written are finished and kept, and the run waits for whoever
    takes it up.
    """
    await models.load(house.writers)
    runner = Runner(house.database, house.composing, house.settings.runs, version=VERSION)
    working = asyncio.create_task(runner.run())
    watching = asyncio.create_task(watch(house, run_id, moved, enough=lambda run: run.waiting))
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, _interrupt, interrupted, runner)
    try:
        bell = asyncio.create_task(interrupted.wait())
        await asyncio.wait((working, watching, bell), return_when=asyncio.FIRST_COMPLETED)
        bell.cancel()
        runner.stop()
        await working
        if interrupted.is_set():
            raise Stopped
        return await watching
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def watch(house: House, run_id: str, moved: Moved, *, enough: Callable[[Run], bool] = lambda run: False) -> Run:
    """Follow a run that others work on, until it is final or paused, or `enough`. Raises UnknownRun."""
    run: Run | None = None
    async for one in follow(house.database, run_id):
        if isinstance(one, Run):
            run = one
            moved(run)
            if run.status is RunStatus.PAUSED or enough(run):
                break
    if run is None:
        raise AssertionError("a run that is followed is told about at least once")
    return run


def _interrupt(interrupted: asyncio.Event, runner: Runner) -> None:
    """The second time, what is being written is no longer waited for."""
    if interrupted.is_set():
        runner.watch.cut()
    interrupted.set()
