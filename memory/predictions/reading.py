"""From a stored row to what `CustomerMemory` shows: the numbers, and why, in words for the shop's people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from memory.behaviour import Cycle
from memory.predictions.model import ExpectedOrder, ExpectedProduct, ExpectedValue, Predictions, Probability
from memory.predictions.report import Basis, PredictionReport

CENT = Decimal("0.01")
NOT_LEARNED = "Nothing was learned from this shop yet; `penfriend learn` does, and the service once a day."
NO_ORDER = "They have not ordered yet."
NOT_SEEN = "No prediction from that time is kept."
CYCLE_WORDS = {
    "own": "their own purchases",
    "shop": "other customers' purchases",
    "product": "what the catalog says of it",
    "category": "what others of its category last",
}


@dataclass(frozen=True, slots=True)
class Buyer:
    """What the reasons speak of."""

    orders: int
    recency_days: float
    cadence_days: float | None
    cycles: Sequence[Cycle]


def predictions_of(row: Any, buyer: Buyer, as_of: datetime, report: PredictionReport | None) -> Predictions:
    """What is known at `as_of`. `row`: a `PredictionRow`, or one out of a select of its columns; None without one."""
    if report is None or report.as_of > as_of:
        return _nothing(NOT_LEARNED if report is None else NOT_SEEN, buyer)
    if not buyer.orders:
        return _nothing(NO_ORDER, buyer)
    if row is None or row.as_of is None or row.as_of > as_of:
        return _nothing(_lack(report) or NOT_SEEN, buyer)
    history = _history(buyer)
    churn = {days: _churn(days, buy, basis, history, report) for days, buy, basis in _horizons(row)}
    return Predictions(
        as_of=row.as_of,
        buy_probability_30d=_buys(row.buy_30d, row.basis_30d, history, report),
        churn_risk_30d=churn[30],
        churn_risk_60d=churn[60],
        churn_risk_90d=churn[90],
        expected_value_12m=_value(row, history, report),
        next_order=_next_order(row, history),
        next_products=_products(buyer),
    )


def _horizons(row: Any) -> tuple[tuple[int, float | None, Basis], ...]:
    return (30, row.buy_30d, row.basis_30d), (60, row.buy_60d, row.basis_60d), (90, row.buy_90d, row.basis_90d)


def _nothing(reason: str, buyer: Buyer) -> Predictions:
    probability = Probability(value=None, basis="too_little_data", reason=reason)
    return Predictions(
        as_of=None,
        buy_probability_30d=probability,
        churn_risk_30d=probability,
        churn_risk_60d=probability,
        churn_risk_90d=probability,
        expected_value_12m=ExpectedValue(value=None, currency=None, basis="too_little_data", reason=reason),
        next_order=ExpectedOrder(at=None, basis="too_little_data", reason=reason),
        next_products=_products(buyer),
    )


def _lack(report: PredictionReport) -> str | None:
    """Why nobody has a row; None where customers have."""
    bases = {report.value.basis, *(one.basis for one in report.buying)}
    return report.buying[0].reason if bases == {"too_little_data"} else None


def _history(buyer: Buyer) -> str:
    """What they did, in a sentence."""
    times = "Ordered once" if buyer.orders == 1 else f"Ordered {buyer.orders} times"
    usually = f", usually every {buyer.cadence_days:.0f} days" if buyer.cadence_days else ""
    return f"{times}{usually}; the last order was {buyer.recency_days:.0f} days ago."


def _buys(value: float | None, basis: Basis, history: str, report: PredictionReport) -> Probability:
    return Probability(value=value, basis=basis, reason=_reason(30, value, history, report, did=True))


def _churn(days: int, buys: float | None, basis: Basis, history: str, report: PredictionReport) -> Probability:
    value = None if buys is None else 1.0 - buys
    return Probability(value=value, basis=basis, reason=_reason(days, buys, history, report, did=False))


def _reason(days: int, buys: float | None, history: str, report: PredictionReport, *, did: bool) -> str:
    """Their history, and what became of customers like them when it was last checked."""
    if buys is None:
        return next(one.reason for one in report.buying if one.days == days)
    like = report.like(days, buys)
    if like is None:
        return history
    share = like.happened if did else 1.0 - like.happened
    verb = "ordered" if did else "did not order"
    return f"{history} Of customers given about the same chance, {share:.0%} {verb} within {days} days."


def _value(row: Any, history: str, report: PredictionReport) -> ExpectedValue:
    if row.value_12m is None:
        return ExpectedValue(value=None, currency=None, basis="too_little_data", reason=report.value.reason)
    return ExpectedValue(
        value=Decimal(row.value_12m).quantize(CENT),
        currency=row.currency,
        basis=row.basis_12m,
        reason=f"{history} The mean of what customers with such a history spend in 12 months.",
    )


def _next_order(row: Any, history: str) -> ExpectedOrder:
    if row.buy_90d is None:
        return ExpectedOrder(at=None, basis="too_little_data", reason="Told with the probabilities to order only.")
    if row.next_order_at is None:
        reason = f"{history} An order within a year is less likely than none."
    else:
        reason = f"{history} Half of the customers with such a history order by then."
    return ExpectedOrder(at=row.next_order_at, basis=row.basis_90d, reason=reason)


def _products(buyer: Buyer) -> tuple[ExpectedProduct, ...]:
    return tuple(
        ExpectedProduct(
            product_id=cycle.product_id,
            at=cycle.runs_out_at,
            reason=f"Lasts them about {cycle.every_days:.0f} days, by {CYCLE_WORDS[cycle.basis]}.",
        )
        for cycle in buyer.cycles
    )
