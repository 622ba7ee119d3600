"""What changed between two runs: cases by suite and id, figures by suite and name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from evals.harness.result import CaseResult, CaseStatus, Direction, Evaluation, Metric

BAD = frozenset({CaseStatus.FAIL, CaseStatus.ERROR})


class CaseChange(NamedTuple):
    """A case that fails now and did not, or the other way round."""

    suite: str
    case: CaseResult
    """As it is now."""
    before: CaseStatus | None
    """None for a case the earlier run did not have."""


class MetricChange(NamedTuple):
    """A figure that moved."""

    suite: str
    before: Metric
    after: Metric

    @property
    def is_better(self) -> bool | None:
        """None where no direction is wanted, or one of the two runs had nothing to count."""
        if self.after.direction is None or self.after.value is None or self.before.value is None:
            return None
        return (self.after.value > self.before.value) is (self.after.direction is Direction.AT_LEAST)


class Difference(NamedTuple):
    """Everything a reader wants to know first when there was an earlier run."""

    new_failures: tuple[CaseChange, ...]
    """Cases that fail or could not be judged, and did not before; cases that are new and fail are among them."""
    mended: tuple[CaseChange, ...]
    metrics: tuple[MetricChange, ...]
    added: int
    """Cases the earlier run did not have."""
    removed: int
    """Cases of the earlier run that are gone. Suites that were not run this time are left out."""

    @property
    def is_empty(self) -> bool:
        """True when the two runs found the same."""
        return not (self.new_failures or self.mended or self.metrics or self.added or self.removed)


Key = tuple[str, str]


def difference(current: Evaluation, previous: Evaluation) -> Difference:
    """Compare two runs. Only suites of the current one count: a run of one suite says nothing of the others."""
    now, then = _cases(current), _cases(previous)
    suites = {suite.name for suite in current.suites}
    changes = [CaseChange(key[0], case, then[key].status if key in then else None) for key, case in now.items()]
    return Difference(
        new_failures=tuple(one for one in changes if one.case.status in BAD and one.before not in BAD),
        mended=tuple(one for one in changes if one.before in BAD and one.case.status not in BAD),
        metrics=tuple(_moved(current, previous)),
        added=len(now.keys() - then.keys()),
        removed=sum(key not in now for key in then if key[0] in suites),
    )


def _cases(evaluation: Evaluation) -> dict[Key, CaseResult]:
    return {(suite.name, case.id): case for suite in evaluation.suites for case in suite.cases}


def _metrics(evaluation: Evaluation) -> dict[Key, Metric]:
    return {(suite.name, metric.name): metric for suite in evaluation.suites for metric in suite.metrics}


def _moved(current: Evaluation, previous: Evaluation) -> Iterable[MetricChange]:
    before = _metrics(previous)
    for key, metric in _metrics(current).items():
        if key in before and before[key].value != metric.value:
            yield MetricChange(key[0], before[key], metric)
