"""Intervals for who looks every day: what they take, where they are tightest, and that chance does not fool them."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from composer.results.adjusting import Pair
from composer.results.clusters import Sample, Totals
from composer.results.sequential import TUNED, critical, difference, information, lift, p_value
from composer.results.statistics import Z, compare

EXPERIMENTS, CUSTOMERS, DAYS = 200, 1_200, 60
Array = NDArray[np.float64]


def test_three_standard_errors_are_taken_where_the_intervals_are_tuned_to() -> None:
    """Waudby-Smith et al. (2021), equation 25: at the tuned time u the boundary is the root of u + 1."""
    assert critical(TUNED) == pytest.approx(3.03, abs=0.01)
    assert critical(TUNED / 3) < 3.2
    assert critical(TUNED * 10) < 3.3
    assert critical(0) == math.inf


def test_nowhere_is_the_boundary_closer_than_at_what_it_is_tuned_to() -> None:
    """Tuned to another amount, it would be wider here."""
    width = critical(TUNED) ** 2
    assert all(critical(TUNED * times) ** 2 > width - 0.3 for times in (0.5, 2.0))
    assert critical(TUNED) < critical(TUNED * 0.1)
    assert critical(TUNED) < critical(TUNED * 50)


@given(st.floats(0.1, 1e7), st.floats(1.01, 100))
def test_with_more_seen_an_interval_shrinks_and_with_less_doubt_allowed_it_grows(seen: float, more: float) -> None:
    assert critical(seen * more) / math.sqrt(more) < critical(seen)
    assert critical(seen, alpha=0.01) > critical(seen) > Z


@given(st.floats(0.1, 10), st.floats(0.5, 10), st.floats(0.001, 0.1), st.floats(0.001, 0.1), st.floats(1, 1e4))
def test_a_lift_tells_exactly_where_the_difference_does(
    one: float, other: float, mine: float, theirs: float, seen: float
) -> None:
    pair = Pair(one, other, mine, theirs, 0.0, 0.0)
    within = critical(seen)
    ratio, apart = lift(pair, within), difference(pair, within)
    if ratio is None:
        assert other <= within * math.sqrt(theirs) * (1 + 1e-9)
        return
    assert ratio.low - 1e-9 <= ratio.value <= ratio.high + 1e-9
    if min(abs(apart.low), abs(apart.high)) > 1e-6:
        assert ratio.tells == apart.tells


@given(st.floats(-5, 5), st.floats(1, 1e5))
def test_the_p_value_is_the_least_doubt_with_which_nothing_is_left_out(apart: float, seen: float) -> None:
    pair = Pair(apart, 0.0, 0.5, 0.5, 0.0, 0.0)
    found = p_value(pair, seen)
    assert 0 <= found <= 1
    if 0 < found < 0.999:
        assert critical(seen, alpha=found) == pytest.approx(abs(apart), rel=1e-6)


def test_before_anything_was_seen_nothing_is_said() -> None:
    none = Totals.of(np.zeros(10))
    assert information(none, none) == 0
    assert p_value(Pair(1.0, 0.0, 0.0, 0.0, 0.0, 0.0), 100) == 1.0
    assert p_value(Pair(1.0, 0.0, 1.0, 1.0, 0.0, 0.0), 0) == 1.0


# When e-mails change nothing ----------------------------------------------------------------------------------------


def null_days(seed: int, customers: int = 71) -> list[tuple[Array, Array, NDArray[np.int64], Array]]:
    """By day: what each has spent so far, in how many weeks they bought, their orders, and their weeks.

    Arrays (experiments, customers). Few buy, some of them often (gamma rates), baskets are log-normal with a long tail.
    The same `customers` are the same people.
    """
    shape = (EXPERIMENTS, CUSTOMERS)
    rates = np.random.default_rng(customers).gamma(0.3, 0.012 / 0.3, shape)
    draw = np.random.default_rng(seed)
    spent, orders, weeks = np.zeros(shape), np.zeros(shape, dtype=np.int64), np.zeros(shape)
    this_week, found = np.zeros(shape, dtype=bool), []
    for day in range(DAYS):
        if day % 7 == 0:
            this_week = np.zeros(shape, dtype=bool)
        new = np.flatnonzero(draw.random(shape) < rates)
        spent.flat[new] += draw.lognormal(3.5, 1.0, len(new))
        orders.flat[new] += 1
        weeks.flat[new] += ~this_week.flat[new]
        this_week.flat[new] = True
        found.append((spent.copy(), weeks.copy(), orders.copy(), np.full(CUSTOMERS, day // 7 + 1.0)))
    return found


@pytest.mark.parametrize("held", [0.5, 0.2])
def test_where_nothing_is_there_daily_looks_for_sixty_days_find_something_in_at_most_one_of_twenty(held: float) -> None:
    before = null_days(20)[-1][0]
    cut = int(CUSTOMERS * held)
    told, fooled = np.zeros(EXPERIMENTS, dtype=bool), np.zeros(EXPERIMENTS, dtype=bool)
    for spent, weeks, orders, reached in null_days(20 + int(10 * held)):
        for one in np.flatnonzero(~(told & fooled)):
            mailed, holdout = (
                Sample(
                    Totals.of(spent[one, who], reached[who], before[one, who], int(orders[one, who].sum())),
                    Totals.of(weeks[one, who], reached[who]),
                )
                for who in (slice(cut, None), slice(0, cut))
            )
            found = compare(mailed, holdout)
            told[one] |= found.verdict in ("more", "less")
            # The same with the interval of one planned look.
            fooled[one] |= found.revenue is not None and abs(found.revenue.value) > Z / critical(
                information(mailed.revenue, holdout.revenue)
            ) * (found.revenue.high - found.revenue.value)
    assert told.mean() <= 0.05
    assert fooled.mean() > 0.08


def test_more_and_more_is_seen_of_a_difference_that_is_there() -> None:
    draw = np.random.default_rng(1)
    spent = draw.binomial(1, [[0.16], [0.1]], (2, 40_000)) * draw.lognormal(3.5, 0.8, (2, 40_000))
    widths = []
    for customers in (1_000, 4_000, 40_000):
        found = compare(
            *(Sample(Totals.of(side[:customers]), Totals.of((side[:customers] > 0) * 1.0)) for side in spent)
        )
        assert found.revenue is not None
        widths.append(found.revenue.high - found.revenue.low)
    assert found.verdict == "more"
    assert all(wide > narrow for wide, narrow in pairwise(widths))
