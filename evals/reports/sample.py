"""Which cases the page shows: all of a small run; of a large one, all that did not pass and some of each kind that did.

A full run has tens of thousands of cases, nearly all of them passed: with all their texts the page was 14 MB. Whoever
looks for one of those left out finds it in `report.json`, which holds them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from evals.harness.result import CaseResult, CaseStatus, SuiteResult

ALL_SHOWN = 4000
"""Cases of a run up to which the page shows every one."""
PASSED_OF_A_KIND = 3
"""Passed cases of a suite that are shown of each rule, category, locale and flow: each filter finds some."""
PASSED_SPREAD = 100
"""Passed cases of a suite that are shown besides, evenly from its first to its last."""


def shown(suites: Sequence[SuiteResult], wanted: Collection[tuple[str, str]] = ()) -> list[list[CaseResult]]:
    """The cases of each suite that the page shows, in their order. `wanted` are pairs of a suite's name and a case's id
    that are shown whatever they are."""
    if sum(len(suite.cases) for suite in suites) <= ALL_SHOWN:
        return [list(suite.cases) for suite in suites]
    return [_sampled(suite, {id_ for name, id_ in wanted if name == suite.name}) for suite in suites]


def _sampled(suite: SuiteResult, wanted: set[str]) -> list[CaseResult]:
    passed = [case for case in suite.cases if case.status is CaseStatus.PASS]
    step = max(1, len(passed) // PASSED_SPREAD)
    kept = {case.id for case in passed[::step][:PASSED_SPREAD]} | wanted
    seen: Counter[tuple[str, str]] = Counter()
    for case in passed:
        kinds = list(_kinds(case))
        if any(seen[kind] < PASSED_OF_A_KIND for kind in kinds):
            kept.add(case.id)
            seen.update(kinds)
    return [case for case in suite.cases if case.status is not CaseStatus.PASS or case.id in kept]


def _kinds(case: CaseResult) -> Iterable[tuple[str, str]]:
    """What a reader may filter by."""
    yield from (("rule", rule) for rule in {*case.rules, *case.expected})
    yield from (("category", case.category), ("locale", case.locale), ("flow", case.flow))
