"""An eval run on the terminal: a table of the suites, and the cases that failed in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evals.harness.result import CaseResult, CaseStatus, Evaluation, Metric, SuiteResult
from evals.reports import figures
from evals.reports.diff import BAD, Difference, difference
from evals.reports.wording import verdict, visible

SHOWN_CASES = 10
"""Failing cases a suite shows; the reports have them all."""
WIDE = 90
"""Columns from which figures fit beside counts; below, they stand under them."""
STYLES = {CaseStatus.FAIL: "red", CaseStatus.ERROR: "magenta", CaseStatus.KNOWN_MISS: "yellow"}


def show_evaluation(evaluation: Evaluation, console: Console, previous: Evaluation | None = None) -> None:
    """Print the run; with an earlier run, also what changed since."""
    if console.width >= WIDE:
        console.print(_table(evaluation))
    else:
        console.print(*_stack(evaluation), sep="\n")
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
            _figures(suite.metrics),
        )
    return table


def _stack(evaluation: Evaluation) -> Iterable[RenderableType]:
    for suite in evaluation.suites:
        line = Text.assemble(_name(suite), f" {len(suite.cases)} cases")
        for status, word in ((CaseStatus.FAIL, "failed"), (CaseStatus.ERROR, "errors")):
            line.append(", ").append_text(_count(suite, status)).append(f" {word}")
        yield line
        yield Padding(_figures(suite.metrics), (0, 0, 1, 2))


def _name(suite: SuiteResult) -> Text:
    passed = suite.has_passed and not suite.count(CaseStatus.ERROR)
    return Text.assemble(("✓ ", "green") if passed else ("✗ ", "red"), (suite.name, "bold"))


def _count(suite: SuiteResult, status: CaseStatus) -> Text:
    count = suite.count(status)
    return Text(str(count), style=STYLES[status] if count else "dim")


def _figures(metrics: Sequence[Metric]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    for _ in range(3):
        grid.add_column(no_wrap=True)
    shown, rest = figures.foremost(metrics)
    for metric in shown:
        grid.add_row(
            figures.label(metric.name),
            Text(figures.amount(metric.value, metric), style="bold"),
            Text(figures.goal(metric), style="green" if metric.is_met else "bold red"),
            Text(figures.interval(metric), style="dim"),
        )
    if rest:
        grid.add_row(Text(f"… {len(rest)} more with --report", style="dim"))
    return grid


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
    counted += f", {found.added} cases added" if found.added else ""
    counted += f", {found.removed} cases gone" if found.removed else ""
    return Text("\n  ".join([counted, *moved]))
