"""Processes that tests kill: forked from one that has loaded everything, as a new interpreter takes seconds to.

A process that tests has one server of them, and its first user decides what is loaded there: so all start them here.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.kit.preloaded"])


def start(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """A process that does this; it does not outlive the tests."""
    process = _FORKS.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def ended(process: ForkServerProcess, patience_s: float) -> int | None:
    """How it ended: its exit code, or minus the signal that killed it; None where it still runs."""
    process.join(patience_s)
    return process.exitcode
