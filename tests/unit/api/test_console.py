"""What a person, and a program, is told when a command fails."""

from __future__ import annotations

import errno
import json

import pytest

from api import console
from store.errors import Conflict, InvalidInput, NotAllowed, NotFound, PenfriendError, Unavailable


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PenfriendError("x"), 1),
        (InvalidInput("x"), 2),
        (NotFound("x"), 3),
        (NotAllowed("x"), 4),
        (Conflict("x"), 5),
        (Unavailable("x"), 6),
        (RuntimeError("x"), 1),
    ],
)
def test_the_exit_code_says_what_kind_of_failure_it_was(error: Exception, code: int) -> None:
    assert console.report(error, as_json=False) == code


def test_a_panel_holds_what_happened_where_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    console.report(InvalidInput("The price is wrong.", pointer="line 3", fix="Write 12.50 GBP."), as_json=False)
    printed = capsys.readouterr()
    assert printed.out == ""
    for part in ("invalid_input", "The price is wrong.", "line 3", "Write 12.50 GBP."):
        assert part in printed.err


def test_for_programs_the_error_is_json_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    console.report(NotFound("No such tea.", fix="Look again."), as_json=True)
    printed = capsys.readouterr()
    assert json.loads(printed.out)["error"] == {
        "reason": "not_found",
        "detail": "No such tea.",
        "pointer": None,
        "fix": "Look again.",
    }
    assert printed.err == ""


def test_a_bug_is_admitted_without_its_details(capsys: pytest.CaptureFixture[str]) -> None:
    console.report(KeyError("ada@example.com"), as_json=False)
    told = capsys.readouterr().err
    assert "--debug" in told
    assert "ada@example.com" not in told
    assert "Traceback" not in told


def test_of_things_done_side_by_side_the_failure_is_told_not_the_group() -> None:
    group = ExceptionGroup("unhandled", [ExceptionGroup("inner", [NotFound("No such tea.")])])
    assert console.expected(group).message == "No such tea."


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/penfriend.db"), "disk_full"),
        (PermissionError(errno.EACCES, "Permission denied", "/data"), "no_permission"),
        (OSError(errno.EADDRINUSE, "Address already in use"), "port_in_use"),
        (OSError(errno.EIO, "Input/output error"), "system_error"),
    ],
)
def test_what_the_system_refuses_is_told_in_our_words(error: OSError, reason: str) -> None:
    assert console.expected(error).reason == reason


def test_brackets_in_a_customers_text_are_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    console.out().print(console.table(("query",), [("[red]tea[/red] [/]",)]))
    assert "[red]tea[/red] [/]" in capsys.readouterr().out


def test_json_is_one_document_however_long_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    console.emit({"text": "word " * 200 + "[bold]:smile:"}, True, lambda _: None)
    assert json.loads(capsys.readouterr().out)["text"].endswith("[bold]:smile:")
