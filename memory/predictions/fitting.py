"""From orders to a predictor: judged on the newest past first, then taught with all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import numpy as np

from memory.predictions.baseline import Baseline
from memory.predictions.boosting import Correction
from memory.predictions.features import Known, table
from memory.predictions.histories import Floats, Histories, Ints
from memory.predictions.judging import judge_buying, judge_value
from memory.predictions.lookback import Lookback
from memory.predictions.report import Basis, BuyingReport, PredictionReport
from memory.predictions.teaching import corrected_probability, corrected_value, teach_buying, teach_value
from memory.state import EPOCH

HORIZONS = (30, 60, 90)
"""Days ahead that an order is predicted for."""
YEAR_DAYS = 365
CURVE_DAYS = tuple(range(30, 391, 30))
"""Where the probability to have ordered is worked out on the way to a date for the next order."""
HALF = float(np.log(2.0))


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Of [n] customers; NaN where there is too little data."""

    rows: Ints
    """[n] which of the histories' customers they are: those who had ordered."""
    buys: Floats
    """[n, 3] probability of an order within each of `HORIZONS`; never falls from one to the next."""
    value: Floats
    """[n] expected to be spent in a year, in mean orders of the shop."""
    next_order: Floats
    """[n] days from now by which an order is as likely as not; NaN also where that is more than a year."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """Fitted to one shop as of one moment."""

    baseline: Baseline | None
    """None where there is too little data for anything."""
    scale: dict[str, float]
    """See `Histories.scale`."""
    bases: dict[int, Basis]
    """By horizon."""
    value_basis: Basis
    corrections: dict[int, Correction]
    """By horizon, where the basis is `model`."""
    value_correction: Correction | None

    def predict(self, histories: Histories, now: float) -> Predicted:
        """As of `now`, days since 1970, with what was known then."""
        known = Known.of(histories, now)
        if self.baseline is None:
            nothing = np.full(len(known.rows), np.nan)
            return Predicted(known.rows, np.column_stack([nothing] * len(HORIZONS)), nothing, nothing)
        return self._predict(known, self.baseline)

    def _predict(self, known: Known, baseline: Baseline) -> Predicted:
        features = table(known)
        buys = np.column_stack([self._buys(baseline, known, features, days) for days in HORIZONS])
        # Within 60 days includes within 30: models of each know nothing of one another.
        buys = np.maximum.accumulate(buys, axis=1)
        return Predicted(known.rows, buys, self.value_within(known, YEAR_DAYS), _next_order(baseline, known, buys))

    def _buys(self, baseline: Baseline, known: Known, features: Floats, days: int) -> Floats:
        if self.bases[days] == "too_little_data":
            return np.full(len(known.rows), np.nan)
        correction = self.corrections.get(days)
        if correction is None:
            return baseline.buys_within(known, days)
        return corrected_probability(baseline, known, days, correction.of(features))

    def value_within(self, known: Known, days: float) -> Floats:
        """[n] expected to be spent in the next `days`, in mean orders of the shop; NaN: too little data."""
        if self.baseline is None or self.value_basis == "too_little_data":
            return np.full(len(known.rows), np.nan)
        if self.value_correction is None:
            return self.baseline.value_within(known, days)
        return corrected_value(self.baseline, known, days, self.value_correction.of(table(known)))

    def document(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "baseline": None if self.baseline is None else self.baseline.document(),
            "scale": self.scale,
            "bases": {str(days): basis for days, basis in self.bases.items()},
            "value_basis": self.value_basis,
            "corrections": {str(days): one.text for days, one in self.corrections.items()},
            "value_correction": None if self.value_correction is None else self.value_correction.text,
        }

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """The opposite of `document`."""
        baseline, value = document["baseline"], document["value_correction"]
        return cls(
            baseline=None if baseline is None else Baseline.read(baseline),
            scale=document["scale"],
            bases={int(days): basis for days, basis in document["bases"].items()},
            value_basis=document["value_basis"],
            corrections={int(days): Correction(text) for days, text in document["corrections"].items()},
            value_correction=None if value is None else Correction(value),
        )


def fit(histories: Histories, now: float) -> tuple[Predictor, PredictionReport]:
    """Judge, then teach anew with the newest outcomes too. Nothing after `now`, days since 1970, is looked at."""
    past = Lookback(histories)
    buying = judge_buying(past, now, HORIZONS)
    value = judge_value(past, now)
    moment = past.moment(now)
    report = PredictionReport(
        as_of=EPOCH + timedelta(days=now),
        customers=len(moment.known.rows),
        orders=len(moment.known.days.at),
        history_days=max(now - past.start, 0.0) if len(moment.known.rows) else 0.0,
        buying=tuple(buying),
        value=value,
    )
    bases = {value.basis, *(one.basis for one in buying)}
    predictor = Predictor(
        baseline=None if bases == {"too_little_data"} else moment.baseline,
        scale=dict(histories.scale),
        bases={one.days: one.basis for one in buying},
        value_basis=value.basis,
        corrections=_corrections(past, now, buying),
        value_correction=teach_value(past, now, value.days) if value.basis == "model" else None,
    )
    return predictor, report


def _corrections(past: Lookback, now: float, buying: list[BuyingReport]) -> dict[int, Correction]:
    taught = {one.days: teach_buying(past, now, one.days) for one in buying if one.basis == "model"}
    return {days: correction for days, correction in taught.items() if correction is not None}


def _next_order(baseline: Baseline, known: Known, buys: Floats) -> Floats:
    """Where the chance of no order falls to a half: between known points as if orders came evenly, after the last
    horizon along the baseline's curve."""
    later = np.column_stack([baseline.buys_within(known, days) for days in CURVE_DAYS[len(HORIZONS) - 1 :]])
    waits = -np.log1p(-np.clip(buys, 0.0, 1.0 - 1e-9))
    beyond = -np.log1p(-np.minimum(later, 1.0 - 1e-9))
    curve = np.column_stack([np.zeros(len(buys)), waits, waits[:, -1:] + beyond[:, 1:] - beyond[:, :1]])
    days = np.array([0, *CURVE_DAYS], dtype=np.float64)
    reached = curve >= HALF
    after = np.where(reached.any(axis=1), reached.argmax(axis=1), 0)
    row = np.arange(len(curve))
    low, high = curve[row, after - 1], curve[row, after]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = days[after - 1] + (HALF - low) / (high - low) * (days[after] - days[after - 1])
    return np.where((after > 0) & (found <= YEAR_DAYS), found, np.nan)
