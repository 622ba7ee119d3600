"""The JUnit report, read as CI systems read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import parse

from evals.harness.result import CaseStatus, Evaluation
from evals.reports import write_junit
from tests.unit.evals.reports.runs import MARK, a_case, a_failure, a_run, a_share, a_suite, a_timing

HOSTILE = "]]> <b>&amp;</b> \x1b[31m \x00 \x85 \ufffe \r 🎁"
SCHEMA = {
    "testsuites": {"name", "time", "tests", "failures", "errors", "skipped"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
}
"""Elements and attributes of jenkins-junit.xsd that are used here."""


def written(run: Evaluation, folder: Path) -> Any:
    """The root element of the report."""
    write_junit(run, folder / "out" / "junit.xml")
    return parse(folder / "out" / "junit.xml").getroot()


def test_a_suite_is_a_testsuite_with_its_figures_as_properties(tmp_path: Path) -> None:
    run = a_run(a_suite(a_case(), metrics=(a_share(), a_timing())))
    suite = written(run, tmp_path).find("testsuite")
    found = {one.get("name"): one.get("value") for one in suite.iterfind("properties/property")}
    low, high = run.suites[0].metrics[0].interval or (0, 0)
    assert found == {
        "kind": "guard",
        "guard_version": "g7",
        "model": "scripted",
        "prompts_version": "a1b2",
        "recall": "0.98",
        "recall_interval": f"{low!r} {high!r}",
        "recall_threshold": "at_least 0.95",
        "own_ms_p99": "8.6",
        "own_ms_p99_threshold": "at_most 10.0",
    }
    assert (suite.get("time"), suite.get("timestamp")) == ("1.500", "2026-05-03T09:30:00")


def test_a_case_is_a_testcase_under_suite_and_category(tmp_path: Path) -> None:
    root = written(a_run(a_suite(a_case("c1", seconds=0.25), a_case("c2", category=""))), tmp_path)
    cases = [dict(one.attrib) for one in root.iter("testcase")]
    assert cases == [
        {"name": "c1", "classname": "guard.bad_price", "time": "0.250"},
        {"name": "c2", "classname": "guard", "time": "0.000"},
    ]


def test_a_failure_says_rule_words_place_reason_and_fact(tmp_path: Path) -> None:
    failure = written(a_run(a_suite(a_failure())), tmp_path).find(".//failure")
    assert failure.get("type") == "price.wrong"
    assert failure.get("message") == "The wrong price was let pass."
    assert f"price.wrong: '£49' at 18–21: {MARK.reason} [fact: {MARK.source}]" in failure.text
    assert "- name: Ana" in failure.text


def test_a_failure_without_a_rule_is_of_its_suites_kind(tmp_path: Path) -> None:
    failure = written(a_run(a_suite(a_failure(rules=(), marks=()))), tmp_path).find(".//failure")
    assert failure.get("type") == "guard"


def test_errors_and_known_misses_are_told_apart_from_failures(tmp_path: Path) -> None:
    cases = (a_case("e", CaseStatus.ERROR), a_case("k", CaseStatus.KNOWN_MISS), a_failure("f"), a_case("p"))
    root = written(a_run(a_suite(*cases)), tmp_path)
    kinds = {one.get("name"): [child.tag for child in one] for one in root.iter("testcase")}
    assert kinds == {"e": ["error"], "k": ["skipped"], "f": ["failure"], "p": []}
    for element in (root, root.find("testsuite")):
        counts = {name: element.get(name) for name in ("tests", "failures", "errors", "skipped")}
        assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}


def test_a_threshold_is_a_testcase_that_fails_when_it_is_missed(tmp_path: Path) -> None:
    root = written(a_run(a_suite(metrics=(a_share(hits=90), a_timing()))), tmp_path)
    found = {one.get("name"): one for one in root.iter("testcase") if one.get("classname") == "guard.threshold"}
    assert set(found) == {"recall ≥ 95 %", "own_ms_p99 ≤ 10 ms"}
    failure = found["recall ≥ 95 %"].find("failure")
    assert failure.get("type") == "threshold"
    assert failure.get("message") == "recall is 90 % (90 of 100), wanted ≥ 95 %"
    assert found["own_ms_p99 ≤ 10 ms"].find("failure") is None


@pytest.mark.parametrize(("hits", "tag"), [(98, "skipped"), (90, "failure")])
def test_where_only_thresholds_gate_a_failing_case_fails_with_them(tmp_path: Path, hits: int, tag: str) -> None:
    suite = a_suite(a_failure("f"), metrics=(a_share(hits=hits),), cases_must_pass=False)
    root = written(a_run(suite), tmp_path)
    (case,) = [one for one in root.iter("testcase") if one.get("name") == "f"]
    assert [child.tag for child in case] == [tag]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    case = a_failure(f"id {HOSTILE}", text=HOSTILE, message=HOSTILE, category=HOSTILE, facts=(HOSTILE,), marks=())
    root = written(a_run(a_suite(case)), tmp_path)
    failure = root.find(".//failure")
    shown = "]]> <b>&amp;</b> \\x1b[31m \\x00 \\x85 \\ufffe \\r 🎁"
    assert failure.get("message") == shown
    assert failure.text.count(shown) == 3
    assert {child.tag for child in root.iter()} <= set(SCHEMA)


def test_only_what_the_schema_knows_is_written_and_in_its_order(tmp_path: Path) -> None:
    cases = (a_case("e", CaseStatus.ERROR), a_case("k", CaseStatus.KNOWN_MISS), a_failure("f"))
    root = written(a_run(a_suite(*cases, metrics=(a_share(), a_timing()))), tmp_path)
    for element in root.iter():
        assert set(element.attrib) <= SCHEMA[element.tag], element.tag
    tags = [child.tag for child in root.find("testsuite")]
    assert tags == ["properties", *["testcase"] * 5]
