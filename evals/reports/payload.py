"""The cases shown, as JSON for the page's script: compact, because there are many and they share facts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import orjson

from evals.harness.result import CaseResult, Evaluation, Mark
from evals.reports.diff import Difference
from evals.reports.sample import shown

Segment = tuple[str, tuple[int, ...]]
"""A piece of a case's text and the positions (in `CaseResult.marks`) of the marks that lie on it."""


def payload(evaluation: Evaluation, changes: Difference | None) -> str:
    """JSON without a `<`, so that nothing in it can end the script element it stands in (HTML, section 4.12.1.3)."""
    fresh = {(one.suite, one.case.id) for one in changes.new_failures} if changes else set()
    mended = {(one.suite, one.case.id) for one in changes.mended} if changes else set()
    strings: dict[str, int] = {}
    cases = [
        _case(number, case, (suite.name, case.id) in fresh, strings)
        for number, (suite, some) in enumerate(zip(evaluation.suites, shown(evaluation.suites, mended), strict=True))
        for case in some
    ]
    content = {
        "suites": [suite.name for suite in evaluation.suites],
        "facts": list(strings),
        "cases": cases,
        "leftOut": sum(len(suite.cases) for suite in evaluation.suites) - len(cases),
    }
    return orjson.dumps(content).decode().replace("<", "\\u003c")


def _case(suite: int, case: CaseResult, is_new: bool, strings: dict[str, int]) -> dict[str, Any]:
    return {
        "suite": suite,
        "id": case.id,
        "status": case.status,
        "category": case.category,
        "locale": case.locale,
        "flow": case.flow,
        "rules": case.rules,
        "expected": case.expected,
        "text": segments(case.text, case.marks),
        "marks": [(mark.rule, mark.reason, mark.source) for mark in case.marks],
        "facts": [strings.setdefault(fact, len(strings)) for fact in case.facts],
        "message": case.message,
        "isNew": is_new,
    }


def segments(text: str, marks: tuple[Mark, ...]) -> list[Segment]:
    """The text cut wherever a mark begins or ends; the pieces join to the text.

    Cut here and not in the browser, whose strings count an emoji as two characters where a span counts one.
    """
    spans = [tuple(min(max(place, 0), len(text)) for place in mark.span) for mark in marks]
    cuts = sorted({0, len(text), *(place for span in spans for place in span)})
    return [
        (text[start:end], tuple(number for number, span in enumerate(spans) if span[0] <= start and end <= span[1]))
        for start, end in pairwise(cuts)
    ]
