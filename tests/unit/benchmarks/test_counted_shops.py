"""Invented shops have the proportions they are named after, and are the same each time."""

from __future__ import annotations

import numpy as np

from benchmarks.recommenders.assortment import Line
from benchmarks.recommenders.counted import trends, visits, weekly
from benchmarks.recommenders.log import Kind


def bought(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.kind == Kind.BOUGHT]


def repeated(lines: list[Line]) -> float:
    """Share of purchases of what the customer had bought before."""
    return 1 - len({(line.customer, line.item) for line in lines}) / len(lines)


def baskets(lines: list[Line]) -> float:
    """Mean lines of an order."""
    return len(lines) / len({(line.customer, line.order) for line in lines})


def test_weekly_groceries_are_mostly_bought_again_in_baskets_of_ten() -> None:
    _, lines = weekly(np.random.default_rng(0), customers=60)
    assert 0.45 < repeated(lines) < 0.65
    assert 8 < baskets(lines) < 13


def test_of_many_visits_few_become_orders() -> None:
    _, lines = visits(np.random.default_rng(0), customers=900)
    assert len(bought(lines)) < 0.02 * len(lines)
    assert repeated(bought(lines)) < 0.1


def test_what_is_in_fashion_moves_on() -> None:
    _, lines = trends(np.random.default_rng(0), customers=200)
    assert 2 < baskets(lines) < 4
    first, last = ({line.item for line in lines if low <= line.at / 86_400 < low + 40} for low in (0, 200))
    assert len(first & last) < 0.3 * len(first | last)


def test_the_same_seed_makes_the_same_shop() -> None:
    one, other = (trends(np.random.default_rng(3), customers=20)[1] for _ in range(2))
    assert one == other
