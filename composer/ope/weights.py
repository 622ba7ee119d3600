"""How far the log reaches to the new policy: whose weights are a few e-mails' cannot be judged by it."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel

from composer.ope.log import Array, Log

TOP = 0.01


class Overlap(BaseModel):
    """Diagnostics of the weights."""

    emails: int
    effective: float
    """As many e-mails of the new policy's own would tell as much (Kish 1965): `(Σ w)² / Σ w²`."""
    mean: float
    """Of the weights: 1 but for chance, or the logged probabilities are not those that were drawn by."""
    mean_error: float
    """Its standard error, customers being independent."""
    largest: float
    """The largest weight."""
    top_share: float
    """Share of all weight that the top 1 % of e-mails have."""
    unsupported: float
    """Share of the new policy's choices that could not be drawn."""
    by_dimension: dict[str, float]
    """Effective share of e-mails if the new policy decided this dimension alone: which of them asks too much."""


def overlap(log: Log) -> Overlap:
    """Of a log with at least one row."""
    weights = log.weights
    return Overlap(
        emails=len(log),
        effective=effective(weights),
        mean=float(weights.mean()),
        mean_error=_error_of_mean(weights, log),
        largest=float(weights.max()),
        top_share=_top_share(weights),
        unsupported=float(log.unsupported.mean()) if len(log.unsupported) else 0.0,
        by_dimension={step.name: effective(step.ratio) / len(log) for step in log.steps},
    )


def effective(weights: Array) -> float:
    """Kish's effective sample size, 0 to n."""
    largest = float(weights.max(initial=0.0))
    if largest <= 0:
        return 0.0
    # Relative to the largest: squares of tiny weights would be nothing.
    relative = weights / largest
    return float(relative.sum() ** 2 / (relative @ relative))


def _top_share(weights: Array) -> float:
    count = max(1, round(len(weights) * TOP))
    total = float(weights.sum())
    return float(np.partition(weights, -count)[-count:].sum()) / total if total > 0 else 1.0


def _error_of_mean(weights: Array, log: Log) -> float:
    sums = np.bincount(log.customers, weights - weights.mean())
    return float(np.sqrt(sums @ sums) / len(log))
