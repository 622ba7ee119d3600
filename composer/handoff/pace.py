"""How patient a hand-off is: leases, waits between attempts, and when it stops by itself."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

_JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds and counts. The defaults suit a relay that is reached over the internet."""

    lease_s: float = 90.0
    """A dispatcher that is silent for so long has lost its deliveries; it renews three times as often."""
    retry_s: tuple[float, ...] = (30, 120, 600, 1800, 3600, 7200, 14_400, 28_800)
    """Waits between attempts at one e-mail; after the last, it has failed. A greylist wants minutes, not seconds."""
    rest_s: float = 5.0
    """First wait for a far side that is away; doubles each time."""
    max_rest_s: float = 300.0
    flush_s: float = 0.25
    """Answers are written down together: this late at most, so that a kill repeats few."""
    flush_at: int = 50
    fresh_s: float = 5.0
    """Consent, prices and stock are asked anew where they were read longer ago than this."""
    grace_s: float = 20.0
    """What is on the wire gets so long to be answered when the process is told to stop."""
    refused_in_a_row: int = 50
    """So many refusals without a delivery between them are no accident: the hand-off pauses."""

    def retry_after(self, attempts: int) -> timedelta | None:
        """The wait behind so many attempts; None where there were enough."""
        if attempts > len(self.retry_s):
            return None
        return timedelta(seconds=_jittered(self.retry_s[attempts - 1]))

    def rest_after(self, rests: int) -> timedelta:
        """The wait for a far side that was away so often in a row before."""
        return timedelta(seconds=_jittered(min(self.rest_s * 2 ** min(rests, 20), self.max_rest_s)))

    @property
    def lease(self) -> timedelta:
        """How long a delivery is taken for."""
        return timedelta(seconds=self.lease_s)


def _jittered(seconds: float) -> float:
    """So that those that failed together do not come back together."""
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
