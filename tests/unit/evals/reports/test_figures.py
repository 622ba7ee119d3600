"""How figures are written."""

from __future__ import annotations

import pytest

from evals.harness.result import Direction, Metric
from evals.report import Interval, wilson
from evals.reports import figures
from tests.unit.evals.reports.runs import a_share, a_timing


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.9731, "97.31 %"),
        (0.5, "50 %"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.99999, "99.99 %"),
        (0.00001, "0.01 %"),
        (0.9999999999999999, "100 %"),
        (-0.125, "-12.5 %"),
        (-0.00001, "-0.01 %"),
    ],
)
def test_a_share_is_in_per_cent_and_only_all_of_it_is_a_hundred(value: float, written: str) -> None:
    assert figures.per_cent(value) == written


def test_the_interval_of_no_misses_ends_at_a_hundred() -> None:
    metric = Metric(name="recall", value=1.0, hits=426, of=426, interval=wilson(426, 426))
    assert figures.interval(metric) == "99.11–100 %"


def test_other_figures_keep_their_unit() -> None:
    assert figures.amount(8.6123, a_timing()) == "8.61 ms"
    assert figures.amount(12345.6, a_timing()) == "12,346 ms"


def test_where_nothing_was_counted_there_is_no_interval() -> None:
    assert figures.interval(Metric(name="recall", value=None, hits=0, of=0, interval=wilson(0, 0))) == ""


def test_an_interval_is_in_its_figure_s_own_terms() -> None:
    slower = Metric(name="total_ms_difference", value=-4.5, interval=Interval(-12.25, 3.5), unit="ms")
    assert (figures.amount(slower.value, slower), figures.interval(slower)) == ("-4.5 ms", "-12.2 to 3.5 ms")
    longer = Metric(name="words_difference", value=1.5, interval=Interval(0.5, 2.5))
    assert (figures.amount(longer.value, longer), figures.interval(longer)) == ("1.5", "0.5–2.5")
    rarer = Metric(name="fallback_share_difference", value=-0.1, interval=Interval(-0.2, 0.01), of=36)
    assert (figures.amount(rarer.value, rarer), figures.interval(rarer)) == ("-10 %", "-20 to 1 %")


def test_nothing_counted_is_a_dash_and_not_a_zero() -> None:
    assert figures.amount(None, a_share()) == "–"


def test_a_threshold_reads_as_a_bound_in_the_figures_own_terms() -> None:
    assert figures.goal(a_share(at_least=0.95)) == "≥ 95 %"
    assert figures.goal(a_timing(at_most=10)) == "≤ 10 ms"
    assert figures.goal(a_share(at_least=None)) == ""
    assert figures.goal(Metric(name="x", value=1.0, direction=Direction.AT_MOST)) == ""


def test_what_has_a_threshold_is_shown_before_what_comes_first() -> None:
    free = [a_share(f"hold_{number}", at_least=None) for number in range(20)]
    shown, rest = figures.foremost([*free, a_share("recall")])
    assert [metric.name for metric in shown] == [*(metric.name for metric in free[: figures.FOREMOST - 1]), "recall"]
    assert [metric.name for metric in rest] == [metric.name for metric in free[figures.FOREMOST - 1 :]]


def test_one_more_figure_is_shown_rather_than_announced() -> None:
    few = [a_share(f"hold_{number}", at_least=None) for number in range(figures.FOREMOST + 1)]
    assert figures.foremost(few) == (tuple(few), ())
    gated = [a_share(f"held_{number}") for number in range(2 * figures.FOREMOST)]
    assert figures.foremost(gated) == (tuple(gated), ())
