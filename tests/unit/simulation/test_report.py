"""What a simulation's report says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from composer.simulation.figures import Outcome, Point
from composer.simulation.summary import spread, summed_up
from composer.simulation.wording import curves, difference_rows, rows, sparkline, verdicts
from composer.simulation.world import World


def outcome(arm: str, seed: int, clicked: int, relevance: tuple[float, ...] = (1.0, 1.5, 2.0)) -> Outcome:
    points = tuple(
        Point(number=number, emails=10, relevance=one, products=one, writing=1.0)
        for number, one in enumerate(relevance, 1)
    )
    return Outcome(
        arm=arm, seed=seed, emails=100, clicked=clicked, orders=4, revenue=100.0, relevance=sum(relevance), curve=points
    )


SHOPS = [(1, 10), (2, 14), (3, 12)]


def test_an_interval_is_students() -> None:
    values = [3.0, 5.0, 4.0, 8.0]
    told = spread(values)
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert (told.mean, told.low, told.high) == pytest.approx((5.0, low, high))


def test_one_shop_has_no_interval_and_tells_nothing() -> None:
    report = summed_up(World.of(), [outcome("even", 1, 5), outcome("learning", 1, 9)])
    assert report.arms[0].metrics["clicks"].low is None
    assert not report.differences[0].metrics["clicks"].tells
    assert next(verdicts(report)).count("cannot tell") == 4


def test_differences_are_taken_within_each_shop() -> None:
    outcomes = [outcome("even", seed, clicked) for seed, clicked in SHOPS]
    outcomes += [outcome("learning", seed, clicked + 3 + seed % 2) for seed, clicked in SHOPS]
    [difference] = summed_up(World.of(), outcomes).differences
    clicks = difference.metrics["clicks"]
    assert (difference.arm, difference.against) == ("learning", "even")
    assert clicks.mean == pytest.approx(11 / 3)
    assert clicks.tells
    assert clicks.low is not None
    assert clicks.low > 1


def test_a_curve_that_goes_up_is_said_to_rise_and_a_flat_one_is_not() -> None:
    report = summed_up(
        World.of(),
        [outcome("even", seed, 5, (1.0, 1.01 - seed / 100, 1.0)) for seed in (1, 2, 3)]
        + [outcome("learning", seed, 5, (1.0, 1.4, 2.0 + seed / 10)) for seed in (1, 2, 3)],
    )
    flat, rising = report.arms
    assert flat.rise.mean == pytest.approx(0.0, abs=1e-9)
    assert rising.rise.low is not None
    assert rising.rise.low > 0
    lines = list(curves(report))
    assert "rises" in lines[3]
    assert "rises" not in lines[1]


def test_every_marketer_and_every_pair_has_a_row_as_wide_as_the_table() -> None:
    report = summed_up(World.of(), [outcome(arm, seed, 5) for arm in ("even", "learning") for seed in (1, 2)])
    assert [row[0] for row in rows(report)] == ["1:1 without learning", "1:1 with learning"]
    assert [row[0] for row in difference_rows(report)] == ["1:1 with learning\n− 1:1 without learning"]
    assert len({len(row) for row in rows(report) + difference_rows(report)}) == 1


@pytest.mark.parametrize(("values", "drawn"), [([0.0, 4.0, 8.0], "▁▅█"), ([], ""), ([9.0, -1.0], "█▁")])
def test_bars_stand_on_one_scale(values: list[float], drawn: str) -> None:
    assert sparkline(values, 8.0) == drawn
    assert sparkline(values, 0.0) == "▁" * len(values)
