"""Running suites one after the other: what crashes is a result, thresholds and known misses are set here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import date, datetime

from evals.guard import GUARD_VERSION
from evals.harness.bench import Bench
from evals.harness.kinds import KINDS
from evals.harness.result import CaseResult, CaseStatus, Evaluation, Metric, SuiteResult
from evals.harness.suite import Suite, Threshold

OpenBench = Callable[[], AbstractAsyncContextManager[Bench]]
"""Opens what composes e-mails; called at most once, and only when a chosen suite needs it."""
SuiteProgress = Callable[[str, int, int], None]
"""Hears (suite, cases done, of how many)."""
HARNESS = "harness"
"""Id of the case that stands for a suite that could not run."""


class _Benches:
    """The bench of a run: opened by the first suite that needs it."""

    def __init__(self, open_bench: OpenBench, stack: AsyncExitStack) -> None:
        self._open = open_bench
        self._stack = stack
        self.opened: Bench | None = None

    async def get(self) -> Bench:
        if self.opened is None:
            self.opened = await self._stack.enter_async_context(self._open())
        return self.opened


def _silent(_suite: str, _done: int, _of: int) -> None:
    """Tells nobody."""


async def run_suites(
    suites: Sequence[Suite],
    open_bench: OpenBench,
    *,
    started_at: datetime,
    repeat: int = 1,
    progress: SuiteProgress = _silent,
) -> Evaluation:
    """Run every suite, `repeat` times each (its results are then called `NAME#1`, `NAME#2` …).

    A suite that crashes, or whose bench cannot be opened, is a result with one case of status ERROR.
    Model and version of the prompts are written down when a suite that composes was among them.
    """
    began = time.perf_counter()
    results = []
    async with AsyncExitStack() as stack:
        benches = _Benches(open_bench, stack)
        for suite in suites:
            for turn in range(repeat):
                named = suite.model_copy(update={"name": f"{suite.name}#{turn + 1}"}) if repeat > 1 else suite
                results.append(await _run(named, benches, started_at.date(), progress))
        bench = benches.opened
    return Evaluation(
        started_at=started_at,
        guard_version=GUARD_VERSION,
        model=bench.model if bench else "",
        prompts_version=bench.prompts_version() if bench else "",
        suites=tuple(results),
        seconds=time.perf_counter() - began,
    )


async def _run(suite: Suite, benches: _Benches, today: date, progress: SuiteProgress) -> SuiteResult:
    began = time.perf_counter()
    found = KINDS[suite.kind]
    try:
        bench = await benches.get() if found.needs_bench else None
        result = await found.run(suite, bench, lambda done, of: progress(suite.name, done, of))
    except Exception as error:  # noqa: BLE001 - one broken suite must not take the others' results with it
        result = _crashed(suite, error)
    return result.model_copy(
        update={
            "cases": _with_known_misses(suite, result.cases, today),
            "metrics": tuple(_with_threshold(metric, suite.thresholds.get(metric.name)) for metric in result.metrics),
            "cases_must_pass": suite.cases_must_pass,
            "seconds": time.perf_counter() - began,
        }
    )


def _crashed(suite: Suite, error: Exception) -> SuiteResult:
    message = f"The suite could not run: {type(error).__name__}: {error}"
    case = CaseResult(id=HARNESS, status=CaseStatus.ERROR, message=message)
    return SuiteResult(name=suite.name, kind=suite.kind, cases=(case,))


def _with_threshold(metric: Metric, threshold: Threshold | None) -> Metric:
    if threshold is None:
        return metric
    return metric.model_copy(update={"threshold": threshold.bound, "direction": threshold.direction})


def _with_known_misses(suite: Suite, cases: Sequence[CaseResult], today: date) -> tuple[CaseResult, ...]:
    """The cases with what the suite file accepts marked so.

    Strict both ways: an accepted miss stops being one when it expires, and an entry that no case needs any more fails.
    """
    marked = [_marked(suite, case, today) for case in cases]
    if not suite.only and HARNESS not in {case.id for case in cases}:
        needed = {suite.known_miss(case.id) for case in cases if case.status is CaseStatus.FAIL}
        marked += [_stale(entry) for entry in suite.known_misses if entry not in needed]
    return tuple(marked)


def _marked(suite: Suite, case: CaseResult, today: date) -> CaseResult:
    entry = suite.known_miss(case.id)
    if entry is None or case.status is not CaseStatus.FAIL:
        return case
    known = suite.known_misses[entry]
    if today > known.expires:
        return case.model_copy(update={"message": f"{case.message} (accepted until {known.expires}: {known.reason})"})
    message = f"{case.message} ({known.reason})"
    return case.model_copy(update={"status": CaseStatus.KNOWN_MISS, "message": message})


def _stale(entry: str) -> CaseResult:
    message = "No case that this entry of known_misses names fails any more: take it out of the suite file."
    return CaseResult(id=f"known_misses: {entry}", status=CaseStatus.FAIL, message=message)
