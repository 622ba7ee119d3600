"""Whose turn it is at the model: a search query goes between two batches of products, not after all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Turns:
    """A lock whose next holder is the one who hurries.

    Two locks do it: whoever works in batches gives both back between two of them, and whoever hurries stands at the
    door meanwhile, so that the next batch cannot slip in before.
    """

    def __init__(self) -> None:
        self._door, self._room = Lock(), Lock()

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """For a caller who waits: holds the door until the work is done."""
        with self._door, self._room:
            yield

    @contextmanager
    def patient(self) -> Iterator[None]:
        """For one batch of many: leaves the door open to whoever hurries."""
        with self._door:
            self._room.acquire()
        try:
            yield
        finally:
            self._room.release()
