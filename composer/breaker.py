"""Circuit breaker: stop asking a model that does not answer, and find out cheaply when it does again.

After Nygard, *Release It!* (2007): closed, open, half-open. Closed lets all calls through and counts failures in a
row, those of one moment as one: a dropped connection fails every call in flight. At `threshold` it opens and refuses
calls for `cool_off` seconds; then exactly one probe goes through (half-open), whose outcome closes or reopens it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

SAME_MOMENT = 0.5
"""Seconds within which failures count as one."""


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """One per model. Not thread-safe: it lives on one event loop."""

    def __init__(
        self, *, threshold: int = 5, cool_off: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`threshold` failures in a row open it; `cool_off` and `clock` are in seconds."""
        self.threshold = threshold
        self.cool_off = cool_off
        self._clock = clock
        self._failures = 0
        self._counted_at: float | None = None
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> State:
        """What the next `allow()` will go by."""
        if self._opened_at is None:
            return State.CLOSED
        rested = self._clock() - self._opened_at >= self.cool_off
        return State.HALF_OPEN if rested else State.OPEN

    def allow(self) -> bool:
        """May a call go out now? A yes while half-open is the one probe: end it with success, failure or abandon."""
        if self.state is State.CLOSED:
            return True
        if self.state is State.OPEN or self._probing:
            return False
        self._probing = True
        return True

    def success(self) -> None:
        """The model answered, whatever it said."""
        self._failures = 0
        self._counted_at = None
        self._opened_at = None
        self._probing = False

    def failure(self) -> None:
        """The model did not answer."""
        now = self._clock()
        self._probing = False
        if self._counted_at is None or now - self._counted_at >= SAME_MOMENT:
            self._failures += 1
            self._counted_at = now
        if self._opened_at is not None or self._failures >= self.threshold:
            self._opened_at = now

    def abandon(self) -> None:
        """The call ended without telling anything about the model (cancelled by its caller)."""
        self._probing = False
