"""An eval run on the terminal: a table of the suites, and the cases that failed in a few words."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.harness.result import CaseResult, CaseStatus, Evaluation, Metric, SuiteResult
from evals.reports import figures
from evals.reports.diff import BAD, Difference, difference
from evals.reports.wording import verdict, visible

SHOWN_CASES = 10
"""Failing cases a suite shows; the reports have them all."""
WIDE = 100
"""Columns from which the intervals fit."""
STYLES = {CaseStatus.FAIL: "red", CaseStatus.ERROR: "magenta", CaseStatus.KNOWN_MISS: "yellow"}


def show_evaluation(evaluation: Evaluation, console: Console, previous: Evaluation | None = None) -> None:
    """Print the run; with an earlier run, also what changed since."""
    console.print(_table(evaluation, with_intervals=console.width >= WIDE))
    for suite in evaluation.suites:
        for line in _failures(suite):
            console.print(line)
    if previous is not None:
        console.print(_changes(difference(evaluation, previous)))
    code, reason = evaluation.exit_code
    console.print(Text(f"{reason} ({evaluation.seconds:.1f} s)", style="bold red" if code else "bold green"))


def _table(evaluation: Evaluation, with_intervals: bool) -> Table:
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
            Text("\n").join(_figure(metric, with_intervals) for metric in suite.metrics),
        )
    return table


def _name(suite: SuiteResult) -> Text:
    passed = suite.has_passed and not suite.count(CaseStatus.ERROR)
    return Text.assemble(("✓ ", "green") if passed else ("✗ ", "red"), (suite.name, "bold"))


def _count(suite: SuiteResult, status: CaseStatus) -> Text:
    count = suite.count(status)
    return Text(str(count), style=STYLES[status] if count else "dim")


def _figure(metric: Metric, with_intervals: bool) -> Text:
    around = figures.interval(metric) if with_intervals else ""
    wanted = figures.goal(metric)
    line = Text.assemble(figures.label(metric.name), " ", (_joined(figures.amount(metric.value, metric)), "bold"))
    line.append(f" ({_joined(around)})" if around else "", style="dim")
    line.append(f" {_joined(wanted)}" if wanted else "", style="green" if metric.is_met else "bold red")
    return line


def _joined(figure: str) -> str:
    """A figure that no line end tears apart."""
    return figure.replace(" ", "\N{NO-BREAK SPACE}")


def _failures(suite: SuiteResult) -> Iterable[Text]:
    failing = [case for case in suite.cases if case.status in BAD]
    yield from (_case(suite, case) for case in failing[:SHOWN_CASES])
    if len(failing) > SHOWN_CASES:
        yield Text(f"… and {len(failing) - SHOWN_CASES} more in {suite.name}", style="dim")


def _case(suite: SuiteResult, case: CaseResult) -> Text:
    line = Text.assemble((case.status.upper(), STYLES[case.status]), " ", (visible(f"{suite.name}[{case.id}]"), "bold"))
    line.append(f" {visible(case.message)}")
    for mark in case.marks:
        line.append(f"\n  {visible(verdict(mark, case.text))}")
    return line


def _changes(found: Difference) -> Text:
    if found.is_empty:
        return Text("Nothing changed since the last run.", style="dim")
    moved = [
        f"{one.suite} {figures.label(one.after.name)} "
        f"{figures.amount(one.before.value, one.before)} → {figures.amount(one.after.value, one.after)}"
        for one in found.metrics
    ]
    counted = f"Since the last run: {len(found.new_failures)} newly failing, {len(found.mended)} mended"
    return Text("\n  ".join([counted, *moved]))
