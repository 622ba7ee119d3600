"""What predictions are worth: how they would have done on the shop's newest past, against simpler answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from memory.frozen import Frozen

Basis = Literal["model", "baseline", "too_little_data"]
BASIS_WORDS: dict[Basis, str] = {
    "model": "learned from this shop",
    "baseline": "Pareto/NBD and Gamma-Gamma",
    "too_little_data": "too little data",
}


class ReliabilityBin(Frozen):
    """Customers who were given like probabilities."""

    customers: int
    predicted: float
    """Their mean probability."""
    happened: float
    """The share who ordered."""


class Scores(Frozen):
    """Of probabilities, against who ordered."""

    log_loss: float
    """In nats; less is better, as for all but `auc`."""
    brier: float
    calibration_error: float
    """Expected calibration error over tenths of the customers."""
    auc: float


class BuyingReport(Frozen):
    """The probability to order within `days`. Scores are of answers given at `judged_at` by what was known then."""

    days: int
    basis: Basis
    reason: str
    judged_at: datetime | None = None
    customers: int = 0
    happened: float = 0.0
    """The share who ordered within `days` of `judged_at`."""
    scores: Mapping[str, Scores] = Field(default_factory=dict)
    """By who answered: `model`, `baseline`, `rfm` (cells of fifths), `constant` (the share itself, in hindsight)."""
    bins: tuple[ReliabilityBin, ...] = ()
    """Of the answer in use."""


class Errors(Frozen):
    """Of amounts, in mean orders of the shop. The mean is what is forecast, so `rmse` is what is optimised."""

    mae: float
    rmse: float
    mean: float
    """Of the forecasts."""


class ValueReport(Frozen):
    """What is spent; judged over `days`, and carried on to 12 months by the baseline's curve."""

    basis: Basis
    reason: str
    days: int = 0
    judged_at: datetime | None = None
    customers: int = 0
    spent: float = 0.0
    """By the mean customer, in mean orders of the shop."""
    errors: Mapping[str, Errors] = Field(default_factory=dict)
    """By who answered: as `BuyingReport.scores`."""


class PredictionReport(Frozen):
    """All of it, as of one training."""

    as_of: datetime
    customers: int
    """Who have ordered and were learned from."""
    orders: int
    """Days with an order of theirs."""
    history_days: float
    """Since the first order."""
    buying: tuple[BuyingReport, ...]
    value: ValueReport

    def like(self, days: int, probability: float) -> ReliabilityBin | None:
        """The customers of the check who were given the most similar probability."""
        bins = next((one.bins for one in self.buying if one.days == days), ())
        return min(bins, key=lambda one: abs(one.predicted - probability), default=None)
