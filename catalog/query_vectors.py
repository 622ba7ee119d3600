"""Queries to vectors, off the event loop: one at a time, kept, and not waited for longer than the caller wants."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from catalog.embedding import Encoder, Vectors

KEPT = 2048
"""Queries whose vector is kept: a search box hears the same ones again and again."""
MAX_WAITING = 32
"""Queries that may wait for the encoder. Beyond that, as while it loads, answers are by words."""


class QueryVectors:
    """The vectors of search queries. Belongs to one event loop."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._kept: OrderedDict[str, asyncio.Future[Vectors]] = OrderedDict()
        self._waiting = 0
        # A thread of its own: the first text loads the model, for seconds, and must hold up no other work.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="query-vectors")

    async def get(self, query: str, patience: float | None) -> Vectors | None:
        """float32 [1, d]; None when it is not there within `patience` seconds (None: however long it takes).

        What was not waited for goes on, and is there for the next who asks. Raises what the encoder raises.
        """
        future = self._kept.get(query)
        if future is None or (future.done() and (future.cancelled() or future.exception())):
            if self._waiting >= MAX_WAITING:
                return None
            future = self._kept[query] = asyncio.ensure_future(self._encode(query))
        self._kept.move_to_end(query)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        await asyncio.wait({future}, timeout=patience)
        return future.result() if future.done() else None

    async def _encode(self, query: str) -> Vectors:
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._encoder.encode_query, [query])
        finally:
            self._waiting -= 1
