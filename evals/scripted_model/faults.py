"""Which calls go wrong. Drawn from the prompt, not from the order of calls, so that a run that was killed and taken
up again meets the same failures as one that was not; and a rate beyond which calls are refused, as providers do.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from evals.scripted_model.replies import Call, Fail, Garble, Hang, Reply

MINUTE = 60.0


@dataclass(frozen=True)
class Faults:
    """A share of the prompts fails and a share hangs: the same ones for the same `seed`, in whatever order."""

    fail_share: float = 0.0
    failure: Fail | Garble = field(default_factory=Fail)
    hang_share: float = 0.0
    once: bool = False
    """Only the first call with a prompt goes wrong; asked again, the model answers."""
    seed: int = 0

    def strike(self, call: Call, nth: int) -> Reply | None:
        """What goes wrong with the `nth` call (from 1) with this prompt and seed; None when nothing does."""
        if self.once and nth > 1:
            return None
        digest = hashlib.sha256(f"{self.seed}:{call.key}".encode()).digest()
        draw = int.from_bytes(digest[:8], "big") / 2**64
        if draw < self.fail_share:
            return self.failure
        return Hang() if draw < self.fail_share + self.hang_share else None


class RateLimit:
    """A token bucket that refills steadily and holds one second's worth of calls, at least one."""

    def __init__(self, requests_per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.requests_per_minute = requests_per_minute
        self._clock = clock
        self._capacity = max(1.0, requests_per_minute / MINUTE)
        self._tokens = self._capacity
        self._filled_at = clock()

    def refuse(self) -> Fail | None:
        """Take a token; without one, the refusal that says when there will be one."""
        now = self._clock()
        per_second = self.requests_per_minute / MINUTE
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * per_second)
        self._filled_at = now
        if self._tokens < 1.0:
            return Fail(429, retry_after=(1.0 - self._tokens) / per_second, headers=self.headers())
        self._tokens -= 1.0
        return None

    def headers(self) -> dict[str, str]:
        """OpenAI's: the limit a minute, what is left of the bucket, and when it will be full again."""
        missing = (self._capacity - self._tokens) / self.requests_per_minute * MINUTE
        return {
            "x-ratelimit-limit-requests": f"{self.requests_per_minute:.0f}",
            "x-ratelimit-remaining-requests": f"{self._tokens:.0f}",
            "x-ratelimit-reset-requests": f"{missing:.3f}s",
        }
