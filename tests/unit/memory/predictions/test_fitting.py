"""A predictor of made-up shops whose law is known: calibrated, without a look ahead, and silent where it must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from memory.predictions import metrics
from memory.predictions.boosting import Correction
from memory.predictions.features import NAMES, Known, table
from memory.predictions.fitting import HORIZONS, Predictor, fit
from memory.predictions.histories import Histories, histories_of
from memory.predictions.lookback import Lookback
from memory.predictions.report import PredictionReport
from memory.predictions.teaching import teach_buying, teach_value
from tests.kit.buyers import END_DAY, Buyer, fading, histories, steady

CUT = END_DAY - 90
FADING = histories(fading(1_200, 450))
STEADY = histories(steady(400, 600))


@pytest.fixture(scope="module")
def faded() -> tuple[Predictor, PredictionReport]:
    """Fitted 90 days before the end."""
    return fit(FADING, CUT)


def _happened(shop: Histories, days: int) -> metrics.Happened:
    rows = Known.of(shop, CUT).rows
    return np.asarray(shop.between(CUT, CUT + days).counts()[rows] > 0)


def test_of_customers_given_a_chance_about_that_share_orders(faded: tuple[Predictor, PredictionReport]) -> None:
    predicted = faded[0].predict(FADING, CUT)
    for column, days in enumerate(HORIZONS):
        happened = _happened(FADING, days)
        assert metrics.calibration_error(metrics.reliability(predicted.buys[:, column], happened)) < 0.05
        assert metrics.auc(predicted.buys[:, column], happened) > 0.6


def test_expected_spending_adds_up_to_about_what_is_spent(faded: tuple[Predictor, PredictionReport]) -> None:
    known = Known.of(FADING, CUT)
    spent = FADING.between(CUT, END_DAY).totals()[known.rows]
    assert faded[0].value_within(known, 90).sum() == pytest.approx(spent.sum(), rel=0.1)
    assert faded[0].predict(FADING, CUT).value.mean() > faded[0].value_within(known, 90).mean()


def test_half_of_the_customers_order_by_the_date_of_their_next_order(faded: tuple[Predictor, PredictionReport]) -> None:
    predicted = faded[0].predict(FADING, CUT)
    after = FADING.between(CUT, END_DAY)
    first = np.full(FADING.customers, np.inf)
    np.minimum.at(first, after.customer, after.at - CUT)
    over = predicted.next_order <= 90
    assert over.sum() > 150
    assert np.mean(first[predicted.rows][over] <= predicted.next_order[over]) == pytest.approx(0.5, abs=0.08)


def test_an_order_within_sixty_days_is_never_less_likely_than_within_thirty(
    faded: tuple[Predictor, PredictionReport],
) -> None:
    features = table(Known.of(FADING, CUT))
    lately = features[:, NAMES.index("idle")] < 60
    hopeful = Correction.train("binary", features, np.zeros(len(features)), lately.astype(np.float64))
    predictor = replace(faded[0], bases=dict.fromkeys(HORIZONS, "model"), corrections={30: hopeful})
    assert (predictor.predict(FADING, CUT).buys[:, 0] > faded[0].predict(FADING, CUT).buys[:, 1]).any()
    assert (np.diff(predictor.predict(FADING, CUT).buys, axis=1) >= 0).all()


def test_nothing_after_the_moment_of_fitting_is_looked_at(faded: tuple[Predictor, PredictionReport]) -> None:
    past = FADING.at <= CUT
    assert past.sum() < len(past)
    without = replace(FADING, **{name: getattr(FADING, name)[past] for name in ("customer", "at", "amount", "void_at")})
    predictor, report = fit(without, CUT)
    assert predictor.document() == faded[0].document()
    assert report == faded[1]


def test_what_the_baseline_cannot_know_is_learned_where_it_proves_better() -> None:
    predictor, report = fit(STEADY, CUT)
    assert set(predictor.bases.values()) == {"model"}
    assert all(one.scores["model"].log_loss < one.scores["baseline"].log_loss for one in report.buying)
    happened = _happened(STEADY, 30)
    ours = metrics.log_losses(predictor.predict(STEADY, CUT).buys[:, 0], happened).mean()
    assert predictor.baseline is not None
    alone = metrics.log_losses(predictor.baseline.buys_within(Known.of(STEADY, CUT), 30), happened).mean()
    assert ours < 0.8 * alone


def test_where_the_baseline_is_the_truth_little_is_left_to_learn() -> None:
    past = Lookback(FADING)
    features = past.moment(CUT).features
    buying, value = teach_buying(past, CUT, 60), teach_value(past, CUT, 60)
    assert buying is not None
    assert value is not None
    # A factor of 1.5 to the odds, or to what is spent.
    assert abs(buying.of(features).mean()) < 0.4
    assert abs(value.of(features).mean()) < 0.4


def test_a_predictor_survives_being_kept(faded: tuple[Predictor, PredictionReport]) -> None:
    again = Predictor.read(faded[0].document())
    np.testing.assert_array_equal(again.predict(FADING, CUT).buys, faded[0].predict(FADING, CUT).buys)


def test_the_report_has_every_answer_beside_the_one_in_use(faded: tuple[Predictor, PredictionReport]) -> None:
    for one in faded[1].buying:
        assert {"baseline", "constant", "rfm"} <= one.scores.keys()
        assert sum(part.customers for part in one.bins) == one.customers
        assert one.scores[one.basis].log_loss < one.scores["constant"].log_loss


@pytest.mark.parametrize(
    ("shop", "lacks"),
    [
        pytest.param([], "Needs 90 days of orders; there are 0", id="nobody"),
        pytest.param(fading(1_000, 70), "Needs 90 days of orders; there are 70", id="young"),
        pytest.param(fading(150, 400), "Needs 200 customers with orders 30 days ago", id="small"),
        pytest.param(
            [Buyer([(200.0 + number / 10, 20.0)]) for number in range(500)],
            "Needs 50 customers who had come back",
            id="once",
        ),
    ],
)
def test_too_little_data_is_told_and_nothing_is_predicted(shop: list[Buyer], lacks: str) -> None:
    told = histories_of((buyer.state() for buyer in shop), {"EUR": 10_000.0})
    predictor, report = fit(told, END_DAY)
    assert set(predictor.bases.values()) == {"too_little_data"}
    assert report.buying[0].reason.startswith(lacks)
    predicted = predictor.predict(told, END_DAY)
    assert np.isnan(predicted.buys).all()
    assert np.isnan(predicted.next_order).all()


def test_customers_who_never_differ_are_not_told_apart() -> None:
    alike = histories([Buyer([(float(day), 20.0) for day in range(300, 0, -10)]) for _ in range(300)])
    predictor, report = fit(alike, END_DAY)
    assert set(predictor.bases.values()) == {"too_little_data"}
    assert "too few differ" in report.buying[0].reason


def test_currencies_teach_each_other_in_mean_orders_of_their_own() -> None:
    shop = [
        Buyer([(50.0, 10.0)]).state("EUR"),
        Buyer([(40.0, 30.0)]).state("EUR"),
        Buyer([(9.0, 4_000.0)]).state("JPY"),
    ]
    found = histories_of(shop)
    assert dict(found.scale) == {"EUR": 200_000.0, "JPY": 40_000_000.0}
    assert found.by(END_DAY).totals().tolist() == [0.5, 1.5, 1.0]
