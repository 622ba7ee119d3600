"""Predictions as they are shown: with why, in words, and never as something to say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from memory.events import parse
from memory.fold import remember
from memory.model import CustomerMemory, Profile, RfmScores
from memory.predictions.report import Basis, BuyingReport, PredictionReport, ReliabilityBin, ValueReport
from memory.shop import Shop
from memory.traits import FifthsBuilder
from memory.view import to_memory
from store.ids import CustomerId
from tests.kit.events import KETTLE, NOW, TEA, order, track

BINS = tuple(ReliabilityBin(customers=50, predicted=share / 10, happened=share / 10 + 0.01) for share in range(10))
ROW = SimpleNamespace(
    as_of=NOW, buy_30d=0.31, buy_60d=0.4, buy_90d=0.52, value_12m=123.456, currency="EUR",
    next_order_at=NOW + timedelta(days=80),
    basis_30d="model", basis_60d="model", basis_90d="model", basis_12m="baseline",
)  # fmt: skip
EVENTS = [order(f"o{n}", TEA, days_ago=10 + 30 * n) for n in range(4)]


def _report(basis: Basis = "model") -> PredictionReport:
    horizons = (BuyingReport(days=days, basis=basis, reason="Needs more.", bins=BINS) for days in (30, 60, 90))
    value = ValueReport(basis=basis, reason="Needs more.")
    return PredictionReport(as_of=NOW, customers=9, orders=9, history_days=400, buying=tuple(horizons), value=value)


def _memory(events: list[dict[str, Any]], row: Any = ROW, report: PredictionReport | None = None) -> CustomerMemory:
    state = remember(parse(event, NOW) for event in events)
    shop = Shop(predictions=report or _report())
    return to_memory(CustomerId("cus_1"), "u1", state, Profile(), NOW, shop=shop, predicted=row)


def test_each_figure_has_its_reason_in_plain_words() -> None:
    predictions = _memory(EVENTS).predictions
    assert predictions is not None
    history = "Ordered 4 times, usually every 30 days; the last order was 10 days ago."
    like = "Of customers given about the same chance"
    assert predictions.buy_probability_30d.value == 0.31
    assert predictions.buy_probability_30d.reason == f"{history} {like}, 31% ordered within 30 days."
    assert predictions.churn_risk_90d.value == 0.48
    assert predictions.churn_risk_90d.reason == f"{history} {like}, 49% did not order within 90 days."
    assert predictions.expected_value_12m.value == Decimal("123.46")
    assert predictions.expected_value_12m.basis == "baseline"
    assert predictions.next_order.at == NOW + timedelta(days=80)


def test_what_was_predicted_after_the_moment_is_not_shown() -> None:
    later = SimpleNamespace(**{**vars(ROW), "as_of": NOW + timedelta(hours=1)})
    predictions = _memory(EVENTS, row=later).predictions
    assert predictions is not None
    assert predictions.as_of is None
    assert predictions.buy_probability_30d.value is None


def test_a_product_that_is_used_up_has_a_date_of_its_own() -> None:
    predictions = _memory(EVENTS).predictions
    assert predictions is not None
    (tea,) = predictions.next_products
    assert tea.product_id == TEA["product_id"]
    assert abs(tea.at - (NOW + timedelta(days=20))) < timedelta(days=1)
    assert tea.reason == "Lasts them about 30 days, by their own purchases."


def test_where_there_is_too_little_data_the_reason_says_what_is_missing() -> None:
    predictions = _memory(EVENTS, row=None, report=_report("too_little_data")).predictions
    assert predictions is not None
    assert predictions.buy_probability_30d.value is None
    assert predictions.buy_probability_30d.reason == "Needs more."
    assert _memory([track("Product Viewed", KETTLE)]).predictions is not None


def test_predictions_and_traits_never_become_facts() -> None:
    with_them, without = _memory(EVENTS), _memory(EVENTS, row=None)
    assert with_them.predictions != without.predictions
    assert with_them.facts == without.facts


def test_scores_are_fifths_and_what_is_preferred_stands_out() -> None:
    builder = FifthsBuilder()
    shop = [_memory([order("o1", KETTLE, days_ago=days, total=10 * days)]).rfm for days in range(1, 11)]
    for one in shop:
        builder.see(one)
    state = remember(parse(event, NOW) for event in EVENTS)
    memory = to_memory(CustomerId("cus_1"), "u1", state, Profile(), NOW, shop=Shop(fifths=builder.build()))
    assert memory.traits.rfm == RfmScores(recency=1, frequency=5, monetary=3)
    assert memory.traits.preferred_category == TEA["category"]
    assert memory.traits.preferred_brand == TEA["brand"]
