"""Pareto/NBD and Gamma-Gamma against published figures and known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from memory.predictions.features import Known
from memory.predictions.paretonbd import ParetoNbd, Summary
from memory.predictions.spend import GammaGamma
from tests.kit import buyers

CDNOW = ParetoNbd(r=0.5534, alpha=10.5802, s=0.6061, beta=11.6562)
"""Weeks; as the BTYD package (Dziurzynski, Wadsworth & McCarthy 2014) estimates them. Its walk-through has the figures
below, from more digits of the parameters."""


def _one(repeats: float, recency: float, age: float) -> Summary:
    return Summary(np.array([repeats]), np.array([recency]), np.array([age]))


def test_a_customer_of_the_walk_through_is_alive_and_buys_as_often_as_it_says() -> None:
    summary = _one(26, 30.86, 31)
    assert CDNOW.alive(summary)[0] == pytest.approx(0.997874, abs=1e-4)
    assert CDNOW.purchases_within(summary, 52)[0] == pytest.approx(25.45647, rel=1e-3)


@pytest.mark.parametrize(
    ("repeats", "expected"), [(10, 0.7062289), (15, 0.1442396), (20, 0.02250658), (25, 0.00309267)]
)
def test_who_bought_often_and_then_stopped_is_expected_the_less_the_more_often_it_was(
    repeats: int, expected: float
) -> None:
    assert CDNOW.purchases_within(_one(repeats, 20, 39), 52)[0] == pytest.approx(expected, rel=1e-3)


def test_the_integrals_are_those_of_a_general_quadrature() -> None:
    def gone(days: float) -> float:
        return float((CDNOW.alpha + days) ** -(CDNOW.r + 7) * (CDNOW.beta + days) ** -(CDNOW.s + 1))

    alive = (CDNOW.alpha + 90) ** -(CDNOW.r + 7) * (CDNOW.beta + 90) ** -CDNOW.s
    left = CDNOW.s * quad(gone, 20, 90, epsabs=0)[0]
    assert CDNOW.alive(_one(7, 20, 90))[0] == pytest.approx(alive / (alive + left), rel=1e-9)


def test_a_probability_to_buy_is_that_of_the_simulated_law() -> None:
    draw = np.random.default_rng(1)
    rates = draw.gamma(CDNOW.r + 3, 1 / (CDNOW.alpha + 40), 400_000)
    leaving = draw.gamma(CDNOW.s, 1 / (CDNOW.beta + 40), 400_000)
    first = draw.exponential(1 / rates)
    buys = np.mean((first < 26) & (first < draw.exponential(1 / leaving)))
    summary = _one(3, 35, 40)
    assert CDNOW.buys_within(summary, 26)[0] == pytest.approx(buys * CDNOW.alive(summary)[0], abs=0.002)


def test_the_chance_to_have_bought_only_grows_with_time() -> None:
    summary = Summary(np.array([0.0, 2.0, 150.0]), np.array([0.0, 10.0, 600.0]), np.array([5.0, 300.0, 610.0]))
    chances = np.array([CDNOW.buys_within(summary, days) for days in (1, 10, 100, 1000)])
    assert (np.diff(chances, axis=0) > 0).all()
    assert ((chances > 0) & (chances < 1)).all()


def test_the_parameters_of_a_made_up_shop_are_found_again() -> None:
    known = Known.of(buyers.histories(buyers.fading(4_000, 400)), buyers.END_DAY)
    fitted = ParetoNbd.fit(known.summary)
    truth = ParetoNbd(buyers.R, buyers.ALPHA, buyers.S, buyers.BETA)
    assert fitted.r == pytest.approx(truth.r, rel=0.15)
    assert fitted.alpha == pytest.approx(truth.alpha, rel=0.15)
    ahead = [model.purchases_within(known.summary, 90).mean() for model in (fitted, truth)]
    assert ahead[0] == pytest.approx(ahead[1], rel=0.05)


def test_who_bought_once_is_expected_to_spend_nearer_to_the_shops_mean_than_who_bought_often() -> None:
    draw = np.random.default_rng(2)
    own = draw.gamma(3.0, 10.0, 5_000)
    purchases = draw.integers(1, 12, 5_000).astype(float)
    mean_spend = draw.gamma(4.0 * purchases, own / (4.0 * purchases))
    model = GammaGamma.fit(purchases, mean_spend)
    expected = model.expected(np.array([1.0, 11.0]), np.array([90.0, 90.0]))
    assert 30.0 < expected[0] < expected[1] < 90.0


def test_purchases_that_cost_nothing_teach_nothing_of_money() -> None:
    model = GammaGamma.fit(np.array([1.0, 3.0]), np.array([0.0, 0.0]))
    assert model.expected(np.array([3.0]), np.array([0.0]))[0] == 0.0
