"""What a process does beside its requests gives way to who is waited for.

One event loop does both, and composing an e-mail holds it for milliseconds at a time. So the stretches of a run are
taken one at a time, the loop goes round between two of them, and none begins while a sender waits for a prepared
e-mail. Threads give way too: those that load a library, at every module of it.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from importlib.abc import MetaPathFinder

LONGEST_S = 0.1
"""A stretch of a run waits no longer than this: a run also goes on under more pulls than can be answered."""

RESTS = 3.0
"""Seconds that a thread rests for each it has worked, while somebody waits. Two hundred pulls a second need
some two thirds of an interpreter: a quarter is what is left."""

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

    def rest(self, worked_s: float) -> None:
        """In a thread that has worked for so long: leave the interpreter to who is waited for, if anybody is."""
        if self._waiting:
            time.sleep(min(LONGEST_S, RESTS * worked_s))

    @contextmanager
    def while_loading(self) -> Iterator[None]:
        """In this block, whatever threads but this one import, they import with rests."""
        resting = _Resting(self)
        sys.meta_path.insert(0, resting)
        try:
            yield
        finally:
            sys.meta_path.remove(resting)

    async def _give_way(self) -> None:
        async with self._turn:
            # Once round the loop: what came in meanwhile is seen first.
            await asyncio.sleep(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_S):
                    await self._quiet.wait()


class _Resting(MetaPathFinder):
    """Asked before each module is looked for; finds none, but lets the thread that asks rest.

    LiteLLM or torch are seconds of Python that no thread of their own makes cheaper: each step of each request waits
    for the interpreter meanwhile.
    """

    def __init__(self, courtesy: Courtesy) -> None:
        self._courtesy = courtesy
        self._waited_for = threading.get_ident()
        self._own = threading.local()

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Nothing."""
        if threading.get_ident() == self._waited_for:
            return
        worked_s = time.thread_time() - getattr(self._own, "rested_at", float("inf"))
        self._courtesy.rest(max(0.0, worked_s))
        self._own.rested_at = time.thread_time()


async def give_way() -> None:
    """To be awaited before each stretch of work of some milliseconds. Nothing for whoever is waited for himself."""
    courtesy = _beside.get()
    if courtesy is not None:
        await courtesy._give_way()
