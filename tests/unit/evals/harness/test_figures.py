"""Percentiles and shares as metrics."""

from __future__ import annotations

import pytest

from evals.harness.figures import percentile, share_metric, timing_metrics
from evals.report import Share


@pytest.mark.parametrize(("share", "wanted"), [(0.0, 1.0), (0.5, 2.0), (0.51, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_a_percentile_is_a_value_that_occurred(share: float, wanted: float) -> None:
    assert percentile([4.0, 2.0, 1.0, 3.0], share) == wanted


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile([], 0.5) is None
    assert timing_metrics("ms", [], (0.5,))[0].value is None


def test_timings_are_told_in_milliseconds() -> None:
    (median, last) = timing_metrics("block_ms", [0.002, 0.004], (0.5, 0.99))
    assert (median.name, median.value, median.unit) == ("block_ms_p50", 2.0, "ms")
    assert (last.name, last.value) == ("block_ms_p99", 4.0)


def test_a_share_keeps_its_counts_and_its_interval() -> None:
    metric = share_metric("recall", Share(hits=8, of=10))
    assert (metric.value, metric.hits, metric.of) == (0.8, 8, 10)
    assert metric.interval is not None
    assert round(metric.interval.low, 3) == 0.490
