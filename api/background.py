"""Work that outlives its request: kept in one place, one at a time where it must be, ended with the house."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from api.middleware import where_it_broke
from store.errors import PenfriendError

log = structlog.get_logger("penfriend.background")


class Background:
    """Tasks of one process. A failure is logged, never lost; `close` cancels and waits."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` beside the requests."""
        task = asyncio.create_task(_guarded(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancel what still runs and wait until it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Refresher:
    """Keeps the index up with the products: one refresh at a time, and one more when asked meanwhile."""

    def __init__(self, refresh: Callable[[], Awaitable[object]], background: Background) -> None:
        self._refresh = refresh
        self._background = background
        self._running = False
        self._again = False

    def soon(self) -> None:
        """The products changed."""
        if self._running:
            self._again = True
            return
        self._running = True
        self._background.start("refresh", self._run())

    async def _run(self) -> None:
        try:
            self._again = True
            while self._again:
                self._again = False
                await self._refresh()
        finally:
            self._running = False


def understanding(done: int, total: int | None) -> None:
    """How far encoding is, for those who read logs: where requests are answered nobody watches a bar."""
    log.info("understanding_products", done=done, total=total)


async def _guarded(name: str, work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except PenfriendError as error:
        log.warning("background_failed", task=name, reason=error.reason, fix=error.fix)
    # Nobody awaits this task: an unknown failure must end in the log, not in the garbage collector's.
    except Exception as error:  # noqa: BLE001
        log.error("background_broke", task=name, error=type(error).__name__, where=where_it_broke(error))
