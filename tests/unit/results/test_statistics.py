"""Intervals against published figures, against simulation, and where they must stay silent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.results.model import UNITS, Figures, Interval
from composer.results.statistics import LEAST_BUYERS, compare, lift, mean_difference, share, share_difference

RUNS = 400


def side(spent: np.ndarray) -> Figures:
    """The figures of customers who spent so much each."""
    units = np.round(spent * UNITS).astype(int)
    return Figures(
        customers=len(spent),
        buyers=int((units > 0).sum()),
        revenue=int(units.sum()),
        revenue_squared=float(((units / UNITS) ** 2).sum()),
    )


def shoppers(draw: np.random.Generator, count: int, buy: float, basket: float) -> np.ndarray:
    """Most buy nothing; baskets are skewed as real ones are."""
    return draw.binomial(1, buy, count) * draw.lognormal(np.log(basket), 0.6, count)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0)],
)
def test_the_difference_of_shares_is_newcombes(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """Table II of Newcombe (1998), method 10."""
    found = share_difference(*one, *other)
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-4)


def test_wilsons_interval_is_that_of_the_book() -> None:
    """Newcombe (1998), table I: 81 of 263."""
    found = share(81, 263)
    assert found is not None
    assert [found.low, found.high] == pytest.approx([0.2553, 0.3662], abs=1e-4)
    assert share(0, 0) is None


def test_the_intervals_hold_what_is_true_nineteen_times_in_twenty() -> None:
    draw = np.random.default_rng(7)
    truth = 0.06 * np.exp(0.18) * 40 - 0.05 * np.exp(0.18) * 40
    true_lift = 0.06 / 0.05 - 1
    held = lifted = 0
    for _ in range(RUNS):
        mailed, holdout = side(shoppers(draw, 3_000, 0.06, 40)), side(shoppers(draw, 2_000, 0.05, 40))
        revenue, ratio = mean_difference(mailed, holdout), lift(mailed, holdout)
        assert ratio is not None
        held += revenue.low <= truth <= revenue.high
        lifted += ratio.low <= true_lift <= ratio.high
    assert 0.92 <= held / RUNS <= 0.98
    assert 0.92 <= lifted / RUNS <= 0.98


def test_where_e_mails_change_nothing_a_difference_is_seen_one_time_in_twenty() -> None:
    draw = np.random.default_rng(11)
    seen = sum(
        compare(side(shoppers(draw, 3_000, 0.05, 40)), side(shoppers(draw, 3_000, 0.05, 40))).verdict
        in ("more", "less")
        for _ in range(RUNS)
    )
    assert seen / RUNS <= 0.08


def test_a_lift_of_the_detectable_size_is_seen_four_times_in_five() -> None:
    draw = np.random.default_rng(3)
    one, other = side(shoppers(draw, 20_000, 0.05, 40)), side(shoppers(draw, 20_000, 0.05, 40))
    detectable = compare(one, other).detectable
    assert detectable is not None
    buy = 0.05 * (1 + detectable)
    seen = sum(
        compare(side(shoppers(draw, 20_000, buy, 40)), side(shoppers(draw, 20_000, 0.05, 40))).verdict == "more"
        for _ in range(RUNS)
    )
    assert 0.72 <= seen / RUNS <= 0.9


def test_a_handful_of_orders_says_nothing() -> None:
    few = Figures(customers=1_000, buyers=LEAST_BUYERS - 1, revenue=10**7, revenue_squared=10**6)
    many = Figures(customers=1_000, buyers=500, revenue=10**9, revenue_squared=10**8)
    found = compare(many, few)
    assert found.verdict == "too_few_orders"
    assert found.revenue is None
    assert found.lift is None


def test_without_a_holdout_no_lift_is_named() -> None:
    many = Figures(customers=1_000, buyers=500, revenue=10**9, revenue_squared=10**8)
    assert compare(many, Figures()).verdict == "no_holdout"
    assert compare(Figures(), many).verdict == "nothing_yet"


def test_a_holdout_that_may_have_spent_nothing_gives_no_ratio() -> None:
    one = Figures(customers=100, buyers=50, revenue=100 * UNITS, revenue_squared=2_000)
    other = Figures(customers=100, buyers=20, revenue=10 * UNITS, revenue_squared=5_000)
    assert lift(one, other) is None


counts = st.tuples(st.integers(0, 500), st.integers(1, 500)).map(lambda pair: (min(pair), max(pair)))


@given(counts, counts)
def test_swapping_the_sides_turns_the_difference_around(one: tuple[int, int], other: tuple[int, int]) -> None:
    there, back = share_difference(*one, *other), share_difference(*other, *one)
    assert there.low == pytest.approx(-back.high)
    assert there.low - 1e-12 <= there.value <= there.high + 1e-12
    assert -1 <= there.low <= there.high <= 1


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=30), st.integers(1, 29))
def test_figures_of_parts_add_up_to_those_of_the_whole(units: list[int], cut: int) -> None:
    spent = np.array(units) / UNITS
    added = side(spent[:cut]) + side(spent[cut:])
    assert added.customers == len(units)
    assert added.mean == pytest.approx(float(spent.mean()))
    assert added.variance == pytest.approx(float(spent.var(ddof=1)), rel=1e-6, abs=1e-6)


def test_an_interval_tells_only_when_nothing_is_outside_of_it() -> None:
    assert Interval(value=1, low=0.1, high=2).tells
    assert Interval(value=-1, low=-2, high=-0.1).tells
    assert not Interval(value=1, low=0.0, high=2).tells
