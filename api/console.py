"""How the command line speaks: results on stdout, everything for people on stderr, errors as panels."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import BaseModel
from rich.console import Console
from rich.panel import Panel
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from store.errors import Conflict, InvalidInput, NotAllowed, NotFound, PenfriendError, Unavailable

FAILED, USAGE, NOT_FOUND, NOT_ALLOWED, CONFLICT, UNAVAILABLE, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130

FILE_WIDTH = 160

EXIT_CODES: dict[type[PenfriendError], int] = {
    InvalidInput: USAGE,
    NotFound: NOT_FOUND,
    NotAllowed: NOT_ALLOWED,
    Conflict: CONFLICT,
    Unavailable: UNAVAILABLE,
    PenfriendError: FAILED,
}

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout, and nothing else there.")]
Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of database, keys, index and settings. [default: ./.penfriend]"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def out() -> Console:
    """For results. Made anew each time, so that a redirected stdout is found; files get wide lines."""
    console = Console()
    return console if console.is_terminal or "COLUMNS" in os.environ else Console(width=FILE_WIDTH)


def err() -> Console:
    """For progress, notes and errors."""
    return Console(stderr=True)


def emit(result: BaseModel | dict[str, Any] | list[Any], as_json: bool, human: Callable[[Console], None]) -> None:
    """Print a result: as one JSON document, or the way `human` shows it."""
    if not as_json:
        human(out())
        return
    data = result.model_dump(mode="json") if isinstance(result, BaseModel) else result
    text = orjson.dumps(data, default=str, option=orjson.OPT_INDENT_2).decode()
    out().print(text, soft_wrap=True, markup=False, highlight=False, emoji=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> Table:
    """A table of plain cells: brackets in a customer's or a product's text are not markup."""
    drawn = Table(*columns, title=title, title_justify="left")
    for row in rows:
        drawn.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return drawn


def said_once(told: Iterable[tuple[str, str]]) -> list[str]:
    """A name and what is said of it, each sentence once: behind the names of all it is said of."""
    names: dict[str, list[str]] = {}
    for name, sentence in told:
        names.setdefault(sentence, []).append(name)
    return [f"{'; '.join(of)}: {sentence}" for sentence, of in names.items()]


def note(text: str, as_json: bool = False) -> None:
    """A line for people; none when a program is listening."""
    if not as_json:
        err().print(text, highlight=False)


def progress_bar(*more: ProgressColumn, hidden: bool = False, transient: bool = True) -> Progress:
    """A bar for long work, on stderr; none where nobody watches. `transient`: gone when it is done."""
    console = err()
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        *more,
        console=console,
        transient=transient,
        disable=hidden or not console.is_terminal,
    )


def report(error: BaseException, as_json: bool) -> int:
    """Show why a command failed, without a traceback. Returns the exit code."""
    problem = expected(error)
    if as_json:
        body = {
            "reason": problem.reason,
            "detail": problem.message,
            "pointer": problem.pointer,
            "fix": problem.fix,
        }
        with suppress(BrokenPipeError):
            emit({"error": body}, True, lambda _: None)
    else:
        err().print(_panel(problem))
    return next(EXIT_CODES[kind] for kind in type(problem).__mro__ if kind in EXIT_CODES)


def expected(error: BaseException) -> PenfriendError:
    """The error in our own words: as it is, translated from the operating system's, or as a bug of ours."""
    if isinstance(error, PenfriendError):
        return error
    if isinstance(error, OSError):
        return _from_system(error)
    if isinstance(error, BaseExceptionGroup):
        # Of things done side by side, the first that failed is why the others were stopped.
        return expected(error.exceptions[0])
    return PenfriendError(
        f"Something went wrong inside Penfriend ({type(error).__name__}).",
        fix="Run the command again with --debug, and report what it prints.",
        reason="internal_error",
    )


def _from_system(error: OSError) -> PenfriendError:
    place = str(error.filename) if error.filename else None
    if error.errno == errno.ENOSPC:
        return Unavailable("The disk is full.", pointer=place, fix="Free some space and repeat.", reason="disk_full")
    if isinstance(error, PermissionError):
        return NotAllowed(
            "This file or folder may not be used.",
            pointer=place,
            fix="Give this user access to it, or choose another place with --home.",
            reason="no_permission",
        )
    if error.errno == errno.EADDRINUSE:
        return Conflict("The port is in use.", fix="Choose another with --port.", reason="port_in_use")
    return Unavailable(f"The system refused: {error.strerror or error}.", pointer=place, reason="system_error")


def _panel(problem: PenfriendError) -> Panel:
    text = Text(problem.message)
    if problem.pointer:
        text.append(f"\nat {problem.pointer}", style="dim")
    if problem.fix:
        text.append(f"\n→ {problem.fix}", style="bold")
    return Panel(text, title=problem.reason, title_align="left", border_style="red")
