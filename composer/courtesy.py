"""Where one process composes runs and answers requests, who composes gives way to who is waited for.

One event loop does both, and composing an e-mail holds it for milliseconds at a time. So the stretches of a run are
taken one at a time, the loop goes round between two of them, and none begins while a sender waits for a prepared
e-mail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

LONGEST_S = 0.1
"""A stretch of a run waits no longer than this: a run also goes on under more pulls than can be answered."""

_beside: ContextVar[Courtesy | None] = ContextVar("penfriend_courtesy", default=None)


class Courtesy:
    """One for each process. For one event loop."""

    def __init__(self) -> None:
        self._waiting = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._turn = asyncio.Lock()

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """Somebody waits for the answer that is made in this block."""
        self._waiting += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._quiet.set()

    def begin(self) -> None:
        """What this task does from here on gives way."""
        _beside.set(self)

    async def _give_way(self) -> None:
        async with self._turn:
            # Once round the loop: what came in meanwhile is seen first.
            await asyncio.sleep(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_S):
                    await self._quiet.wait()


async def give_way() -> None:
    """To be awaited before each stretch of work of some milliseconds. Nothing for whoever is waited for himself."""
    courtesy = _beside.get()
    if courtesy is not None:
        await courtesy._give_way()
