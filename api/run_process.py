"""Campaign runs in a process of their own beside a service: `python -m api.run_process`, started by `api.beside`.

Speaks to its parent over two pipes, in lines (`api.handed_on`). The first on stdin is the parent's settings; each after
it asks what this process knows of itself, which it also says when it begins to work, when a model's breaker turns, and
in the end. The end of stdin means that the parent ends, or is gone (also after kill -9): e-mails being written are
finished within the grace and the chunks given back, as after SIGTERM. With nothing to do for a while it ends by itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import BinaryIO

import structlog
from prometheus_client import generate_latest

from api import models
from api.background import Background
from api.handed_on import Failure, Told, from_line
from api.house import House, collect_as_runs_want, open_house
from api.keeping_up import SERVICE, follow_catalog, share_limits
from api.logs import configure_logs
from api.settings import Settings
from api.signals import told_to_stop
from api.tracing import traces
from api.version import VERSION
from composer.gauges import exposition
from composer.processes import take_stdout
from composer.runs.failing import patiently, where_it_broke
from composer.runs.runner import Runner
from composer.runs.size import Size
from composer.telemetry import REGISTRY
from store.errors import PenfriendError

log = structlog.get_logger("penfriend.runs")

NICE = 5
"""Added to its niceness: where cores are few, whoever waits for an answer of the service goes first."""
IDLE_S = 60.0
"""Without a chunk in hand, after which it ends: a house takes some hundred MB."""
LOOK_S = 0.5


Opening = Callable[[Settings], AbstractAsyncContextManager[House]]


def main(opening: Opening = open_house) -> None:
    """Work until stdin ends, or there is nothing to do. Exits with 1 where it cannot, having said why."""
    parent = take_stdout()
    sys.exit(0 if live(sys.stdin.buffer.readline(), parent, opening) else 1)


def live(settings_line: bytes, parent: BinaryIO, opening: Opening = open_house) -> bool:
    """The life of the process, to its last word to its parent; whether it went well."""
    configure_logs()
    failure: Failure | None = None
    try:
        settings = from_line(settings_line)
        configure_logs(settings.log_level)
        os.nice(NICE)
        with traces():
            asyncio.run(_work(opening(settings), parent))
    # The parent is to know of any, and a traceback would quote what it broke on.
    except Exception as error:  # noqa: BLE001
        failure = _as_failure(error)
    _say(parent, Told(metrics=generate_latest(REGISTRY).decode(), failure=failure))
    return failure is None


class _Teller:
    """Tells the parent how this process stands."""

    def __init__(self, parent: BinaryIO, house: House, runner: Runner) -> None:
        self._parent = parent
        self._house = house
        self._runner = runner

    async def tell(self) -> None:
        """Now."""
        told = Told(
            metrics=exposition(self._house.throttles).decode(),
            worker=self._runner.watch.worker,
            breakers=models.breakers(self._house.writers),
        )
        # In a thread: a full pipe waits for its reader.
        await asyncio.to_thread(_say, self._parent, told)

    async def obey(self) -> None:
        """Tell whenever the parent asks, until it is gone."""
        orders = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(orders)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while await orders.readline():
            await self.tell()
        self._runner.stop()

    async def follow_breakers(self) -> None:
        """Tell at once when a model is given up, or answers again."""
        known = models.breakers(self._house.writers)
        while True:
            await asyncio.sleep(LOOK_S)
            if (now := models.breakers(self._house.writers)) != known:
                known = now
                await self.tell()


async def _work(opening: AbstractAsyncContextManager[House], parent: BinaryIO) -> None:
    async with opening as house:
        collect_as_runs_want()
        settings = house.settings.runs
        # Where it ends because it has grown too large, the service starts another.
        size = Size(settings.worker_max_mb)
        runner = Runner(house.database, house.composing, settings, version=VERSION, size=size)
        teller = _Teller(parent, house, runner)
        background = Background()
        with told_to_stop(runner):
            await models.load(house.writers)
            # It is counted before the models' limits are shared out.
            await patiently(runner.watch.renew)
            await teller.tell()
            sharing = share_limits(house.database, house.throttles, lease_s=settings.lease_s, beside=SERVICE)
            background.start("share_limits", sharing)
            background.start("follow_catalog", follow_catalog(house.catalog))
            background.start("orders", teller.obey())
            background.start("breakers", teller.follow_breakers())
            background.start("idle", _end_when_idle(runner))
            try:
                await runner.run()
            finally:
                await background.close()


async def _end_when_idle(runner: Runner) -> None:
    idle = 0.0
    while idle < IDLE_S:
        await asyncio.sleep(LOOK_S)
        idle = 0.0 if runner.busy else idle + LOOK_S
    runner.stop()


def _as_failure(error: Exception) -> Failure:
    ours = error if isinstance(error, PenfriendError) else None
    reason = ours.reason if ours else "internal_error"
    log.error("run_process_failed", error=type(error).__name__, reason=reason, where=where_it_broke(error))
    if ours:
        return Failure(reason=reason, detail=ours.message, fix=ours.fix)
    return Failure(reason=reason, detail=f"Penfriend broke ({type(error).__name__}); the log says where.")


def _say(parent: BinaryIO, told: Told) -> None:
    try:
        parent.write(told.as_line())
        parent.flush()
    except BrokenPipeError:
        # The parent is gone: nobody is left to be told. Python would try once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), parent.fileno())


if __name__ == "__main__":
    main()
