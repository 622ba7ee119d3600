"""Running suites: what crashes, what is accepted for now, what a threshold does, when the bench is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, cast

import pytest

from evals.harness import suite as suites
from evals.harness.bench import Bench
from evals.harness.result import CaseResult, CaseStatus, Direction, Evaluation, Metric, SuiteResult
from evals.harness.run import HARNESS, run_suites
from evals.harness.suite import Kind, KnownMiss, NoOptions, Progress, Suite, Threshold
from tests.kit.suites import RAN_AT, by_id, no_bench

LAST_DAY = RAN_AT.date()


class FakeBench:
    """Counts its openings and closings."""

    model = "scripted"

    def __init__(self) -> None:
        self.opened = self.closed = 0

    def prompts_version(self, _prompts: object = None) -> str:
        return "abc123"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Bench]:
        self.opened += 1
        yield cast("Bench", self)
        self.closed += 1


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds whose answers a suite's options spell out."""

    async def answers(suite: Suite, _bench: Bench | None, progress: Progress) -> SuiteResult:
        cases = tuple(CaseResult(id=id_, status=status, message=status) for id_, status in suite.options.items())
        progress(len(cases), len(cases))
        share = Metric(name="share", value=0.5)
        return SuiteResult(name=suite.name, kind=suite.kind, cases=cases, metrics=(share,))

    async def breaks(_suite: Suite, _bench: Bench | None, _progress: Progress) -> SuiteResult:
        raise RuntimeError("the roof leaks")

    for name, run, needs_bench in (("plain", answers, False), ("composed", answers, True), ("broken", breaks, False)):
        made = Kind(name, run, NoOptions, frozenset({"share"}), needs_bench, needs_cases=False)
        monkeypatch.setitem(suites.KINDS, name, made)


def suite(name: str = "one", kind: str = "plain", cases: Mapping[str, str] | None = None, **fields: Any) -> Suite:
    return Suite(name=name, kind=kind, options=dict(cases or {"a": "pass"}), **fields)


async def found(*chosen: Suite, **arguments: Any) -> Evaluation:
    return await run_suites(chosen, no_bench, started_at=RAN_AT, **arguments)


async def test_a_suite_that_crashes_is_an_error_and_takes_no_other_with_it() -> None:
    evaluation = await found(suite("falls", "broken"), suite("stands"))
    fallen, standing = evaluation.suites
    assert [(case.id, case.status) for case in fallen.cases] == [(HARNESS, CaseStatus.ERROR)]
    assert "RuntimeError: the roof leaks" in fallen.cases[0].message
    assert standing.has_passed
    assert evaluation.exit_code.code == 2


async def test_a_failed_case_fails_the_run_unless_only_thresholds_gate() -> None:
    assert (await found(suite(cases={"a": "fail"}))).exit_code.code == 1
    assert (await found(suite(cases={"a": "fail"}, cases_must_pass=False))).exit_code.code == 0


@pytest.mark.parametrize(
    ("direction", "bound", "code"), [("at_least", 0.5, 0), ("at_least", 0.6, 1), ("at_most", 0.4, 1)]
)
async def test_a_threshold_gates_the_metric_it_names(direction: Direction, bound: float, code: int) -> None:
    evaluation = await found(suite(thresholds={"share": Threshold(direction=direction, bound=bound)}))
    assert evaluation.exit_code.code == code
    assert evaluation.suites[0].metrics[0].threshold == bound


def known(entry: str, expires: date = LAST_DAY) -> dict[str, KnownMiss]:
    return {entry: KnownMiss(reason="Being mended.", expires=expires)}


@pytest.mark.parametrize("entry", ["a~digit", "*~digit"])
async def test_a_known_miss_is_accepted_until_its_last_day_and_its_reason_told(entry: str) -> None:
    evaluation = await found(suite(cases={"a~digit": "fail", "b~digit": "pass"}, known_misses=known(entry)))
    cases = by_id(evaluation.suites[0])
    assert cases["a~digit"].status is CaseStatus.KNOWN_MISS
    assert cases["b~digit"].status is CaseStatus.PASS
    assert "Being mended." in cases["a~digit"].message
    assert evaluation.exit_code.code == 0


async def test_a_known_miss_that_has_expired_fails() -> None:
    yesterday = date(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day - 1)
    evaluation = await found(suite(cases={"a": "fail"}, known_misses=known("a", yesterday)))
    assert by_id(evaluation.suites[0])["a"].status is CaseStatus.FAIL
    assert f"accepted until {yesterday}" in by_id(evaluation.suites[0])["a"].message


@pytest.mark.parametrize("entry", ["a", "typed-wrong", "*~digit"])
async def test_a_known_miss_that_nothing_needs_fails(entry: str) -> None:
    evaluation = await found(suite(cases={"a": "pass"}, known_misses=known(entry)))
    assert f"known_misses: {entry}" in by_id(evaluation.suites[0])
    assert evaluation.exit_code.code == 1


async def test_a_known_miss_says_nothing_about_cases_that_were_not_chosen() -> None:
    evaluation = await found(suite(cases={"a": "pass"}, known_misses=known("b"), only="a"))
    assert evaluation.exit_code.code == 0


async def test_an_error_is_never_accepted() -> None:
    evaluation = await found(suite(cases={"a": "error", "b": "fail"}, known_misses=known("*")))
    assert by_id(evaluation.suites[0])["a"].status is CaseStatus.ERROR
    assert evaluation.exit_code.code == 2


async def test_a_repeated_suite_has_a_result_each_time() -> None:
    evaluation = await found(suite(), repeat=3)
    assert [result.name for result in evaluation.suites] == ["one#1", "one#2", "one#3"]


async def test_the_bench_is_opened_once_for_all_who_need_it_and_closed() -> None:
    bench = FakeBench()
    chosen = [suite("first", "composed"), suite("second"), suite("third", "composed")]
    evaluation = await run_suites(chosen, bench.open, started_at=RAN_AT)
    assert (bench.opened, bench.closed) == (1, 1)
    assert (evaluation.model, evaluation.prompts_version) == ("scripted", "abc123")


async def test_the_bench_stays_closed_where_nobody_composes() -> None:
    evaluation = await found(suite())
    assert (evaluation.model, evaluation.prompts_version) == ("", "")
    assert evaluation.exit_code.code == 0


async def test_a_bench_that_cannot_be_opened_is_an_error_of_the_suites_that_need_it() -> None:
    @asynccontextmanager
    async def shut() -> AsyncIterator[Bench]:
        raise OSError("no space left")
        yield

    evaluation = await run_suites([suite("first", "composed"), suite("second")], shut, started_at=RAN_AT)
    assert [result.count(CaseStatus.ERROR) for result in evaluation.suites] == [1, 0]


async def test_progress_is_told_by_suite() -> None:
    heard: list[tuple[str, int, int]] = []
    await found(suite("one"), suite("two"), progress=lambda name, done, of: heard.append((name, done, of)))
    assert heard == [("one", 1, 1), ("two", 1, 1)]
