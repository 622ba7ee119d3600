"""How a figure is written, the same in every report: a share in per cent, anything else with its unit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.harness.result import Direction, Metric

NONE = "–"
FLOAT_NOISE = 1e-9
"""The end of an interval comes out of square roots: 0.9999999999999999 is all."""
FOREMOST = 7
"""Figures of a suite that are shown at once, and more only where more have a threshold."""
THOUSANDS = 999.5
"""From here three digits would be written with an exponent."""
SIGNS = {Direction.AT_LEAST: "≥", Direction.AT_MOST: "≤"}


def foremost(metrics: Sequence[Metric]) -> tuple[tuple[Metric, ...], tuple[Metric, ...]]:
    """The figures to show at once, and the rest: what has a threshold first goes before the suite's own order."""
    wanted = max(FOREMOST, sum(metric.threshold is not None for metric in metrics))
    if len(metrics) <= wanted + 1:
        return tuple(metrics), ()
    ranked = sorted(range(len(metrics)), key=lambda place: (metrics[place].threshold is None, place))[:wanted]
    shown = tuple(metric for place, metric in enumerate(metrics) if place in ranked)
    return shown, tuple(metric for place, metric in enumerate(metrics) if place not in ranked)


def is_share(metric: Metric) -> bool:
    """True for a proportion, or a difference of two: it says of how many. A mean may have an interval, too."""
    return metric.of is not None


def per_cent(value: float) -> str:
    """`0.9731` as `97.31 %`. What is not all, or not none, is never rounded to it."""
    rounded = round(value * 100, 2)
    if value < 1 - FLOAT_NOISE:
        rounded = min(rounded, 99.99)
    if abs(value) > FLOAT_NOISE:
        rounded = math.copysign(max(abs(rounded), 0.01), value)
    return f"{rounded:.2f}".rstrip("0").rstrip(".") + " %"


def amount(value: float | None, metric: Metric) -> str:
    """A value in the metric's own terms: `97.3 %`, `8.6 ms`, `–` when there was nothing to count."""
    if value is None:
        return NONE
    if is_share(metric):
        return per_cent(value)
    # Three digits tell timings and costs apart, and are all that a repeated run would give again.
    text = f"{value:,.0f}" if abs(value) >= THOUSANDS else f"{value:.3g}"
    return f"{text} {metric.unit}".rstrip()


def goal(metric: Metric) -> str:
    """The threshold as a reader would say it, `≥ 95 %`; empty without one."""
    if metric.threshold is None or metric.direction is None:
        return ""
    return f"{SIGNS[metric.direction]} {amount(metric.threshold, metric)}"


def counts(metric: Metric) -> str:
    """`412 of 426`, or empty."""
    return "" if metric.hits is None or metric.of is None else f"{metric.hits:,} of {metric.of:,}"


def interval(metric: Metric) -> str:
    """The 95 % interval in the metric's own terms, `95.1–98.4 %` or `-12 to 3.5 ms`; empty without one and
    where nothing was counted: from none to all says nothing."""
    if metric.interval is None or metric.of == 0:
        return ""
    low, high = (amount(end, metric) for end in metric.interval)
    unit = "%" if is_share(metric) else metric.unit
    return f"{low.removesuffix(unit).rstrip()}{' to ' if metric.interval.low < 0 else '–'}{high}"


def label(name: str) -> str:
    """`own_ms_p99` as a reader would call it."""
    return name.replace("_", " ").replace("fpr", "FPR")
