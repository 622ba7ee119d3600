"""What the page shows, worked out: headlines, bars on their scales, tables of groups."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from evals.harness.result import CaseStatus, Evaluation, Metric, RuleFigures, SuiteResult
from evals.report import Share
from evals.reports import figures
from evals.reports.diff import Difference, MetricChange

SCALES = (
    (0.95, 1.0), (0.0, 0.05), (0.9, 1.0), (0.0, 0.1), (0.8, 1.0), (0.0, 0.2), (0.5, 1.0), (0.0, 0.5), (0.0, 1.0),
    (-0.1, 0.1), (-0.5, 0.5), (-1.0, 1.0),
)  # fmt: skip
"""Ranges a share's bar may span, narrowest first: on a full scale an interval of two points is a dot. Those with a
negative end are for what one side of a comparison has less than the other."""
SHOWN_CHANGES = 12
STATUS_NAMES = {
    CaseStatus.PASS: "Passed",
    CaseStatus.FAIL: "Failed",
    CaseStatus.ERROR: "Not judged",
    CaseStatus.KNOWN_MISS: "Known miss",
}


def link(**filters: str) -> str:
    """The fragment that makes the case list show only these."""
    return "#" + urlencode(filters)


class Bar(NamedTuple):
    """Where things lie on a bar, in per cent of its length."""

    left: str
    """What its ends stand for."""
    right: str
    start: float
    """The interval, or from zero to the value."""
    end: float
    value: float
    threshold: float | None


class MetricView:
    """One figure of a card."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.name = figures.label(metric.name)
        self.value = figures.amount(metric.value, metric)
        self.goal = figures.goal(metric)
        self.details = " · ".join(filter(None, (figures.counts(metric), self._interval)))
        self.bar = _bar(metric)

    @property
    def _interval(self) -> str:
        around = figures.interval(self.metric)
        return f"95 % interval {around}" if around else ""


def _bar(metric: Metric) -> Bar | None:
    if metric.value is None:
        return None
    if figures.is_share(metric):
        return _share_bar(metric, metric.value)
    if metric.threshold is None:
        return None
    top = max(metric.value, metric.threshold) * 1.25
    if top <= 0:
        return None
    places = [100 * max(place, 0.0) / top for place in (metric.value, metric.threshold)]
    return Bar("0", figures.amount(top, metric), 0.0, places[0], places[0], places[1])


def _share_bar(metric: Metric, value: float) -> Bar:
    start, end = metric.interval or (value, value)
    wanted = [value, start, end] if metric.threshold is None else [value, start, end, metric.threshold]
    low, high = next((scale for scale in SCALES if scale[0] <= min(wanted) and max(wanted) <= scale[1]), SCALES[-1])

    def place(share: float) -> float:
        return 100 * (min(max(share, low), high) - low) / (high - low)

    threshold = None if metric.threshold is None else place(metric.threshold)
    return Bar(figures.per_cent(low), figures.per_cent(high), place(start), place(end), place(value), threshold)


class ShareView(NamedTuple):
    """One cell of a table of groups."""

    share: Share
    is_good_when_high: bool

    @property
    def text(self) -> str:
        return figures.NONE if self.share.value is None else figures.per_cent(self.share.value)

    @property
    def sort_key(self) -> float:
        """Groups without a value come last when the worst come first."""
        if self.share.value is None:
            return 2.0
        return self.share.value if self.is_good_when_high else 1 - self.share.value

    @property
    def is_flawed(self) -> bool:
        """True for anything short of perfect."""
        return self.share.value is not None and self.share.value != float(self.is_good_when_high)


class GroupRow(NamedTuple):
    """One rule, category or locale."""

    figures: RuleFigures
    href: str

    @property
    def cells(self) -> tuple[ShareView, ShareView, ShareView]:
        """Recall, precision, false alarms."""
        counted = self.figures
        precision = Share(hits=counted.caught, of=counted.caught + counted.false_alarms)
        return (
            ShareView(counted.recall, True),
            ShareView(precision, True),
            ShareView(counted.false_positive_rate, False),
        )


class GroupTable(NamedTuple):
    """The groups of one kind."""

    name: str
    rows: tuple[GroupRow, ...]

    @property
    def flawed(self) -> int:
        """Groups with a miss or a false alarm."""
        return sum(any(cell.is_flawed for cell in row.cells) for row in self.rows)


class SuiteView:
    """One suite's card and tables."""

    def __init__(self, suite: SuiteResult) -> None:
        self.suite = suite
        self.metrics, self.folded = (tuple(map(MetricView, some)) for some in figures.foremost(suite.metrics))
        self.href = link(suite=suite.name)
        self.verdict = self._verdict()
        kinds = (("rule", suite.by_rule), ("category", suite.by_category), ("locale", suite.by_locale))
        self.tables = tuple(GroupTable(name, _rows(suite.name, name, groups)) for name, groups in kinds if groups)

    def _verdict(self) -> tuple[str, str]:
        if self.suite.count(CaseStatus.ERROR):
            return "error", "Not judged"
        return ("pass", "Passed") if self.suite.has_passed else ("fail", "Failed")

    @property
    def parts(self) -> tuple[tuple[str, str, int, float, float, str], ...]:
        """For each status that occurs: status, its name, cases, where its part of the bar begins and how long it
        is (per cent), and the link to those cases."""
        found, total, begun = [], len(self.suite.cases), 0
        for status, name in STATUS_NAMES.items():
            count = self.suite.count(status)
            if count:
                place, length = 100 * begun / total, 100 * count / total
                found.append((status.value, name, count, place, length, link(suite=self.suite.name, status=status)))
            begun += count
        return tuple(found)


def _rows(suite: str, kind: str, groups: tuple[RuleFigures, ...]) -> tuple[GroupRow, ...]:
    return tuple(GroupRow(group, link(suite=suite, **{kind: group.group})) for group in groups)


class Page:
    """Everything above the case list."""

    def __init__(self, evaluation: Evaluation, changes: Difference | None, previous: Evaluation | None) -> None:
        self.evaluation = evaluation
        self.changes = changes
        self.previous = previous
        self.suites = tuple(SuiteView(suite) for suite in evaluation.suites)
        self.exit_code, self.reason = evaluation.exit_code
        self.case_count = sum(len(suite.cases) for suite in evaluation.suites)

    @property
    def tone(self) -> str:
        """The status the whole run has."""
        return {0: "pass", 1: "fail"}.get(self.exit_code, "error")

    @property
    def headline(self) -> str:
        """The run in one sentence."""
        bad, all_ = sum(view.verdict[0] != "pass" for view in self.suites), len(self.suites)
        of = "suite" if all_ == 1 else "suites"
        if self.exit_code == 0:
            return "Everything passed" if all_ != 1 else "The suite passed"
        verb = "failed" if self.exit_code == 1 else "failed or could not be judged"
        return f"{bad} of {all_} {of} {verb}"

    @property
    def moves(self) -> tuple[tuple[MetricChange, str], ...]:
        """The figures that changed, each with its tone."""
        tones = {True: "pass", False: "fail", None: "none"}
        return tuple((one, tones[one.is_better]) for one in (self.changes.metrics if self.changes else ()))

    @staticmethod
    def case_link(suite: str, case_id: str) -> str:
        """The fragment that shows one case."""
        return link(suite=suite, case=case_id)

    @staticmethod
    def signed(change: MetricChange) -> str:
        """By how much a figure moved, `+1.2 %`; empty when one run had none. Shares move in points."""
        before, after = change.before.value, change.after.value
        if before is None or after is None:
            return ""
        sign = "+" if after > before else "−"
        step = figures.amount(abs(after - before), change.after)
        return f"{sign}{step.replace(' %', ' points') if figures.is_share(change.after) else step}"
