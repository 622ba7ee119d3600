"""What a reader is told of the difference between two runs."""

from __future__ import annotations

import pytest

from evals.harness.result import CaseStatus, Metric
from evals.reports.diff import difference
from tests.unit.evals.reports.runs import a_case, a_failure, a_run, a_share, a_suite, a_timing


def test_two_runs_that_found_the_same_differ_in_nothing() -> None:
    run = a_run(a_suite(a_case("c1"), a_failure("c2"), metrics=(a_share(),)))
    assert difference(run, run).is_empty


@pytest.mark.parametrize("status", [CaseStatus.FAIL, CaseStatus.ERROR])
@pytest.mark.parametrize("before", [CaseStatus.PASS, CaseStatus.KNOWN_MISS])
def test_a_case_that_turned_bad_is_a_new_failure_and_one_that_turned_good_is_mended(
    before: CaseStatus, status: CaseStatus
) -> None:
    good, bad = a_run(a_suite(a_case("c1", before))), a_run(a_suite(a_case("c1", status)))
    assert [one.case.id for one in difference(bad, good).new_failures] == ["c1"]
    assert difference(bad, good).mended == ()
    assert [one.case.id for one in difference(good, bad).mended] == ["c1"]
    assert difference(good, bad).new_failures == ()


def test_a_case_that_failed_before_is_no_news() -> None:
    found = difference(a_run(a_suite(a_failure("c1"))), a_run(a_suite(a_case("c1", CaseStatus.ERROR))))
    assert (found.new_failures, found.mended) == ((), ())


def test_a_new_case_that_fails_is_a_new_failure_and_counted_as_added() -> None:
    found = difference(a_run(a_suite(a_case("c1"), a_failure("c2"))), a_run(a_suite(a_case("c1"))))
    assert [(one.case.id, one.before) for one in found.new_failures] == [("c2", None)]
    assert (found.added, found.removed) == (1, 0)


def test_cases_with_the_same_id_in_two_suites_are_two() -> None:
    now = a_run(a_suite(a_case("c1")), a_suite(a_failure("c1"), name="other"))
    before = a_run(a_suite(a_failure("c1")), a_suite(a_case("c1"), name="other"))
    found = difference(now, before)
    assert [one.suite for one in found.new_failures] == ["other"]
    assert [one.suite for one in found.mended] == ["guard"]


def test_a_run_of_one_suite_says_nothing_of_the_others() -> None:
    before = a_run(a_suite(a_case("c1"), a_case("gone")), a_suite(a_case("x"), name="injection"))
    found = difference(a_run(a_suite(a_case("c1"))), before)
    assert found.removed == 1


def test_figures_that_moved_say_whether_that_is_better() -> None:
    before = a_run(a_suite(metrics=(a_share(hits=97), a_timing(8.6), a_share("precision", 90, at_least=None))))
    after = a_run(a_suite(metrics=(a_share(hits=96), a_timing(8.1), a_share("precision", 91, at_least=None))))
    moved = difference(after, before).metrics
    assert [(one.after.name, one.is_better) for one in moved] == [
        ("recall", False),
        ("own_ms_p99", True),
        ("precision", None),
    ]


def test_a_figure_that_could_not_be_counted_is_neither_better_nor_worse() -> None:
    nothing = Metric(name="recall", value=None)
    (moved,) = difference(a_run(a_suite(metrics=(a_share(),))), a_run(a_suite(metrics=(nothing,)))).metrics
    assert moved.is_better is None
