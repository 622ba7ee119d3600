"""The page as a file: closed to the outside, and right before any script has run."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from evals.harness.result import CaseStatus, Mark, Metric
from evals.report import Interval
from evals.reports.html import html
from evals.reports.payload import segments
from evals.reports.views import Page, SuiteView
from tests.unit.evals.reports.runs import TEXT, a_case, a_failure, a_run, a_share, a_suite, a_timing, some_groups

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


def between(page: str, start: str, end: str) -> str:
    """What stands between two strings."""
    return page.split(start, 1)[1].split(end, 1)[0]


def test_the_policy_allows_the_two_inline_blocks_and_nothing_else() -> None:
    page = html(a_run())
    policy = between(page, 'Content-Security-Policy" content="', '"')
    style, script = between(page, "<style>", "</style>"), page.rsplit("<script>", 1)[1].split("</script>")[0]
    hashes = [base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in (style, script)]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_fetched_and_nothing_is_wired_inline() -> None:
    page = html(a_run(a_suite(a_failure(), metrics=(a_share(), a_timing()), by_rule=some_groups())))
    assert not re.search(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", page)
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert not re.search(r"<[^>]+\sstyle=", page)
    assert not re.search(r"<(?:link|img|iframe|object|embed)\b", page)


def test_hostile_text_cannot_leave_its_place() -> None:
    case = a_failure(HOSTILE, text=HOSTILE, message=HOSTILE, category=HOSTILE, facts=(HOSTILE,))
    run = a_run(a_suite(case, name=HOSTILE, kind=HOSTILE, metrics=(a_share(HOSTILE),)))
    page = html(run, a_run(a_suite(a_case(HOSTILE), name=HOSTILE)))
    assert page.count("<script") == 2
    assert "<img" not in page
    data = json.loads(between(page, 'id="data">', "</script>"))
    assert data["cases"][0]["message"] == HOSTILE


def test_facts_that_cases_share_are_written_once() -> None:
    page = html(a_run(a_suite(*(a_case(f"c{number}", facts=("one fact",)) for number in range(50)))))
    assert page.count("one fact") == 1


def test_marks_cut_the_text_and_lose_nothing_of_it() -> None:
    marks = tuple(Mark(span=span, rule="r", reason="") for span in ((2, 9), (6, 12), (0, 0), (25, 999)))
    found = segments(TEXT, marks)
    assert "".join(piece for piece, _ in found) == TEXT
    assert found[0] == ("🎁 ", ())
    assert [on for _, on in found] == [(), (0,), (0, 1), (1,), (), (3,)]


@pytest.mark.parametrize(
    ("statuses", "headline", "tone"),
    [
        ([CaseStatus.PASS], "The suite passed", "pass"),
        ([CaseStatus.PASS, CaseStatus.PASS], "Everything passed", "pass"),
        ([CaseStatus.PASS, CaseStatus.FAIL], "1 of 2 suites failed", "fail"),
        ([CaseStatus.FAIL, CaseStatus.ERROR], "2 of 2 suites failed or could not be judged", "error"),
    ],
)
def test_the_headline_is_the_gate(statuses: list[CaseStatus], headline: str, tone: str) -> None:
    suites = (a_suite(a_case("c", status), name=f"s{number}") for number, status in enumerate(statuses))
    page = Page(a_run(*suites), None, None)
    assert (page.headline, page.tone) == (headline, tone)


def test_a_bar_spans_the_narrowest_range_that_holds_interval_and_threshold() -> None:
    metrics = (a_share(hits=990, of=1000, at_least=0.98), a_share(hits=990, of=1000, at_least=0.6), a_share(hits=0))
    bars = [view.bar for view in SuiteView(a_suite(metrics=metrics)).metrics]
    assert [(bar.left, bar.right) for bar in bars if bar] == [("95 %", "100 %"), ("50 %", "100 %"), ("0 %", "100 %")]
    assert bars[0] is not None
    assert bars[0].value == pytest.approx(80)
    assert bars[0].threshold == pytest.approx(60)


def test_less_than_the_other_side_lies_left_of_the_middle() -> None:
    less = Metric(name="fallback_share_difference", value=-0.05, interval=Interval(-0.1, 0.0), of=36)
    (view,) = SuiteView(a_suite(metrics=(less,))).metrics
    assert view.bar is not None
    assert (view.bar.left, view.bar.right, view.bar.start, view.bar.end) == ("-10 %", "10 %", 0.0, 50.0)


def test_a_timing_and_its_limit_stand_on_one_scale() -> None:
    (view,) = SuiteView(a_suite(metrics=(a_timing(5.0, at_most=10.0),))).metrics
    assert view.bar is not None
    assert (view.bar.right, view.bar.value, view.bar.threshold) == ("12.5 ms", 40.0, 80.0)


def test_a_figure_with_nothing_to_count_has_no_bar() -> None:
    (view,) = SuiteView(a_suite(metrics=(Metric(name="recall", value=None),))).metrics
    assert (view.value, view.bar) == ("–", None)


def test_a_count_of_nothing_wanted_and_nothing_found_has_no_bar() -> None:
    (view,) = SuiteView(a_suite(metrics=(a_timing(0.0, at_most=0.0),))).metrics
    assert view.bar is None


def test_groups_show_recall_precision_and_false_alarms() -> None:
    (table,) = SuiteView(a_suite(by_rule=some_groups())).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["100 %", "100 %", "0 %"],
        ["75 %", "75 %", "2 %"],
    ]
    assert table.flawed == 1
    assert table.rows[1].href == "#suite=guard&rule=chars.%2A"
