"""`penfriend check`: texts with their facts through the guard. No home folder, database, model or network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import orjson
import typer

from api.check_report import CheckReport, draw, report_of
from api.console import FAILED, USAGE, Json, err, note, progress_bar
from evals.checking import Checker, lines_of
from evals.gate import NAMES, parse_thresholds
from store.errors import InvalidInput

STDIN = "-"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(check)


def check(
    file: Annotated[str, typer.Argument(help="JSON Lines of the labelled format; - is standard input.")],
    fail_under: Annotated[str, typer.Option(help=f"Bounds as in recall=0.95,fpr=0.01, of {', '.join(NAMES)}.")] = "",
    json_report: Annotated[Path | None, typer.Option(help="Write the report on the labels here, as JSON.")] = None,
    as_json: Json = False,
) -> None:
    """Judge texts by the facts beside them: a JSON line each on stdout, with the rules that hold it back.

    Where lines have labels, a report of recall, precision and false alarms follows on stderr. Exit code 1 when a bound
    of --fail-under is not kept, 2 when a line could not be read or a check broke.
    """
    bounds = parse_thresholds(fail_under)
    checker = Checker()
    with _opened(file) as lines:
        _answer(checker, lines)
    if not checker.judged + checker.unread:
        raise InvalidInput("There is no line to judge.", pointer=file, fix="Write one JSON object a line.")
    report = report_of(checker, bounds)
    if json_report is not None:
        json_report.write_bytes(orjson.dumps(report.model_dump(mode="json"), option=orjson.OPT_INDENT_2) + b"\n")
    _tell(report, as_json)
    if report.unread or report.crashed:
        raise typer.Exit(USAGE)
    if report.shortfalls:
        raise typer.Exit(FAILED)


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    path = Path(file)
    # Pipes and devices are files too: `penfriend check <(zcat …)`.
    try:
        lines = path.open("rb")
    except OSError as error:
        why = {FileNotFoundError: "There is no such file", IsADirectoryError: "This is a folder and no file"}
        said = why.get(type(error), f"The file cannot be read: {error.strerror}")
        raise InvalidInput(f"{said}.", pointer=file, fix="Give a file of JSON Lines, or - for stdin.") from error
    with lines:
        yield lines


def _answer(checker: Checker, lines: BinaryIO) -> None:
    """Answers go out as they are found, so that a pipe sees them in time."""
    # A bar on the same screen would be written into the lines.
    with progress_bar(hidden=sys.stdout.isatty()) as bar:
        task = bar.add_task("judging", total=None)
        for answer in checker.check(lines_of(lines)):
            sys.stdout.buffer.write(orjson.dumps(answer.model_dump(mode="json")) + b"\n")
            sys.stdout.buffer.flush()
            bar.advance(task)


def _tell(report: CheckReport, as_json: bool) -> None:
    if not as_json:
        draw(err(), report)
    for shortfall in report.shortfalls:
        note(f"Not kept: {shortfall}", as_json)
