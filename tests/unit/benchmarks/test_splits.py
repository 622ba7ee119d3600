from __future__ import annotations

import numpy as np
import pytest

from benchmarks.recommenders.log import DAY, Kind
from benchmarks.recommenders.splits import cuts, split, thinned, window_days
from tests.kit.shops import log_of

CUT = 10 * DAY


def test_only_what_happened_before_the_cut_is_learned_from() -> None:
    log = log_of([(0, 0, 1), (1, 1, 9.9), (2, 2, 10), (0, 3, 11)])
    train = split(log, CUT, 5).train
    assert train.at.max() < CUT
    assert train.customer_ids.tolist() == ["c00000", "c00001"]
    assert train.item_ids.tolist() == ["i00000", "i00001"]


def test_a_newcomer_and_a_product_of_later_days_are_not_asked_for() -> None:
    log = log_of([(0, 0, 1), (1, 1, 2), (0, 5, 11), (9, 0, 11), (0, 1, 12)])
    task = split(log, CUT, 5).with_repeats
    assert task.customers.tolist() == [0]
    assert task.of(0).tolist() == [1]


def test_without_repeats_only_what_is_new_to_the_customer_counts() -> None:
    log = log_of([(0, 0, 1), (0, 1, 1), (1, 2, 2), (0, 0, 11), (0, 2, 11), (1, 2, 11)])
    one = split(log, CUT, 5)
    assert [one.with_repeats.of(0).tolist(), one.with_repeats.of(1).tolist()] == [[0, 2], [2]]
    assert one.new_only.customers.tolist() == [0]
    assert one.new_only.of(0).tolist() == [2]


def test_a_view_in_the_window_is_no_purchase_and_one_before_it_makes_a_customer_known() -> None:
    log = log_of([(0, 0, 1, Kind.VIEWED), (1, 1, 1), (0, 1, 11), (1, 0, 11, Kind.VIEWED)])
    task = split(log, CUT, 5).with_repeats
    assert task.customers.tolist() == [0]


def test_the_window_ends() -> None:
    log = log_of([(0, 0, 1), (0, 1, 2), (0, 0, 14.99), (0, 1, 15)])
    assert split(log, CUT, 5).with_repeats.of(0).tolist() == [0]


def test_sampling_draws_the_same_customers_each_time() -> None:
    log = log_of([(customer, 0, day) for customer in range(50) for day in (1, 11)])
    first, again = (split(log, CUT, 5, customers=7, seed=3).with_repeats.customers for _ in range(2))
    assert len(first) == 7
    assert first.tolist() == again.tolist()
    assert first.tolist() != split(log, CUT, 5, customers=7, seed=4).with_repeats.customers.tolist()


def test_thinning_keeps_or_leaves_out_whole_customers() -> None:
    log = log_of([(customer, customer % 7, day) for customer in range(400) for day in range(5)])
    some = thinned(log, 500, seed=1)
    assert 300 < len(some) < 700
    assert np.bincount(some.customer).tolist() == [5] * some.customers
    assert thinned(log, 2_000) is log


@pytest.mark.parametrize(("days", "window"), [(374, 28), (150, 21), (100, 14), (45, 7), (20, 3), (8, 1), (2, 1)])
def test_the_window_is_four_weeks_or_what_short_data_can_bear(days: int, window: int) -> None:
    assert window_days(log_of([(0, 0, 0), (0, 0, days)])) == window


def test_three_cuts_end_one_window_before_the_last_day() -> None:
    log = log_of([(0, 0, 0), (0, 0, 373.6)])
    assert np.array(cuts(log, 28)).tolist() == [(373 - 28 * step) * DAY for step in (3, 2, 1)]
