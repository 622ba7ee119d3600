"""How fast a model may be asked, as arithmetic: a bucket that refills, and a rate that learns from refusals.

The rate is cut by a factor at a refusal and grows by steps while calls go through: additive increase, multiplicative
decrease converges to a fair and efficient share among clients that cannot see each other (Chiu & Jain, "Analysis of
the increase and decrease algorithms for congestion avoidance in computer networks", 1989). One cut for all calls that
were out together, as TCP cuts once a window (RFC 6582).
"""

from __future__ import annotations

import math

BURST_SECONDS = 1.0
"""How much of the rate may be saved up."""
CUT = 0.7
"""What a refusal leaves of the rate that the server took."""
STEP = 0.03
"""Growth a second, as a share of the rate before the cut: back in some ten seconds."""
SLOWEST = 1.0
"""Calls a second below which no refusal cuts; longer pauses are the server's to ask for, by `Retry-After`."""
MEMORY_SECONDS = 2.0
"""Over which the rate that the server took is measured."""
LEAST_MEASURED = 0.25
"""Seconds that the first calls are taken to have come in, however close together they were."""


class Bucket:
    """A token bucket. What costs more than it holds goes out when it is full and leaves a debt: the mean rate holds."""

    def __init__(self, per_second: float | None, now: float) -> None:
        self._per_second = per_second
        self._level = self._capacity
        self._at = now

    @property
    def _capacity(self) -> float:
        return max(1.0, (self._per_second or 0.0) * BURST_SECONDS)

    def set_rate(self, per_second: float | None, now: float) -> None:
        """From now on; what is saved up stays, as far as it fits."""
        self._fill(now)
        self._per_second = per_second
        self._level = min(self._level, self._capacity)

    def wait(self, cost: float, now: float) -> float:
        """Seconds until `cost` may be taken."""
        if self._per_second is None:
            return 0.0
        self._fill(now)
        missing = min(cost, self._capacity) - self._level
        # Time passes in steps of the clock: without slack a call could wait again and again for the last 1e-16.
        return missing / self._per_second if missing > 1e-9 else 0.0

    def take(self, cost: float, now: float) -> None:
        """Negative gives back. Without a rate nothing is counted."""
        if self._per_second is None:
            return
        self._fill(now)
        self._level = min(self._capacity, self._level - cost)

    def empty(self, now: float) -> None:
        """Nothing is saved up but one call: after a pause they start at the rate, not all at once."""
        self._fill(now)
        self._level = min(self._level, 1.0)

    def _fill(self, now: float) -> None:
        if now > self._at:
            self._level = min(self._capacity, self._level + (now - self._at) * (self._per_second or 0.0))
            self._at = now


class Pace:
    """Calls a second that the server takes, as far as it has told. None: it never refused one."""

    def __init__(self, ceiling: float | None = None) -> None:
        """`ceiling` is what the settings allow, in calls a second."""
        self.ceiling = ceiling
        self._learned: float | None = None
        self._before_cut = 0.0
        self._cut_at = -math.inf
        self._grown_at = -math.inf
        self._taken = 0.0
        self._seen_at = 0.0
        self._began: float | None = None

    @property
    def rate(self) -> float | None:
        """The lower of what is allowed and what was learned."""
        known = [rate for rate in (self.ceiling, self._learned) if rate is not None]
        return min(known) if known else None

    def succeeded(self, now: float, *, pressed: bool) -> None:
        """A call went through. The rate grows only while it is what holds calls back (`pressed`)."""
        self._began = now if self._began is None else self._began
        self._taken = self._decayed(now) + 1.0 / MEMORY_SECONDS
        self._seen_at = now
        if self._learned is not None and pressed:
            self._learned += STEP * self._before_cut * min(1.0, now - self._grown_at)
        self._grown_at = now

    def refused(self, admitted_at: float, now: float) -> bool:
        """A call let out at `admitted_at` came too soon. One cut for all that were out then; was this it?

        Where nothing has gone through yet there is no rate to learn from.
        """
        if admitted_at < self._cut_at:
            return False
        self._cut_at = self._grown_at = now
        known = [rate for rate in (self._measured(now), self.rate) if rate]
        if known:
            self._before_cut = max(SLOWEST, min(known))
            self._learned = max(SLOWEST, CUT * self._before_cut)
        return True

    def _decayed(self, now: float) -> float:
        return self._taken * math.exp(-(now - self._seen_at) / MEMORY_SECONDS)

    def _measured(self, now: float) -> float:
        """Calls a second that went through lately, 0 where none did; the mean starts at 0 and is put right for that."""
        if self._began is None or now - self._seen_at > MEMORY_SECONDS:
            return 0.0
        had = max(LEAST_MEASURED, now - self._began)
        return self._decayed(now) / (1.0 - math.exp(-had / MEMORY_SECONDS))
