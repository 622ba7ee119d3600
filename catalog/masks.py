"""The masks of limits that were worked out lately: all recipients of a campaign share theirs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from catalog.neighbours import Filter

KEPT = 32
"""Masks of one view. Each takes a byte a row."""


class Masks:
    """Belongs to one view, and goes with it. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Filter] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Filter]) -> Filter:
        """What is kept under `key`, or was made for it just now: twice, at worst, by two who ask at once."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made
