"""What a run of eval suites found: one shape for the terminal, JUnit, JSON and the HTML page."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from evals.report import Interval
from evals.report import RuleFigures as RuleFigures
from evals.snapshot import Frozen


class CaseStatus(StrEnum):
    """`ERROR` is ours: the harness could not judge the case. It is never counted as a pass or as a fail."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    ERROR = "error"
    KNOWN_MISS = "known_miss"
    """Fails, and the suite file says so with a reason and a date until which that is accepted."""


class Mark(Frozen):
    """A highlighted range of a case's text and what a check said of it."""

    span: tuple[int, int]
    """Half-open character range in `CaseResult.text`."""
    rule: str
    reason: str
    source: str | None = None
    """The fact that contradicts or is missing."""


class CaseResult(Frozen):
    """One case of one suite."""

    id: str
    """Unique in its suite."""
    status: CaseStatus
    category: str = ""
    locale: str = ""
    flow: str = ""
    rules: tuple[str, ...] = ()
    """Ids of the rules raised that hold the text back, or (golden and comparing suites) that failed on the e-mail."""
    expected: tuple[str, ...] = ()
    """Ids of the rules of which one should be raised: those of the label. Empty for a sound text."""
    text: str = ""
    """What was judged: a block, or a whole e-mail's text part."""
    marks: tuple[Mark, ...] = ()
    facts: tuple[str, ...] = ()
    """What the text was judged by, a line a fact."""
    message: str = ""
    """Why it failed, in one sentence; empty on a pass."""
    seconds: float = 0.0


class Direction(StrEnum):
    """Which side of its threshold a metric must keep."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Metric(Frozen):
    """One figure of a suite. Shares carry their counts and a 95 % interval; other figures have none."""

    name: str
    """E.g. `recall`, `fpr`, `fallback_share`, `own_ms_p99`, `cost_per_1000`."""
    value: float | None
    """None when there was nothing to count: a threshold on it then fails."""
    interval: Interval | None = None
    hits: int | None = None
    of: int | None = None
    unit: str = ""
    threshold: float | None = None
    direction: Direction | None = None

    @property
    def is_met(self) -> bool:
        """True when there is no threshold, or the value keeps it."""
        if self.threshold is None or self.direction is None:
            return True
        if self.value is None:
            return False
        if self.direction is Direction.AT_LEAST:
            return self.value >= self.threshold
        return self.value <= self.threshold


class SuiteResult(Frozen):
    """All of one suite."""

    name: str
    kind: str
    """E.g. `guard`, `metamorphic`, `starvation`, `injection`, `golden`, `fairness`, `comparison`."""
    cases: tuple[CaseResult, ...]
    metrics: tuple[Metric, ...] = ()
    by_rule: tuple[RuleFigures, ...] = ()
    by_category: tuple[RuleFigures, ...] = ()
    by_locale: tuple[RuleFigures, ...] = ()
    cases_must_pass: bool = True
    """False where only the thresholds gate, as for a suite of labelled cases with a recall to reach."""
    seconds: float = 0.0

    def count(self, status: CaseStatus) -> int:
        """Cases that ended so."""
        return sum(case.status is status for case in self.cases)

    @property
    def has_passed(self) -> bool:
        """True when every threshold is met and, unless only those gate, no case failed."""
        met = all(metric.is_met for metric in self.metrics)
        return met and not (self.cases_must_pass and self.count(CaseStatus.FAIL))

    @property
    def tolerates_failures(self) -> bool:
        """True when a failing case is no failure of the suite: only thresholds gate, and all are met."""
        return not self.cases_must_pass and self.has_passed


class ExitCode(NamedTuple):
    """Why the process ends as it does; `penfriend eval` exits with `code`."""

    code: int
    reason: str


class Evaluation(Frozen):
    """One run of `penfriend eval`."""

    started_at: datetime
    guard_version: str
    model: str = ""
    """The model that wrote, as LiteLLM names it; `scripted` for the shipped one, empty when nothing was written."""
    prompts_version: str = ""
    suites: tuple[SuiteResult, ...]
    seconds: float = 0.0

    @property
    def exit_code(self) -> ExitCode:
        """0 passed, 1 a case or a threshold failed, 2 the harness could not judge."""
        broken = [suite.name for suite in self.suites if suite.count(CaseStatus.ERROR)]
        if broken:
            return ExitCode(2, f"cases could not be judged in {', '.join(broken)}")
        failed = [suite.name for suite in self.suites if not suite.has_passed]
        if failed:
            return ExitCode(1, f"failed: {', '.join(failed)}")
        return ExitCode(0, "all suites passed")
