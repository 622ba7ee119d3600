"""Waiting for what happens elsewhere and tells nobody: as short as it takes, and as long as a busy machine needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE_S = 60.0
"""Costs nothing when all goes well."""
LOOK_S = 0.01


async def until(true: Callable[[], bool]) -> None:
    """As soon as it is so. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(LOOK_S)
