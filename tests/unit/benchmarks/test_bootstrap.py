from __future__ import annotations

import numpy as np
import pytest

from benchmarks.recommenders.bootstrap import Resamples


def test_the_interval_of_a_mean_is_about_two_standard_errors_each_way() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    found = Resamples(400, 2_000, seed=0).mean(values)
    assert found.value == pytest.approx(values.mean())
    error = values.std() / np.sqrt(400)
    assert found.low == pytest.approx(found.value - 1.96 * error, abs=0.25 * error)
    assert found.high == pytest.approx(found.value + 1.96 * error, abs=0.25 * error)


def test_pairing_sees_a_small_lead_that_single_intervals_hide() -> None:
    random = np.random.default_rng(2)
    ability = random.normal(0.5, 0.3, 500)
    ours, theirs = ability + random.normal(0.02, 0.03, 500), ability
    resamples = Resamples(500, 1_000, seed=0)
    apart = resamples.mean(ours).low - resamples.mean(theirs).high
    assert apart < 0
    assert resamples.mean(ours - theirs).low > 0


def test_no_difference_is_not_called_one() -> None:
    noise = np.random.default_rng(3).normal(0.0, 1.0, 300)
    assert not Resamples(300, 1_000, seed=0).mean(noise - noise.mean()).excludes_zero


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(4).random(50)
    assert Resamples(50, 200, seed=7).mean(values) == Resamples(50, 200, seed=7).mean(values)
    assert Resamples(50, 200, seed=7).mean(values) != Resamples(50, 200, seed=8).mean(values)


def test_customers_without_a_value_are_left_out() -> None:
    values = np.array([1.0, 3.0, np.nan])
    found = Resamples(3, 500, seed=0).mean(values)
    assert found.value == 2.0
    assert (found.low, found.high) == (1.0, 3.0)
    assert np.isnan(Resamples(2, 10, seed=0).mean(np.array([np.nan, np.nan])).low)


def test_coverage_lies_inside_its_interval() -> None:
    lists = np.random.default_rng(5).integers(-1, 400, (60, 10))
    found = Resamples(60, 500, seed=0).coverage(lists, 500)
    assert found.value == len(set(lists.ravel().tolist()) - {-1}) / 500
    assert found.low < found.value < found.high
