"""`penfriend eval`: suites of cases over the guard and the real composer, with gates a CI run can rely on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.progress import Progress as Bar
from rich.progress import TaskID

from api.console import Json, emit, expected, note, progress_bar, table
from api.eval_table import show_evaluation
from api.evaluation import open_bench
from api.own_shop import file_of
from api.settings import read_settings
from evals.harness.bench import SCRIPTED
from evals.harness.loading import LIVE, default_suites, load_suites, shipped_suites
from evals.harness.result import CaseResult, CaseStatus, Evaluation, Metric, SuiteResult
from evals.harness.run import OpenBench, run_suites
from evals.harness.suite import Suite
from evals.reports import read_json, write_html, write_json, write_junit
from store import clock
from store.errors import InvalidInput

COMPARISON = "comparison"
REPORT, JUNIT, PAGE = "report.json", "junit.xml", "report.html"


class CannotEvaluate(InvalidInput):
    """The harness could not do its work: exit code 2, whatever went wrong, so that CI never takes it for a failed case.

    `reason` is that of the error behind it.
    """


class SuiteLine(BaseModel):
    """A shipped suite."""

    name: str
    kind: str
    about: str
    default: bool
    """Runs when no suite is named."""


class SuiteAnswer(BaseModel):
    """A suite for programs: its gate, and the cases that did not pass."""

    name: str
    kind: str
    passed: bool
    cases: dict[CaseStatus, int]
    metrics: tuple[Metric, ...]
    not_passed: tuple[CaseResult, ...]


class EvalAnswer(BaseModel):
    """What `--json` prints; the whole run is in the report folder."""

    exit_code: int
    reason: str
    model: str
    guard_version: str
    seconds: float
    report: Path | None
    suites: tuple[SuiteAnswer, ...]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("eval")(evaluate)


def evaluate(
    suites: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of shipped suites, suite files, or files of labelled cases (.jsonl). "
            "[default: all that need no key or network]"
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help=f"Folder for {REPORT}, {JUNIT} and {PAGE}; made if it is not there.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help=f"Compare with this {REPORT}. [default: the one already in --report]")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help=f"Who writes: {SCRIPTED}, or any model as LiteLLM names it (openai/gpt-5-mini). "
            f"[default: the model set in --home, else {SCRIPTED}]"
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="For comparison suites: the model that --model is compared with.")
    ] = None,
    prompts: Annotated[
        Path | None,
        typer.Option(
            help="For comparison suites: the other side writes by this folder, made like the shipped prompts/."
        ),
    ] = None,
    only: Annotated[
        str, typer.Option("--filter", help="Only cases whose id contains this or matches it as a glob; no thresholds.")
    ] = "",
    repeat: Annotated[int, typer.Option(min=1, max=100, help="Run each suite so often; every time must pass.")] = 1,
    list_: Annotated[bool, typer.Option("--list", help="Show the shipped suites, and run none.")] = False,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            help="Compose in a copy of this shop and not in the demo shop; nothing is written into it. [SQLite only]",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run eval suites, on the demo shop or on a copy of your own.

    Exit code 0 when all passed, 1 when a case or a threshold failed, 2 when the harness could not judge.
    """
    with _harness():
        if list_:
            _list(as_json)
            return
        earlier = _previous(previous, report)
        chosen = [suite.narrowed(only) if only else suite for suite in _sided(_chosen(suites), against, prompts)]
        evaluation = _run(chosen, _bench(home, model), repeat)
        _refuse_nothing(evaluation, only)
        _write(evaluation, report, earlier)
        emit(_answer(evaluation, report), as_json, lambda console: show_evaluation(evaluation, console, earlier))
    if report is not None:
        note(f"Reports: {report / PAGE}, {JUNIT}, {REPORT}", as_json)
    raise typer.Exit(evaluation.exit_code.code)


@contextmanager
def _harness() -> Iterator[None]:
    """Everything that goes wrong in here ends with exit code 2."""
    try:
        yield
    # A bug of ours must not exit with 1, which says that a case failed.
    except Exception as error:
        problem = expected(error)
        raise CannotEvaluate(
            problem.message, pointer=problem.pointer, fix=problem.fix, reason=problem.reason
        ) from error


def _chosen(named: Sequence[str] | None) -> Sequence[Suite]:
    return load_suites(named) if named else default_suites()


def _sided(suites: Sequence[Suite], against: str | None, prompts: Path | None) -> Sequence[Suite]:
    """With the sides that the command line names in place of those of the suite file."""
    if against is None and prompts is None:
        return suites
    flag = "--against" if against is not None else "--prompts"
    if COMPARISON not in {suite.kind for suite in suites}:
        raise InvalidInput(
            f"{flag} names a side to compare with, and no suite here compares.",
            pointer=flag,
            fix="Run `penfriend eval comparison`, or a suite file of kind comparison.",
        )
    if prompts is not None and not prompts.is_dir():
        raise InvalidInput(
            f"There is no folder {prompts}.", pointer="--prompts", fix="Copy the shipped prompts and change them."
        )
    sides = {"a": {}, "b": {"model": against, "prompts": prompts}}
    return [
        suite.model_copy(update={"options": {**suite.options, **sides}}) if suite.kind == COMPARISON else suite
        for suite in suites
    ]


def _previous(file: Path | None, report: Path | None) -> Evaluation | None:
    """The run to compare with, read before this one takes its place."""
    if file is not None:
        return read_json(file)
    lying = report / REPORT if report is not None else None
    return read_json(lying) if lying is not None and lying.is_file() else None


def _bench(home: Path | None, model: str | None) -> OpenBench:
    settings = read_settings(home)
    own = settings if home is not None else None
    if own is not None:
        file_of(own)
    # The default of a shop that says nothing is the embedded model, which is slow enough to be asked for by name.
    is_set = own is not None and "model" in own.model.model_fields_set
    return lambda: open_bench(settings.model, model or (settings.model.model if is_set else SCRIPTED), own=own)


def _run(suites: Sequence[Suite], bench: OpenBench, repeat: int) -> Evaluation:
    with progress_bar() as bar:
        return asyncio.run(
            run_suites(
                suites,
                bench,
                started_at=clock.now(),
                repeat=repeat,
                progress=_Bars(bar),
            )
        )


class _Bars:
    """A bar a suite."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, suite: str, done: int, of: int) -> None:
        if suite not in self._tasks:
            self._tasks[suite] = self._bar.add_task(suite, total=of)
        self._bar.update(self._tasks[suite], completed=done, total=of)


def _refuse_nothing(evaluation: Evaluation, only: str) -> None:
    if only and not any(suite.cases for suite in evaluation.suites):
        raise InvalidInput(f"No case is called like {only!r}.", pointer="--filter", fix="Look for its id in a report.")


def _write(evaluation: Evaluation, folder: Path | None, previous: Evaluation | None) -> None:
    if folder is None:
        return
    write_html(evaluation, folder / PAGE, previous)
    write_junit(evaluation, folder / JUNIT)
    write_json(evaluation, folder / REPORT)


def _answer(evaluation: Evaluation, report: Path | None) -> EvalAnswer:
    code, reason = evaluation.exit_code
    return EvalAnswer(
        exit_code=code,
        reason=reason,
        model=evaluation.model,
        guard_version=evaluation.guard_version,
        seconds=evaluation.seconds,
        report=report,
        suites=tuple(map(_suite_answer, evaluation.suites)),
    )


def _suite_answer(suite: SuiteResult) -> SuiteAnswer:
    return SuiteAnswer(
        name=suite.name,
        kind=suite.kind,
        passed=suite.has_passed,
        cases={status: suite.count(status) for status in CaseStatus},
        metrics=suite.metrics,
        not_passed=tuple(case for case in suite.cases if case.status is not CaseStatus.PASS),
    )


def _list(as_json: bool) -> None:
    lines = [
        SuiteLine(name=suite.name, kind=suite.kind, about=suite.about, default=LIVE not in suite.tags)
        for suite in load_suites(shipped_suites())
    ]
    rows = [(line.name, line.kind, "yes" if line.default else "", line.about) for line in lines]
    data = [line.model_dump(mode="json") for line in lines]
    emit(data, as_json, lambda console: console.print(table(("suite", "kind", "default", "shows"), rows)))
