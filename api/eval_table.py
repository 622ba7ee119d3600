"""An eval run on the terminal: a table of the suites, and the cases that failed in a few words."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.harness.result import CaseResult, CaseStatus, Evaluation, Metric, SuiteResult
from evals.reports import figures
from evals.reports.diff import BAD, Difference, difference

SHOWN_CASES = 10
"""Failing cases a suite shows; the reports have them all."""
STYLES = {CaseStatus.FAIL: "red", CaseStatus.ERROR: "magenta", CaseStatus.KNOWN_MISS: "yellow"}


def show_evaluation(evaluation: Evaluation, console: Console, previous: Evaluation | None = None) -> None:
    """Print the run; with an earlier run, also what changed since."""
    console.print(_table(evaluation))
    for suite in evaluation.suites:
        for line in _failures(suite):
            console.print(line)
    if previous is not None:
        console.print(_changes(difference(evaluation, previous)))
    code, reason = evaluation.exit_code
    console.print(Text(f"{reason} ({evaluation.seconds:.1f} s)", style="bold red" if code else "bold green"))


def _table(evaluation: Evaluation) -> Table:
    table = Table("Suite")
    for name in ("Cases", "Failed", "Errors"):
        table.add_column(name, justify="right")
    table.add_column("Figures")
    for suite in evaluation.suites:
        table.add_row(
            _name(suite),
            str(len(suite.cases)),
            _count(suite, CaseStatus.FAIL),
            _count(suite, CaseStatus.ERROR),
            Text("\n").join(map(_figure, suite.metrics)),
        )
    return table


def _name(suite: SuiteResult) -> Text:
    passed = suite.has_passed and not suite.count(CaseStatus.ERROR)
    return Text.assemble(("✓ ", "green") if passed else ("✗ ", "red"), (suite.name, "bold"))


def _count(suite: SuiteResult, status: CaseStatus) -> Text:
    count = suite.count(status)
    return Text(str(count), style=STYLES[status] if count else "dim")


def _figure(metric: Metric) -> Text:
    around = figures.interval(metric)
    line = Text.assemble(figures.label(metric.name), " ", (figures.amount(metric.value, metric), "bold"))
    line.append(f" ({around})" if around else "", style="dim")
    wanted = figures.goal(metric)
    if wanted:
        line.append(f" {wanted}", style="green" if metric.is_met else "bold red")
    return line


def _failures(suite: SuiteResult) -> Iterable[Text]:
    failing = [case for case in suite.cases if case.status in BAD]
    yield from (_case(suite, case) for case in failing[:SHOWN_CASES])
    if len(failing) > SHOWN_CASES:
        yield Text(f"  … and {len(failing) - SHOWN_CASES} more in {suite.name}", style="dim")


def _case(suite: SuiteResult, case: CaseResult) -> Text:
    line = Text.assemble((case.status.upper(), STYLES[case.status]), " ", (f"{suite.name}[{case.id}]", "bold"))
    line.append(f" {case.message}")
    for mark in case.marks:
        start, end = mark.span
        line.append(f"\n  {mark.rule}: {case.text[start:end]!r} {mark.reason}")
        line.append(f" [{mark.source}]" if mark.source else "", style="dim")
    return line


def _changes(found: Difference) -> Text:
    if found.is_empty:
        return Text("Nothing changed since the last run.", style="dim")
    moved = [
        f"{one.suite} {figures.label(one.after.name)} "
        f"{figures.amount(one.before.value, one.before)} → {figures.amount(one.after.value, one.after)}"
        for one in found.metrics
    ]
    counted = f"Since the last run: {len(found.new_failures)} new failures, {len(found.mended)} mended"
    return Text("\n  ".join([counted, *moved]))
