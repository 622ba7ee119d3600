"""Nobody's history gives the shop's rate, much of it their own, and in between it moves from one to the other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory.pooling import (
    STRENGTHS,
    USUAL_SPREAD,
    Counted,
    Evidence,
    best_share_strength,
    best_spread,
    pool,
    pool_shares,
    strength_of,
)

rates = st.floats(0.001, 0.98)
strengths = st.sampled_from(STRENGTHS)


@given(rates, strengths)
def test_without_trials_it_is_the_prior(mean: float, strength: float) -> None:
    found = pool(0, 0, mean, strength)
    assert found.estimate == pytest.approx(mean)
    assert found.own_share == 0
    assert 0 <= found.low < mean < found.high <= 1


@given(rates, strengths, rates)
def test_with_very_many_it_is_their_own_rate(mean: float, strength: float, own: float) -> None:
    found = pool(own * 1e7, 1e7, mean, strength)
    assert found.estimate == pytest.approx(own, abs=1e-3)
    assert found.own_share > 0.999


@given(rates, strengths, rates, st.lists(st.floats(0, 500), min_size=2, max_size=6))
def test_the_more_of_their_own_the_nearer_to_it(mean: float, strength: float, own: float, counts: list[float]) -> None:
    found = [pool(own * trials, trials, mean, strength) for trials in sorted(counts)]
    distances = [abs(one.estimate - own) for one in found]
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(distances))
    shares = [one.own_share for one in found]
    assert shares == sorted(shares)


@given(rates, strengths, st.floats(0, 50), st.floats(0, 50))
def test_another_success_never_lowers_an_estimate(mean: float, strength: float, done: float, failed: float) -> None:
    assert (
        pool(done + 1, done + 1 + failed, mean, strength).estimate >= pool(done, done + failed, mean, strength).estimate
    )


@given(st.lists(st.floats(0, 20), min_size=3, max_size=3), strengths)
def test_shares_add_up_and_start_from_the_prior(counts: list[float], strength: float) -> None:
    prior = np.array([0.2, 0.3, 0.5])
    pooled = pool_shares(np.array(counts), prior, strength)
    assert float(pooled.sum()) == pytest.approx(1)
    assert pool_shares(np.zeros(3), prior, strength) == pytest.approx(prior)


def _people(spread: float, trials: int, mean: float, count: int = 400) -> list[Evidence]:
    draw = np.random.default_rng(7)
    strength = strength_of(mean, spread)
    rates = draw.beta(mean * strength, (1 - mean) * strength, count)
    return [Evidence(float(draw.binomial(trials, rate)), trials, mean) for rate in rates]


@pytest.mark.parametrize("spread", [0.3, 0.8, 1.5])
@pytest.mark.parametrize("mean", [0.05, 0.4])
def test_how_much_people_differ_is_found_again(spread: float, mean: float) -> None:
    assert best_spread(_people(spread, 60, mean)) == pytest.approx(spread, rel=0.3)


def test_from_nobody_the_usual_spread_is_taken() -> None:
    assert best_spread([]) == pytest.approx(USUAL_SPREAD, rel=0.15)


def test_people_with_hours_of_their_own_make_for_a_weak_prior() -> None:
    draw = np.random.default_rng(3)
    prior = np.full(24, 1 / 24)

    def strength(shares: Callable[[], NDArray[np.float64]]) -> float:
        done = [draw.multinomial(30, shares()).astype(float) for _ in range(200)]
        return best_share_strength([Counted(one, one) for one in done], prior)

    assert strength(lambda: draw.dirichlet(prior * 5)) < 10 < strength(lambda: prior)
