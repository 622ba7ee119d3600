"""Acceptance sampling: the plan keeps its promise, exactly where there are few e-mails, and by simulation."""

from __future__ import annotations

from fractions import Fraction
from math import comb, floor

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from composer.reviews.acceptance import SMALL, Found, Standing, plan_for, statement, upper_limit
from composer.reviews.model import ReviewTerms

RATES = st.floats(0.005, 0.4)
SURE = st.floats(0.6, 0.995)


def terms(rate: float, confidence: float = 0.95, allowed: int = 0) -> ReviewTerms:
    return ReviewTerms(defect_rate=rate, confidence=confidence, allowed=allowed)


def chance_of_at_most(met: int, population: int, bad: int, drawn: int) -> Fraction:
    """By counting."""
    ways = sum(comb(bad, k) * comb(population - bad, drawn - k) for k in range(met + 1) if drawn >= k)
    return Fraction(ways, comb(population, drawn))


@given(RATES, SURE, st.integers(0, 5))
def test_in_a_large_run_the_sample_is_the_smallest_that_proves_it(rate: float, confidence: float, allowed: int) -> None:
    plan = plan_for(terms(rate, confidence, allowed), 10**9)
    assert plan.allowed == allowed
    assert binom.cdf(allowed, plan.size, rate) <= 1 - confidence + 1e-9
    assert binom.cdf(allowed, plan.size - 1, rate) > 1 - confidence - 1e-9


@given(RATES, SURE, st.integers(0, 3), st.integers(1, 300))
def test_in_a_small_run_it_is_counted_exactly(rate: float, confidence: float, allowed: int, population: int) -> None:
    plan = plan_for(terms(rate, confidence, allowed), population)
    assume(population < SMALL * plan_for(terms(rate, confidence, allowed), 10**9).size)
    too_many = floor(rate * population + 1e-9) + 1
    assert 1 <= plan.size <= population
    assert plan.allowed == min(allowed, too_many - 1)
    # Were one more bad than is accepted, the sample would pass no oftener than was promised.
    alpha = Fraction(1 - confidence) + Fraction(1, 10**9)
    assert chance_of_at_most(plan.allowed, population, too_many, plan.size) <= alpha
    if plan.size > plan.allowed + 1:
        shorter = chance_of_at_most(plan.allowed, population, too_many, plan.size - 1)
        assert shorter > Fraction(1 - confidence) - Fraction(1, 10**9)


@given(st.integers(1, 400), st.data(), SURE)
def test_the_limit_of_a_small_run_is_the_most_bad_ones_that_are_not_too_unlikely(
    population: int, data: st.DataObject, confidence: float
) -> None:
    read = data.draw(st.integers(population // SMALL + 1, population))
    bad = data.draw(st.integers(0, read))
    limit = upper_limit(bad, read, population, terms(0.05, confidence))
    assume(not (bad == read < population) and population < SMALL * plan_for(terms(0.05, confidence), 10**9).size)
    most = round(limit * population)
    assert hypergeom.cdf(bad, population, most, read) > 1 - confidence - 1e-9 or most == bad
    if most < population - (read - bad):
        assert hypergeom.cdf(bad, population, most + 1, read) <= 1 - confidence + 1e-9


@given(st.integers(1, 500), st.data(), SURE)
def test_the_limit_never_falls_when_one_more_is_bad_and_never_rises_when_one_more_is_good(
    read: int, data: st.DataObject, confidence: float
) -> None:
    population = data.draw(st.integers(read + 1, 2_000))
    bad = data.draw(st.integers(0, read))
    limit = upper_limit(bad, read, population, terms(0.05, confidence))
    assert bad / population <= limit <= 1
    assert upper_limit(min(bad + 1, read), read, population, terms(0.05, confidence)) >= limit - 1e-9
    assert upper_limit(bad, read + 1, population, terms(0.05, confidence)) <= limit + 1e-9


@given(RATES, RATES, SURE, SURE)
def test_who_accepts_less_or_wants_to_be_surer_reads_no_less(
    one: float, other: float, less: float, more: float
) -> None:
    strict, lax = sorted((one, other))
    low, high = sorted((less, more))
    for population in (10**6, 700):
        assert plan_for(terms(strict, low), population).size >= plan_for(terms(lax, low), population).size
        assert plan_for(terms(lax, high), population).size >= plan_for(terms(lax, low), population).size


@given(RATES, SURE, st.integers(0, 4), st.integers(1, 5_000))
def test_a_sample_read_without_too_many_bad_ones_proves_what_was_asked(
    rate: float, confidence: float, allowed: int, population: int
) -> None:
    wanted = terms(rate, confidence, allowed)
    plan = plan_for(wanted, population)
    said = statement(wanted, population, plan.size, Found(plan.size, rejected=plan.allowed))
    assert said.standing is Standing.ENOUGH
    assert said.at_most <= rate + 1e-9
    worse = statement(wanted, population, plan.size, Found(plan.allowed + 1, edited=plan.allowed + 1))
    assert worse.standing is Standing.TOO_MANY


@given(RATES, SURE, st.integers(0, 4), st.integers(1, 5_000), st.data())
def test_erasing_some_of_a_sample_never_makes_less_of_it_enough(
    rate: float, confidence: float, allowed: int, population: int, data: st.DataObject
) -> None:
    wanted = terms(rate, confidence, allowed)
    size = plan_for(wanted, population).size
    erased = data.draw(st.integers(0, size))
    left = size - erased
    said = statement(wanted, population, left, Found(left), erased=erased)
    if said.standing is Standing.ENOUGH and size < population:
        assert upper_limit(0, left, population, wanted) <= rate + 1e-9


@pytest.mark.parametrize(("population", "bad_share"), [(120, 0.1), (400, 0.06), (20_000, 0.051), (20_000, 0.2)])
def test_drawn_ten_thousand_times_the_limit_holds_as_often_as_it_says(population: int, bad_share: float) -> None:
    bad = round(population * bad_share)
    plan = plan_for(terms(0.05), population)
    met = np.random.default_rng(7).hypergeometric(bad, population - bad, plan.size, size=10_000)
    held = {
        count: upper_limit(count, plan.size, population, terms(0.05)) >= bad / population for count in set(met.tolist())
    }
    coverage = float(np.mean([held[count] for count in met.tolist()]))
    # Three standard errors of a share of 0.95 among 10,000 are 0.0065.
    assert coverage >= 0.95 - 0.0065
    # Such a run has more bad ones than is accepted: it passes in at most one of twenty draws.
    assert float(np.mean(met <= plan.allowed)) <= 0.05 + 0.0065
