"""What an experiment could show: it is what simulation finds, and more is never worse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.results.clusters import Sample, Totals
from composer.results.power import (
    MOST_WEEKS,
    USUAL,
    Design,
    Spending,
    buyers_held_out,
    customers_needed,
    detectable_lift,
    least_buyers,
    power,
    weeks_needed,
)
from composer.results.statistics import LEAST_BUYERS, compare

BUSY = Spending(mean=6.0, variance=400.0, correlation=0.1, orders=0.15)
designs = st.builds(
    Design, customers=st.integers(100, 10**6), holdout=st.floats(0.02, 0.5), weeks=st.integers(1, MOST_WEEKS // 2)
)
spendings = st.builds(
    Spending,
    mean=st.floats(0.1, 10),
    variance=st.floats(1, 1e4),
    correlation=st.floats(0, 1),
    orders=st.floats(0.005, 0.5),
)


@given(designs, spendings, st.integers(1, 50))
def test_with_more_customers_or_weeks_no_less_is_seen(design: Design, spending: Spending, more: int) -> None:
    least = detectable_lift(design, spending)
    for changed in ({"customers": design.customers * (1 + more)}, {"weeks": design.weeks + more}):
        better = detectable_lift(design.model_copy(update=changed), spending)
        if least is not None:
            assert better is not None
            assert better <= least * (1 + 1e-9)


@given(designs, st.floats(0.01, 2))
def test_what_is_said_to_be_needed_is_enough_and_less_is_not(design: Design, lift: float) -> None:
    customers = customers_needed(design, BUSY, lift)
    assert customers is not None
    found = detectable_lift(design.model_copy(update={"customers": customers}), BUSY)
    assert found is not None
    assert found <= lift
    fewer = detectable_lift(design.model_copy(update={"customers": max(1, customers - 1)}), BUSY)
    assert fewer is None or fewer > lift or customers == 1
    weeks = weeks_needed(design, BUSY, lift)
    if weeks is not None and weeks > 1:
        shorter = detectable_lift(design.model_copy(update={"weeks": weeks - 1}), BUSY)
        assert shorter is None or shorter > lift


def weeks_of(draw: np.random.Generator, customers: int, weeks: int, lift: float) -> Sample:
    """What customers with rates of their own spend, more by `lift` the mailed."""
    rate = draw.gamma(0.5, 0.05 / 0.5, customers) * weeks
    orders = draw.poisson(rate)
    buyer = np.repeat(np.arange(customers), orders)
    baskets = draw.lognormal(3.5 + np.log1p(lift), 0.6, len(buyer))
    spent = np.bincount(buyer, baskets, minlength=customers).astype(np.float64)
    reached = np.full(customers, float(weeks))
    return Sample(
        Totals.of(spent, reached, hits=int(orders.sum())), Totals.of(np.minimum(orders, weeks) * 1.0, reached)
    )


def test_the_lift_that_is_promised_is_seen_four_times_in_five() -> None:
    draw = np.random.default_rng(12)
    basket, squared = np.exp(3.5 + 0.18), np.exp(7 + 0.72)
    # Of a Poisson number of baskets with gamma rates (Var rate = 0.05**2 / 0.5).
    between = 0.005 * basket**2
    variance = 0.05 * squared + between
    spending = Spending(mean=0.05 * basket, variance=variance, correlation=between / variance, orders=0.05)
    design = Design(customers=20_000, holdout=0.3, weeks=6)
    lift = detectable_lift(design, spending)
    assert lift is not None
    seen = [
        compare(weeks_of(draw, 14_000, 6, lift), weeks_of(draw, 6_000, 6, 0.0)).verdict == "more" for _ in range(250)
    ]
    assert 0.73 <= np.mean(seen) <= 0.88


def test_it_is_told_in_words_a_shop_can_plan_by() -> None:
    found = power(Design(customers=30_000, holdout=0.1, weeks=4), BUSY, 0.1)
    assert found.sentence.startswith("With 30,000 customers, a tenth of them held out, you will see a lift of 16 ")
    assert "16 % or more in four weeks (80 % of the time)." in found.sentence
    assert f"To see a lift of 10 % it takes {found.customers_needed:,} customers in four weeks" in found.sentence
    assert "usual shop" not in found.sentence


def test_where_too_few_of_those_held_out_will_buy_it_says_how_few() -> None:
    design = Design(customers=3_000, holdout=0.1, weeks=4)
    found = power(design)
    assert buyers_held_out(design, USUAL) < LEAST_BUYERS
    assert found.lift is None
    assert "about 23 of those held out will buy, and it takes 77" in found.sentence
    assert "these are the figures of a usual shop" in found.sentence


def test_a_small_side_needs_the_more_buyers_the_more_their_baskets_differ() -> None:
    halves, twentieth = (Design(customers=100_000, holdout=held, weeks=4) for held in (0.5, 0.05))
    wild = BUSY.model_copy(update={"variance": 800.0})
    assert least_buyers(halves, BUSY) == least_buyers(halves, wild) == LEAST_BUYERS
    assert 800 > least_buyers(twentieth, wild) > 5 * least_buyers(twentieth, BUSY)


def test_of_several_arms_each_can_show_less() -> None:
    alone = Design(customers=50_000, holdout=0.5, weeks=4)
    one, three = (detectable_lift(alone.model_copy(update={"arms": arms}), BUSY) for arms in (1, 3))
    assert one is not None
    assert three is not None
    assert 1.02 * one < three < 1.3 * one


def test_a_lift_no_e_mail_makes_is_not_offered_as_a_plan() -> None:
    wild = Spending(mean=1.0, variance=10_000.0, orders=0.2)
    assert "spending varies too much" in power(Design(customers=2_000, holdout=0.2, weeks=2), wild).sentence


def test_a_lift_too_small_to_see_in_two_years_is_said_to_be() -> None:
    found = power(Design(customers=2_000, holdout=0.5, weeks=1), BUSY, 0.01)
    assert found.weeks_needed is None
    assert "with those you have, two years are too short" in found.sentence


@pytest.mark.parametrize("bad", [{"holdout": 0.0}, {"holdout": 1.0}, {"customers": 0}, {"weeks": 0}])
def test_a_design_that_compares_nobody_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        Design.model_validate({"customers": 10, "holdout": 0.1, "weeks": 1, **bad})
