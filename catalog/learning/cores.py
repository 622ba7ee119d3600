"""How many cores learning takes: one, as it goes on beside a service that has people waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def on_one_core() -> Iterator[None]:
    """BLAS starts no threads within, in the whole process. Trees take one core by their own parameters."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield
