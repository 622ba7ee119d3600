"""What `penfriend check` says of the labels: as data for a file, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from api.console import table
from evals.checking import Checker, Mistake
from evals.gate import metrics_of, shortfall
from evals.harness.figures import share_metric
from evals.harness.result import Metric
from evals.judging import GUARD_VERSION
from evals.report import RuleFigures
from evals.reports import figures

MISTAKES_SHOWN = 40
"""Rows of mistakes on a screen; the JSON report lists up to a thousand."""


class GroupFigures(BaseModel):
    """Confusion counts of a rule, category or locale, with what follows from them."""

    group: str
    caught: int
    missed: int
    false_alarms: int
    sound: int
    metrics: tuple[Metric, ...]
    """Recall, precision and fpr with their intervals."""


class CheckReport(BaseModel):
    """The whole of one `penfriend check`."""

    guard_version: str
    judged: int
    held_back: int
    labelled: int
    unread: int
    """Lines that are no cases."""
    crashed: dict[str, int]
    """Checks that broke, by rule."""
    metrics: tuple[Metric, ...]
    by_rule: tuple[GroupFigures, ...]
    by_category: tuple[GroupFigures, ...]
    by_locale: tuple[GroupFigures, ...]
    mistakes: tuple[Mistake, ...]
    shortfalls: tuple[str, ...]
    """Bounds that are not kept, a sentence each."""


def report_of(checker: Checker, bounds: Mapping[str, float]) -> CheckReport:
    """The figures of what a checker has judged so far, held against bounds."""
    found = checker.tally.report()
    metrics = metrics_of(found, bounds)
    return CheckReport(
        guard_version=GUARD_VERSION,
        judged=checker.judged,
        held_back=checker.held_back,
        labelled=checker.labelled,
        unread=checker.unread,
        crashed=dict(checker.crashed),
        metrics=metrics,
        by_rule=_groups(found.by_rule),
        by_category=_groups(found.by_category),
        by_locale=_groups(found.by_locale),
        mistakes=tuple(checker.mistakes),
        shortfalls=tuple(filter(None, map(shortfall, metrics))),
    )


def _groups(found: Iterable[RuleFigures]) -> tuple[GroupFigures, ...]:
    return tuple(
        GroupFigures(
            **item.model_dump(),
            metrics=(
                share_metric("recall", item.recall),
                share_metric("precision", item.precision),
                share_metric("fpr", item.false_positive_rate),
            ),
        )
        for item in found
    )


def draw(console: Console, report: CheckReport) -> None:
    """Counts, then what the labels say of them when there are any."""
    console.print(_counts(report), highlight=False)
    for rule, count in report.crashed.items():
        console.print(f"The check of {rule} broke {count} times; what it could not judge is held back.")
    if not report.labelled:
        return
    console.print(_figures(report.metrics))
    console.print(_confusion("rule", report.by_rule))
    console.print(_confusion("locale", report.by_locale))
    # There may be as many categories as texts; those without a mistake need nobody's eyes.
    mistaken = [item for item in report.by_category if item.missed or item.false_alarms]
    if mistaken:
        console.print(_confusion("category with mistakes", mistaken))
    if report.mistakes:
        console.print(_mistakes(report))


def _counts(report: CheckReport) -> str:
    lines = "line" if report.unread == 1 else "lines"
    unread = f", {report.unread} {lines} could not be read" if report.unread else ""
    texts = "text" if report.judged == 1 else "texts"
    return f"{report.judged} {texts} judged, {report.held_back} held back, {report.labelled} with a label{unread}."


def _figures(metrics: Sequence[Metric]) -> Table:
    rows = [
        (
            figures.label(metric.name),
            figures.amount(metric.value, metric),
            figures.interval(metric) if metric.of else "",
            figures.counts(metric),
            figures.goal(metric),
            "" if metric.threshold is None else ("kept" if metric.is_met else "not kept"),
        )
        for metric in metrics
    ]
    return table(("figure", "value", "95 % interval", "counts", "bound", ""), rows)


def _confusion(title: str, groups: Sequence[GroupFigures]) -> Table:
    rows = [
        (
            item.group,
            f"{item.caught} of {item.caught + item.missed}",
            f"{item.false_alarms} of {item.false_alarms + item.sound}",
            *(_with_interval(metric) for metric in item.metrics[:2]),
        )
        for item in groups
    ]
    drawn = table((title, "caught", "false alarms", "recall", "precision"), rows)
    for column in drawn.columns[:3]:
        column.no_wrap = True
    return drawn


def _with_interval(metric: Metric) -> str:
    value = figures.amount(metric.value, metric)
    return f"{value} ({figures.interval(metric)})" if metric.of else value


def _mistakes(report: CheckReport) -> Table:
    shown = report.mistakes[:MISTAKES_SHOWN]
    rows = [
        (
            item.line,
            item.id,
            item.answer.replace("_", " "),
            item.text,
            ", ".join(item.violated),
            ", ".join(item.rules),
            " ".join(item.reasons),
        )
        for item in shown
    ]
    left = len(report.mistakes) - len(shown)
    more = f", {left} more in the JSON report" if left else ""
    return table(
        ("line", "id", "what", "text", "label", "raised", "reasons"), rows, f"Where guard and label differ{more}"
    )
