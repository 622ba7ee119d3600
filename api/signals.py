"""What SIGTERM and Ctrl-C mean to a process that works on runs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import structlog

from composer.runs.watch import Watch

log = structlog.get_logger("penfriend.worker")

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stoppable(Protocol):
    """Who works on runs, by whichever queue."""

    watch: Watch

    def stop(self) -> None:
        """Begin nobody any more, and give back what is in hand."""


@contextmanager
def told_to_stop(runner: Stoppable) -> Iterator[None]:
    """In this block, the first signal lets e-mails being written finish within the grace; a second ends the grace."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, _stop, runner)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _stop(runner: Stoppable) -> None:
    if runner.watch.stopping:
        runner.watch.cut()
        return
    log.info("worker_stopping", worker=runner.watch.worker)
    runner.stop()
