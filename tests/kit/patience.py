"""Time in tests: as long as a busy machine needs for what happens elsewhere, and no more than work may take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_S = 120.0
"""Costs nothing when all goes well: to start a process of ours takes four seconds, and on a busy machine a minute."""
LOOK_S = 0.01


async def until(true: Callable[[], bool]) -> None:
    """As soon as it is so. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(LOOK_S)


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """What the block does takes this thread less of the processor than that, however busy the machine is."""
    before = time.thread_time()
    yield
    assert time.thread_time() - before < seconds
