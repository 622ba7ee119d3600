"""How much memory a process holds for itself: one that has grown too large ends, and another begins in its place.

Python gives little back of what lay between things that stay: a process that writes e-mails for days is larger than a
new one. So it is done as servers do that have the same trouble (gunicorn's `max_requests`, Celery's
`worker_max_memory_per_child`).
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger("penfriend.runs")

LEAST = 5_000
"""Recipients worked off before size counts: where a process is too large from its first on, it must not do little but
begin."""
_STATM = Path("/proc/self/statm")
"""proc_pid_statm(5), in pages: the second number is what is resident, the third what of it others may share."""
_MB = 2**20


def held_mb() -> int:
    """MiB that this process alone holds, without files in memory such as the index; 0 where the system does not say."""
    try:
        _, resident, shared, *_ = _STATM.read_text(encoding="ascii").split()
    except OSError:
        return 0
    return (int(resident) - int(shared)) * resource.getpagesize() // _MB


class Size:
    """Whether this process has outgrown its limit, looked at when a chunk ends."""

    def __init__(self, max_mb: int, *, least: int = LEAST, held: Callable[[], int] = held_mb) -> None:
        """`max_mb` 0: never."""
        self.outgrown = False
        self._max_mb = max_mb
        self._least = least
        self._held = held
        self._done = 0

    def worked_off(self, recipients: int) -> bool:
        """A chunk of so many ended; whether this process has now outgrown its limit."""
        self._done += recipients
        if self._max_mb and not self.outgrown and self._done >= self._least and (mb := self._held()) > self._max_mb:
            self.outgrown = True
            log.info("worker_outgrown", mb=mb, max_mb=self._max_mb, recipients=self._done)
        return self.outgrown
