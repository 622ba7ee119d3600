"""Whether what would have been taught some time ago has proved better since: only then is it used now.

Temporal and strict: an answer is given at an earlier moment by what was known then, taught at moments before it, and
judged on what came after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from memory.predictions import metrics
from memory.predictions.cells import outcome_by_cell
from memory.predictions.histories import Floats
from memory.predictions.lookback import LEAST_HISTORY_DAYS, Lookback
from memory.predictions.report import Basis, BuyingReport, Errors, ReliabilityBin, Scores, ValueReport
from memory.predictions.teaching import corrected_probability, corrected_value, teach_buying, teach_value

FEWEST_CUSTOMERS = 200
"""Who had ordered when it was judged: of fewer, a share is not known to within 3 points of a hundred."""
FEWEST_REPEATS = 50
"""Customers who had come back by then: some ten for each parameter of the baseline."""
FEWEST_OUTCOMES = 20
"""Who ordered, and who did not, in the judged days: of fewer, no score means anything."""
VALUE_DAYS = (360, 180, 90)
"""How far ahead value is judged: the longest that the history allows."""
LEAST_VALUE_HISTORY_DAYS = 180
"""Nobody tells twelve months from less than half a year."""
NO_DIFFERENCE = "The history tells customers no better apart than one figure for all of them."
NO_PROOF = "There is too little history to learn and to prove more."


@dataclass(frozen=True, slots=True)
class _Case:
    """One judgement: where from, how far, and whether there is enough to judge."""

    past: Lookback
    now: float
    days: int

    @property
    def cut(self) -> float:
        return self.now - self.days

    def lacks(self) -> str | None:
        """What there is too little of, in a sentence."""
        history = self.cut - self.past.start
        if not history >= LEAST_HISTORY_DAYS:
            needed = self.days + LEAST_HISTORY_DAYS
            return f"Needs {needed} days of orders; there are {max(self.now - self.past.start, 0.0):.0f}."
        known = self.past.moment(self.cut).known
        if len(known.rows) < FEWEST_CUSTOMERS:
            return f"Needs {FEWEST_CUSTOMERS} customers with orders {self.days} days ago; there were {len(known.rows)}."
        repeats = int((known.counts > 1).sum())
        if repeats < FEWEST_REPEATS:
            return f"Needs {FEWEST_REPEATS} customers who had come back {self.days} days ago; there were {repeats}."
        bought = int((self.past.after(self.cut, self.days)[0] > 0).sum())
        if min(bought, len(known.rows) - bought) < FEWEST_OUTCOMES:
            return f"In the last {self.days} days {bought} of {len(known.rows)} customers ordered: too few differ."
        return None

    def by_cells(self, *, amounts: bool) -> Floats | None:
        """[n] what became, one horizon before, of customers of the same RFM cell; None where there is no before."""
        cuts = self.past.cuts(self.cut, self.days)
        if not cuts:
            return None
        bought, spent = self.past.after(cuts[0], self.days)
        outcome = spent if amounts else (bought > 0).astype(np.float64)
        return outcome_by_cell(self.past.moment(cuts[0]).known, outcome, self.past.moment(self.cut).known)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What each would have answered to one question, and what happened."""

    case: _Case
    answers: dict[str, Floats]
    happened: metrics.Happened
    scores: dict[str, Scores]

    def gain(self) -> float | None:
        """By how much the model's log-loss is below the baseline's; None where it could not be taught by then."""
        model = self.scores.get("model")
        return None if model is None else self.scores["baseline"].log_loss - model.log_loss


def judge_buying(past: Lookback, now: float, horizons: Sequence[int]) -> list[BuyingReport]:
    """The probability to order within each of `horizons`, judged from as many days before `now` on.

    The model is one recipe, and is judged as one: by its mean gain over the horizons that it could be checked at.
    Judged one by one, a horizon's model was dropped or kept by chance, and the answers of one customer did not fit
    together.
    """
    cases = [_Case(past, now, days) for days in horizons]
    lacking = {case.days: case.lacks() for case in cases}
    heard = {case.days: _hear(case) for case in cases if lacking[case.days] is None}
    gains = [gain for one in heard.values() if (gain := one.gain()) is not None]
    gain = float(np.mean(gains)) if gains else None
    return [
        _report(heard[days], gain)
        if days in heard
        else BuyingReport(days=days, basis="too_little_data", reason=lacking[days] or "")
        for days in horizons
    ]


def _hear(case: _Case) -> _Heard:
    past, days = case.past, case.days
    moment, happened = past.moment(case.cut), past.after(case.cut, days)[0] > 0
    answers = {"baseline": moment.baseline.buys_within(moment.known, days)}
    correction = teach_buying(past, case.cut, days)
    if correction is not None:
        answers["model"] = corrected_probability(moment.baseline, moment.known, days, correction.of(moment.features))
    answers["constant"] = np.full(len(happened), happened.mean())
    if (cells := case.by_cells(amounts=False)) is not None:
        answers["rfm"] = cells
    return _Heard(case, answers, happened, {name: _scores(answer, happened) for name, answer in answers.items()})


def _report(heard: _Heard, gain: float | None) -> BuyingReport:
    basis, reason = _settled(heard, gain)
    used = heard.answers.get(basis, heard.answers["baseline"])
    return BuyingReport(
        days=heard.case.days,
        basis=basis,
        reason=reason,
        judged_at=_moment(heard.case.cut),
        customers=len(heard.happened),
        happened=float(heard.happened.mean()),
        scores=heard.scores,
        bins=tuple(ReliabilityBin(**one._asdict()) for one in metrics.reliability(used, heard.happened)),
    )


def _settled(heard: _Heard, gain: float | None) -> tuple[Basis, str]:
    """The simplest answer that nothing beats; nothing at all where even that tells nobody apart."""
    basis: Basis = "model" if gain is not None and gain > 0 else "baseline"
    if heard.scores.get(basis, heard.scores["baseline"]).log_loss >= heard.scores["constant"].log_loss:
        return "too_little_data", NO_DIFFERENCE
    if gain is None:
        return basis, NO_PROOF
    compared = "below" if gain > 0 else "above"
    return basis, f"Over all horizons the learned log-loss was {abs(gain):.4f} {compared} the baseline's."


def judge_value(past: Lookback, now: float) -> ValueReport:
    """What is spent, judged over the longest of `VALUE_DAYS` that there is history for."""
    history = now - past.start
    if not history >= LEAST_VALUE_HISTORY_DAYS:
        reason = f"Needs {LEAST_VALUE_HISTORY_DAYS} days of orders; there are {max(history, 0.0):.0f}."
        return ValueReport(basis="too_little_data", reason=reason)
    days = next((one for one in VALUE_DAYS if past.cuts(now - one, one)), VALUE_DAYS[-1])
    case = _Case(past, now, days)
    lacks = case.lacks()
    if lacks is not None:
        return ValueReport(basis="too_little_data", reason=lacks, days=days)
    moment, spent = past.moment(case.cut), past.after(case.cut, days)[1]
    answers = {"baseline": moment.baseline.value_within(moment.known, days)}
    correction = teach_value(past, case.cut, days)
    if correction is not None:
        answers["model"] = corrected_value(moment.baseline, moment.known, days, correction.of(moment.features))
    answers["constant"] = np.full(len(spent), spent.mean())
    if (cells := case.by_cells(amounts=True)) is not None:
        answers["rfm"] = cells
    errors = {name: _errors(answer, spent) for name, answer in answers.items()}
    basis = _best_value(errors)
    return ValueReport(
        basis=basis,
        reason=_why_value(basis, errors),
        days=days,
        judged_at=_moment(case.cut),
        customers=len(spent),
        spent=float(spent.mean()),
        errors=errors,
    )


def _best_value(errors: dict[str, Errors]) -> Basis:
    """The model has to be better by both measures: what wins by one alone only moves everyone up or down."""
    baseline, model = errors["baseline"], errors.get("model")
    if model is not None and model.rmse < baseline.rmse and model.mae < baseline.mae:
        return "model"
    constant = errors["constant"]
    return "baseline" if baseline.rmse < constant.rmse or baseline.mae < constant.mae else "too_little_data"


def _why_value(basis: Basis, errors: dict[str, Errors]) -> str:
    if basis == "too_little_data":
        return NO_DIFFERENCE
    if "model" not in errors:
        return NO_PROOF
    model, baseline = errors["model"], errors["baseline"]
    return f"Learned: RMSE {model.rmse:.3f}, MAE {model.mae:.3f}; baseline: {baseline.rmse:.3f}, {baseline.mae:.3f}."


def _scores(probability: Floats, happened: metrics.Happened) -> Scores:
    bins = metrics.reliability(probability, happened)
    return Scores(
        log_loss=float(metrics.log_losses(probability, happened).mean()),
        brier=metrics.brier(probability, happened),
        calibration_error=metrics.calibration_error(bins),
        auc=metrics.auc(probability, happened),
    )


def _errors(amount: Floats, spent: Floats) -> Errors:
    wrong = amount - spent
    return Errors(mae=float(np.abs(wrong).mean()), rmse=float(np.sqrt(np.mean(wrong**2))), mean=float(amount.mean()))


def _moment(day: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
