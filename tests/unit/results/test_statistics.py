"""Intervals against published figures, against simulation, and where they must stay silent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.results.clusters import Sample, Totals
from composer.results.model import UNITS, Comparison, Figures, Interval
from composer.results.statistics import (
    LEAST_BUYERS,
    compare,
    compare_arms,
    compare_strata,
    share,
    share_difference,
)
from composer.results.strata import Sides

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


def independent(figures: Figures) -> Sample:
    """Sums by day know no customers: each occasion counts as somebody else's."""
    n, money, hits = figures.customers, figures.money, figures.buyers
    once = {"n": n, "m": n, "mm": n, "positive": hits}
    squares = figures.revenue_squared
    return Sample(
        # Third powers are not kept; they are no less than so (Cauchy and Schwarz).
        revenue=Totals(
            **once, hits=max(figures.orders, hits), x=money, xx=squares, xxx=squares**2 / (money or 1.0), xm=money
        ),
        bought=Totals(**once, hits=hits, x=hits, xx=hits, xxx=hits, xm=hits),
    )


def compared(mailed: Figures, holdout: Figures) -> Comparison:
    """Both sides, each occasion somebody else's."""
    return compare(independent(mailed), independent(holdout))


def bought(hits: int, of: int) -> Totals:
    """So many of so many bought."""
    return independent(Figures(customers=of, buyers=hits)).bought


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
    found = share_difference(bought(*one), bought(*other))
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-4)


def test_wilsons_interval_is_that_of_the_book() -> None:
    """Newcombe (1998), table I: 81 of 263."""
    found = share(81, 263)
    assert found is not None
    assert [found.low, found.high] == pytest.approx([0.2553, 0.3662], abs=1e-4)
    assert share(0, 0) is None


def test_at_one_look_the_intervals_hold_what_is_true_far_more_often_than_promised_for_all_looks() -> None:
    draw = np.random.default_rng(7)
    truth = 0.06 * np.exp(0.18) * 40 - 0.05 * np.exp(0.18) * 40
    true_lift = 0.06 / 0.05 - 1
    held = lifted = bought_more = 0
    for _ in range(RUNS):
        found = compared(side(shoppers(draw, 3_000, 0.06, 40)), side(shoppers(draw, 2_000, 0.05, 40)))
        assert found.revenue is not None
        assert found.lift is not None
        assert found.conversion is not None
        held += found.revenue.low <= truth <= found.revenue.high
        lifted += found.lift.low <= true_lift <= found.lift.high
        bought_more += found.conversion.low <= 0.01 <= found.conversion.high
    # Three standard errors: one look in 400.
    assert held / RUNS >= 0.985
    assert lifted / RUNS >= 0.985
    assert bought_more / RUNS >= 0.985


def test_a_lift_of_the_detectable_size_is_seen_four_times_in_five() -> None:
    draw = np.random.default_rng(3)
    one, other = side(shoppers(draw, 20_000, 0.05, 40)), side(shoppers(draw, 20_000, 0.05, 40))
    detectable = compared(one, other).detectable
    assert detectable is not None
    buy = 0.05 * (1 + detectable)
    seen = sum(
        compared(side(shoppers(draw, 20_000, buy, 40)), side(shoppers(draw, 20_000, 0.05, 40))).verdict == "more"
        for _ in range(RUNS)
    )
    assert 0.72 <= seen / RUNS <= 0.9


def test_a_handful_of_orders_says_nothing() -> None:
    few = Figures(customers=1_000, buyers=LEAST_BUYERS - 1, revenue=10**7, revenue_squared=10**6)
    many = Figures(customers=1_000, buyers=500, revenue=10**9, revenue_squared=10**8)
    found = compared(many, few)
    assert found.verdict == "too_few_orders"
    assert found.revenue is None
    assert found.lift is None


@pytest.mark.parametrize(("held", "spread"), [(0.5, 1.3), (0.1, 1.3), (0.05, 1.3)])
def test_a_small_side_that_lacks_large_baskets_by_chance_is_not_taken_for_poorer(held: float, spread: float) -> None:
    """Nothing is there, and it is looked at 40 times while customers come: to 3,000 buyers held out."""
    draw, looks = np.random.default_rng(11), np.geomspace(400, 33_000, 40).astype(int)
    fooled, told = 0, 0
    for _ in range(100):
        one, other = (grown(draw, np.round(looks * size).astype(int), spread) for size in ((1 - held) / held, 1.0))
        said = [compare(*sides).verdict for sides in zip(one, other, strict=True)]
        fooled += bool({"more", "less"} & set(said))
        told += said[-1] != "too_few_orders"
    assert fooled <= 5
    assert told >= 75


def grown(draw: np.random.Generator, customers: np.ndarray, spread: float) -> list[Sample]:
    """One side after so many customers have come, of whom one in eleven buys."""
    buyers = np.cumsum(draw.binomial(np.diff(customers, prepend=0), 0.09))
    baskets = draw.lognormal(0, spread, buyers[-1])
    sums = [np.r_[0, np.cumsum(baskets**power)][buyers] for power in (1, 2, 3)]
    return [
        Sample(
            Totals(n=n, m=n, mm=n, positive=k, hits=k, x=x, xx=xx, xxx=xxx, xm=x),
            Totals(n=n, m=n, mm=n, positive=k, hits=k, x=k, xx=k, xxx=k, xm=k),
        )
        for n, k, x, xx, xxx in zip(*(one.tolist() for one in (customers, buyers, *sums)), strict=True)
    ]


def test_parts_are_each_compared_within_themselves() -> None:
    """Those who buy most are hardly held out: put together, e-mails that do nothing would make a lift."""
    draw = np.random.default_rng(6)
    rich, poor = (
        Sides(*(independent(side(shoppers(draw, count, buy, 40))) for count in counts))
        for buy, counts in ((0.3, (9_000, 1_000)), (0.05, (3_000, 3_000)))
    )
    together = [
        Sample(*(a + b for a, b in zip(one, other, strict=True))) for one, other in zip(rich, poor, strict=True)
    ]
    found = compare_strata([rich, poor])
    assert compare(*together).verdict == "more"
    assert found.verdict == "cannot_tell_yet"
    assert found.customers == 16_000


def test_what_parts_show_together_is_more_than_what_each_shows() -> None:
    draw = np.random.default_rng(9)
    parts = [Sides(*(independent(side(shoppers(draw, 6_000, buy, 40))) for buy in (0.07, 0.055))) for _ in range(4)]
    alone, found = compare(*parts[0]), compare_strata(parts)
    assert found.verdict == "more"
    assert found.revenue is not None
    assert alone.revenue is not None
    assert found.conversion is not None
    assert found.conversion.tells
    assert found.revenue.high - found.revenue.low == pytest.approx(
        (alone.revenue.high - alone.revenue.low) / 2, rel=0.15
    )


def test_parts_without_a_holdout_or_with_hardly_any_are_left_out() -> None:
    draw = np.random.default_rng(10)
    known = Sides(*(independent(side(shoppers(draw, 4_000, 0.1, 40))) for _ in range(2)))
    everyone = Sides(independent(side(shoppers(draw, 9_000, 0.5, 40))), independent(Figures()))
    hardly = Sides(independent(side(shoppers(draw, 9_000, 0.5, 40))), independent(side(np.zeros(3))))
    assert compare_strata([known, everyone, hardly]) == compare(*known)
    assert compare_strata([everyone]).verdict == "no_holdout"
    assert compare_strata([]).verdict == "nothing_yet"


def test_without_a_holdout_no_lift_is_named() -> None:
    many = Figures(customers=1_000, buyers=500, revenue=10**9, revenue_squared=10**8)
    assert compared(many, Figures()).verdict == "no_holdout"
    assert compared(Figures(), many).verdict == "nothing_yet"


def test_a_holdout_that_may_have_spent_nothing_gives_no_ratio() -> None:
    one = Figures(customers=100, buyers=50, revenue=100 * UNITS, revenue_squared=2_000)
    other = Figures(customers=100, buyers=40, revenue=10 * UNITS, revenue_squared=5_000)
    found = compared(one, other)
    assert found.revenue is not None
    assert found.lift is None


def test_customers_reached_every_week_are_no_more_people_than_they_are() -> None:
    """Ten occasions of each of sixty people say little more than one of each."""
    draw = np.random.default_rng(5)
    hits = np.where(draw.random(60) < 0.5, 10.0, 1.0)
    clustered = Totals.of(hits, np.full(60, 10.0), hits=int(hits.sum()))
    split = independent(Figures(customers=600, buyers=int(hits.sum()))).bought
    wide, narrow = share_difference(clustered, clustered), share_difference(split, split)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    known, unknown = Sample(clustered, clustered), Sample(split, split)
    one, other = compare(known, known).revenue, compare(unknown, unknown).revenue
    assert one is not None
    assert other is not None
    assert one.high > 2 * other.high


def test_each_of_several_arms_has_to_show_more_to_be_believed() -> None:
    draw = np.random.default_rng(2)
    better, worse, held = (independent(side(shoppers(draw, 4_000, buy, 40))) for buy in (0.09, 0.06, 0.06))
    alone = compare(better, held)
    found = compare_arms({"a": better, "b": worse, "c": worse}, held)
    assert {name: one.verdict for name, one in found.items()} == {
        "a": "more",
        "b": "cannot_tell_yet",
        "c": "cannot_tell_yet",
    }
    assert alone.revenue is not None
    assert found["a"].revenue is not None
    assert found["a"].revenue.low < alone.revenue.low
    assert found["a"].arms == 3


def test_the_p_value_says_what_the_interval_says() -> None:
    draw = np.random.default_rng(8)
    for buy in (0.05, 0.06, 0.065, 0.07, 0.08):
        found = compared(side(shoppers(draw, 5_000, buy, 40)), side(shoppers(draw, 5_000, 0.05, 40)))
        assert found.revenue is not None
        assert found.p_value is not None
        assert found.revenue.tells == (found.p_value < 0.05)


counts = st.tuples(st.integers(0, 500), st.integers(2, 500)).map(lambda pair: (min(pair), max(pair)))


@given(counts, counts)
def test_swapping_the_sides_turns_the_difference_around(one: tuple[int, int], other: tuple[int, int]) -> None:
    there, back = (share_difference(bought(*a), bought(*b)) for a, b in ((one, other), (other, one)))
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
