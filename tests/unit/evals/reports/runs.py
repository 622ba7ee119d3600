"""Eval runs to report on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from evals.harness.result import (
    CaseResult,
    CaseStatus,
    Direction,
    Evaluation,
    Mark,
    Metric,
    RuleFigures,
    SuiteResult,
)
from evals.report import wilson

TEXT = "🎁 The moka pot is £49 today."
MARK = Mark(span=(18, 21), rule="price.wrong", reason="No pick costs that.", source="Moka Pot, 39.00 GBP")


def a_case(id_: str = "c1", status: CaseStatus = CaseStatus.PASS, **changed: Any) -> CaseResult:
    """A case of a wrong price."""
    values: dict[str, Any] = {
        "category": "bad_price",
        "locale": "en-GB",
        "flow": "newsletter",
        "text": TEXT,
        "facts": ("name: Ana", "Moka Pot, 39.00 GBP"),
        "message": "" if status is CaseStatus.PASS else "The wrong price was let pass.",
    }
    return CaseResult(id=id_, status=status, **{**values, **changed})


def a_failure(id_: str = "c2", **changed: Any) -> CaseResult:
    """A case that failed on one rule."""
    return a_case(id_, CaseStatus.FAIL, **{"rules": ("price.wrong",), "marks": (MARK,), **changed})


def a_share(name: str = "recall", hits: int = 98, of: int = 100, at_least: float | None = 0.95) -> Metric:
    """A proportion with a lower bound."""
    direction = None if at_least is None else Direction.AT_LEAST
    return Metric(
        name=name, value=hits / of, interval=wilson(hits, of), hits=hits, of=of, threshold=at_least, direction=direction
    )


def a_timing(value: float = 8.6, at_most: float | None = 10) -> Metric:
    """A figure without counts."""
    direction = None if at_most is None else Direction.AT_MOST
    return Metric(name="own_ms_p99", value=value, unit="ms", threshold=at_most, direction=direction)


def a_suite(*cases: CaseResult, name: str = "guard", **changed: Any) -> SuiteResult:
    """A suite of these cases."""
    values: dict[str, Any] = {"name": name, "kind": "guard", "cases": cases or (a_case(),), "seconds": 1.5}
    return SuiteResult(**{**values, **changed})


def a_run(*suites: SuiteResult, minute: int = 30) -> Evaluation:
    """A run of these suites."""
    return Evaluation(
        started_at=datetime(2026, 5, 3, 9, minute, tzinfo=UTC),
        guard_version="g7",
        model="scripted",
        prompts_version="a1b2",
        suites=suites or (a_suite(),),
        seconds=2.0,
    )


def some_groups() -> tuple[RuleFigures, ...]:
    """Two rules: one perfect, one with a miss and a false alarm."""
    return (
        RuleFigures(group="price.wrong", caught=10, missed=0, false_alarms=0, sound=50),
        RuleFigures(group="chars.*", caught=3, missed=1, false_alarms=1, sound=49),
    )
