"""Metrics out of counts and timings."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.harness.result import Metric
from evals.report import Share


def share_metric(name: str, share: Share) -> Metric:
    """A proportion with its counts and its 95 % interval."""
    return Metric(name=name, value=share.value, interval=share.interval, hits=share.hits, of=share.of)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile (`share` in 0…1): a value that occurred. None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def timing_metrics(prefix: str, seconds: Sequence[float], shares: Sequence[float]) -> list[Metric]:
    """`PREFIX_p95` and so on, in milliseconds, from timings in seconds."""
    found = []
    for share in shares:
        value = percentile(seconds, share)
        milliseconds = None if value is None else value * 1000
        found.append(Metric(name=f"{prefix}_p{share * 100:.0f}", value=milliseconds, unit="ms"))
    return found
