"""The gate of a suite: which figures of a report may be bounded, how bounds are written, and whether they are kept.

A bound is written `recall=0.95,fpr=0.01`. Recall and precision must reach theirs, the false alarm rate must not
pass its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from evals.harness.figures import share_metric
from evals.harness.result import Direction, Metric
from evals.report import Report, Share
from store.errors import InvalidInput

_FIGURES: dict[str, tuple[Callable[[Report], Share], Direction]] = {
    "recall": (lambda report: report.recall, Direction.AT_LEAST),
    "named_recall": (lambda report: report.named_recall, Direction.AT_LEAST),
    "hard_recall": (lambda report: report.hard_recall, Direction.AT_LEAST),
    "soft_recall": (lambda report: report.soft_recall, Direction.AT_LEAST),
    "precision": (lambda report: report.precision, Direction.AT_LEAST),
    "fpr": (lambda report: report.false_positive_rate, Direction.AT_MOST),
}
NAMES = tuple(_FIGURES)
"""The figures that may be bounded."""


class BadThreshold(InvalidInput):
    """A bound names no figure of the report, or is no share."""

    reason = "bad_threshold"


def parse_thresholds(text: str) -> dict[str, float]:
    """Bounds by figure: `recall=0.95,fpr=0.01` or `recall=95%`. Raises BadThreshold."""
    bounds: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, bound = (piece.strip() for piece in part.partition("="))
        if name not in _FIGURES:
            raise BadThreshold(f"The report has no figure {name!r}.", fix=f"Write one of {', '.join(NAMES)}.")
        if name in bounds:
            raise BadThreshold(f"The figure {name} has two bounds.", fix="Leave one of them out.")
        bounds[name] = _share(name, bound)
    return bounds


def _share(name: str, text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise BadThreshold(f"{name} is bounded by {text!r}.", fix=f"Write a share, as in {name}=0.95.") from error
    if not 0 <= share <= 1:
        raise BadThreshold(f"{name} is bounded by {text}.", fix="Write a share between 0 and 1, or add the % sign.")
    return share


def metrics_of(report: Report, bounds: Mapping[str, float]) -> tuple[Metric, ...]:
    """The figures of a report with their counts, intervals and bounds."""
    return tuple(
        share_metric(name, figure(report)).model_copy(
            update={"threshold": bounds[name], "direction": direction} if name in bounds else {}
        )
        for name, (figure, direction) in _FIGURES.items()
    )


def shortfall(metric: Metric) -> str | None:
    """Which bound is not kept and by how much, in one sentence; None when it is kept."""
    if metric.is_met or metric.threshold is None:
        return None
    if metric.value is None:
        return f"{metric.name} has nothing to count: no text has a label that it needs."
    side = "below" if metric.direction is Direction.AT_LEAST else "above"
    apart = abs(metric.value - metric.threshold)
    return (
        f"{metric.name} is {metric.value:.4f} ({metric.hits} of {metric.of}), "
        f"{apart:.4f} {side} its bound of {metric.threshold:g}."
    )
