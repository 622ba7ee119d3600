"""A promise to answer in time, that a later and more impatient caller may tighten."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Deadline:
    """A moment on the event loop's clock. `tighten` only ever moves it earlier."""

    def __init__(self, seconds: float) -> None:
        self._until = asyncio.get_running_loop().time() + seconds
        self._tightened = asyncio.Event()

    @property
    def until(self) -> float:
        """In loop.time() seconds."""
        return self._until

    def left(self) -> float:
        """Seconds to go, never negative."""
        return max(0.0, self._until - asyncio.get_running_loop().time())

    def tighten(self, seconds: float) -> None:
        """Somebody else waits for the same e-mail and has only this long."""
        until = asyncio.get_running_loop().time() + seconds
        if until < self._until:
            self._until = until
            self._tightened.set()

    async def run(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of `work`, or None when the deadline passed first; the work is then cancelled."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done() and self.left() > 0:
                self._tightened.clear()
                alarm = asyncio.ensure_future(self._tightened.wait())
                try:
                    await asyncio.wait({task, alarm}, timeout=self.left(), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    alarm.cancel()
            return task.result() if task.done() else None
        finally:
            task.cancel()
