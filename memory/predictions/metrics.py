"""How good probabilities and amounts are, against what happened."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.predictions.histories import Floats

BINS = 10
CLOSEST = 1e-6
"""To 0 and 1: nothing is certain, and one surprise would make the mean log-loss infinite."""

Happened = NDArray[np.bool_]


class Bin(NamedTuple):
    """Customers of like probability."""

    customers: int
    predicted: float
    """Their mean probability."""
    happened: float
    """The share of them who did."""


def log_losses(probability: Floats, happened: Happened) -> Floats:
    """[n] in nats."""
    known = np.clip(probability, CLOSEST, 1.0 - CLOSEST)
    return -np.log(np.where(happened, known, 1.0 - known))


def brier(probability: Floats, happened: Happened) -> float:
    """Mean squared error of the probability (Brier 1950)."""
    return float(np.mean((probability - happened) ** 2))


def reliability(probability: Floats, happened: Happened) -> list[Bin]:
    """Tenths of the customers by probability; each as large as the others."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return [Bin(len(part), float(probability[part].mean()), float(happened[part].mean())) for part in parts]


def calibration_error(bins: list[Bin]) -> float:
    """Expected calibration error: how far the bins are from what happened, on average over customers."""
    total = sum(one.customers for one in bins)
    return sum(one.customers * abs(one.predicted - one.happened) for one in bins) / total if total else 0.0


def auc(probability: Floats, happened: Happened) -> float:
    """Area under the ROC curve: how often somebody who did was given more than somebody who did not; ½ where all or
    none did."""
    did, total = int(happened.sum()), len(happened)
    if did in (0, total):
        return 0.5
    # Ranks from 1, those of equals at their middle.
    _, place, equals = np.unique(probability, return_inverse=True, return_counts=True)
    ranks = float((np.cumsum(equals) - (equals - 1) / 2)[place][happened].sum())
    return (ranks - did * (did + 1) / 2) / (did * (total - did))
