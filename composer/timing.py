"""Tells our own time from the time we waited for a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Starts when made. `own_ms` leaves out what passed inside `waiting()`."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self._waited = 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time in this block is somebody else's."""
        began = perf_counter()
        try:
            yield
        finally:
            self._waited += perf_counter() - began

    @property
    def own_ms(self) -> float:
        """Milliseconds of ours so far."""
        return (perf_counter() - self._started - self._waited) * 1000

    @property
    def waited_ms(self) -> float:
        """Milliseconds spent waiting so far."""
        return self._waited * 1000
