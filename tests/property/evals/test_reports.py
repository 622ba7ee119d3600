"""Reports of any run: read back as they were, and never at odds with the exit code."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from defusedxml.ElementTree import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.harness.result import CaseResult, CaseStatus, Direction, Evaluation, Mark, Metric, RuleFigures, SuiteResult
from evals.report import Interval
from evals.reports import read_json, write_json, write_junit
from evals.reports.html import html
from evals.reports.payload import segments

texts = st.text(max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
shares = st.floats(0, 1)
counts = st.integers(0, 1000)
spans = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (min(pair), max(pair)))
marks = st.builds(Mark, span=spans, rule=texts, reason=texts, source=st.none() | texts)
some_texts = st.lists(texts, max_size=3).map(tuple)
cases = st.builds(
    CaseResult,
    id=texts,
    status=st.sampled_from(CaseStatus),
    category=texts,
    locale=texts,
    flow=texts,
    rules=some_texts,
    expected=some_texts,
    text=texts,
    marks=st.lists(marks, max_size=3).map(tuple),
    facts=some_texts,
    message=texts,
    seconds=st.floats(0, 100),
)
metrics = st.builds(
    Metric,
    name=texts,
    value=st.none() | numbers,
    interval=st.none() | st.builds(Interval, low=shares, high=shares),
    hits=st.none() | counts,
    of=st.none() | counts,
    unit=texts,
    threshold=st.none() | numbers,
    direction=st.none() | st.sampled_from(Direction),
)
groups = st.builds(RuleFigures, group=texts, caught=counts, missed=counts, false_alarms=counts, sound=counts)
some_groups = st.lists(groups, max_size=2).map(tuple)
suites = st.builds(
    SuiteResult,
    name=texts,
    kind=texts,
    cases=st.lists(cases, max_size=3, unique_by=lambda case: case.id).map(tuple),
    metrics=st.lists(metrics, max_size=3, unique_by=lambda metric: metric.name).map(tuple),
    by_rule=some_groups,
    by_category=some_groups,
    by_locale=some_groups,
    cases_must_pass=st.booleans(),
    seconds=st.floats(0, 1000),
)
runs = st.builds(
    Evaluation,
    started_at=st.datetimes(timezones=st.just(UTC)),
    guard_version=texts,
    model=texts,
    prompts_version=texts,
    suites=st.lists(suites, max_size=3, unique_by=lambda suite: suite.name).map(tuple),
    seconds=st.floats(0, 1000),
)


@given(runs)
@settings(max_examples=60)
def test_a_run_reads_back_exactly(run: Evaluation) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        write_json(run, path)
        assert read_json(path) == run


@given(runs)
@settings(max_examples=60)
def test_junit_is_well_formed_and_red_exactly_when_the_exit_code_is_not_0(run: Evaluation) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "junit.xml"
        write_junit(run, path)
        root: Any = parse(path).getroot()
    is_red = bool(int(root.get("failures")) + int(root.get("errors")))
    assert is_red is (run.exit_code.code != 0)
    assert int(root.get("tests")) == len(root.findall("testsuite/testcase"))


@given(runs, runs)
@settings(max_examples=40)
def test_any_two_runs_make_a_page_that_ends_where_it_should(run: Evaluation, previous: Evaluation) -> None:
    page = html(run, previous)
    assert page.count("<script") == page.count("</script>") == 2
    assert page.rstrip().endswith("</html>")


@given(texts, st.lists(marks, max_size=4).map(tuple))
def test_a_text_is_never_changed_by_its_marks(text: str, found: tuple[Mark, ...]) -> None:
    pieces = segments(text, found)
    assert "".join(piece for piece, _ in pieces) == text
    for number, mark in enumerate(found):
        marked = "".join(piece for piece, on in pieces if number in on)
        assert marked == text[mark.span[0] : mark.span[1]]
