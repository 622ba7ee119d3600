"""Sums over customers: they add up, and the errors from them are those of simulation, not of independent occasions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.results.adjusting import adjust
from composer.results.clusters import Totals

amounts = st.floats(0, 1e4, allow_nan=False)
customers = st.lists(st.tuples(amounts, st.integers(1, 20), amounts), min_size=2, max_size=25)


def totals(rows: list[tuple[float, int, float]]) -> Totals:
    """Of (x, m, z) a customer."""
    x, m, z = np.array(rows, dtype=float).reshape(-1, 3).T
    return Totals.of(x, m, z)


def close(one: Totals, other: Totals) -> bool:
    """Equal but for rounding."""
    return all(
        math.isclose(getattr(one, name), getattr(other, name), rel_tol=1e-9, abs_tol=1e-6)
        for name in Totals.model_fields
    )


@given(customers, customers, customers)
def test_totals_of_different_customers_add_up_in_any_order(a: list, b: list, c: list) -> None:  # type: ignore[type-arg]
    one, two, three = totals(a), totals(b), totals(c)
    assert close((one + two) + three, one + (two + three))
    assert close(one + two, two + one)
    assert close(one + two + three, totals([*a, *b, *c]))
    assert one + Totals() == one


@given(customers)
def test_means_and_errors_are_those_of_the_formulas(rows: list) -> None:  # type: ignore[type-arg]
    x, m, z = np.array(rows, dtype=float).T
    found = totals(rows)
    n = len(x)
    each, ratio = found.mean("customer"), found.mean("episode")
    assert each.value == pytest.approx(x.mean())
    assert each.variance == pytest.approx(x.var(ddof=1) / n, rel=1e-6, abs=1e-6)
    assert each.covariance == pytest.approx(np.cov(x, z)[0, 1] / n, rel=1e-6, abs=1e-3)
    told = (x - ratio.value * m) / m.mean()
    assert ratio.value == pytest.approx(x.sum() / m.sum())
    assert ratio.variance == pytest.approx((told @ told) / (n - 1) / n, rel=1e-6, abs=1e-6)


def test_the_error_of_a_ratio_is_that_of_simulation_where_customers_differ() -> None:
    """Customers reached often also spend more each time: taken as independent, occasions would tell too much."""
    draw = np.random.default_rng(1)
    values, variances, naive = [], [], []
    for _ in range(400):
        m = draw.integers(1, 12, 400).astype(float)
        rate = draw.gamma(0.5, 2.0, 400)
        x = draw.poisson(rate * m).astype(float)
        mean = Totals.of(x, m).mean("episode")
        values.append(mean.value)
        variances.append(mean.variance)
        naive.append(x.sum() / m.sum() / m.sum())
    truth = np.var(values)
    assert np.mean(variances) == pytest.approx(truth, rel=0.15)
    assert np.mean(naive) < truth / 3


def test_nobody_and_a_single_customer_tell_nothing() -> None:
    for few in (Totals(), Totals.of(np.ones(1))):
        assert few.mean("episode").variance == math.inf
        assert few.mean("customer").variance == math.inf


# Adjusting for what was before --------------------------------------------------------------------------------------


def sides(draw: np.random.Generator, lift: float = 0.0, tied: float = 1.0) -> tuple[Totals, Totals]:
    """Two sides of 500; what they spend hangs together with what they spent before."""
    made = []
    for effect in (lift, 0.0):
        z = draw.gamma(1.0, 10.0, 500)
        x = tied * z + draw.gamma(1.0, 5.0, 500) + effect
        made.append(Totals.of(x, None, z))
    return made[0], made[1]


def test_what_was_before_narrows_the_error_and_leaves_the_estimate_where_it_is() -> None:
    draw = np.random.default_rng(4)
    plain, adjusted, errors = [], [], []
    for _ in range(400):
        one, other = sides(draw, lift=1.0)
        pair = adjust(one, other, "customer")
        plain.append(one.mean("customer").value - other.mean("customer").value)
        adjusted.append(pair.difference)
        errors.append(pair.error)
    assert np.mean(adjusted) == pytest.approx(1.0, abs=4 * float(np.std(adjusted)) / 20)
    assert np.std(adjusted) < 0.6 * np.std(plain)
    assert np.mean(errors) == pytest.approx(np.std(adjusted), rel=0.1)


def test_the_variance_of_each_mean_and_what_ties_them_is_that_of_simulation() -> None:
    draw = np.random.default_rng(9)
    pairs = [adjust(*sides(draw), "customer") for _ in range(600)]
    observed = np.cov([pair.one for pair in pairs], [pair.other for pair in pairs])
    said = np.mean([[pair.one_variance, pair.covariance, pair.other_variance] for pair in pairs], axis=0)
    assert said == pytest.approx([observed[0, 0], observed[0, 1], observed[1, 1]], rel=0.2)


def test_a_covariate_that_is_the_same_for_all_changes_nothing() -> None:
    draw = np.random.default_rng(3)
    x, y = draw.gamma(1.0, 5.0, 100), draw.gamma(1.0, 5.0, 100)
    plain = adjust(Totals.of(x), Totals.of(y), "episode")
    same = adjust(Totals.of(x, None, np.full(100, 0.1)), Totals.of(y, None, np.full(100, 0.1)), "episode")
    assert same == plain
    assert plain.reduced == 0.0


@given(customers, customers)
def test_taking_out_what_was_before_never_widens_the_error(a: list, b: list) -> None:  # type: ignore[type-arg]
    one, other = totals(a), totals(b)
    pair = adjust(one, other, "episode")
    before = one.mean("episode").variance + other.mean("episode").variance
    assert pair.error**2 <= before * (1 + 1e-6) + 1e-6
    assert 0.0 <= pair.reduced <= 1.0
