"""An eval run as a terminal shows it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from api.eval_table import SHOWN_CASES, show_evaluation
from evals.harness.result import CaseStatus, Evaluation
from tests.unit.evals.reports.runs import a_case, a_failure, a_run, a_share, a_suite, a_timing


def shown(run: Evaluation, previous: Evaluation | None = None, width: int = 120) -> str:
    """The output, without colours."""
    stream = io.StringIO()
    show_evaluation(run, Console(file=stream, width=width), previous)
    return stream.getvalue()


@pytest.mark.parametrize("width", [40, 60, 89, 90, 120])
def test_figures_and_thresholds_are_whole_at_any_width(width: int) -> None:
    run = a_run(a_suite(a_failure(), metrics=(a_share(hits=90), a_timing())))
    output = shown(run, width=width)
    for expected in ("guard", "90 %", "≥ 95 %", "82.56–94.48 %", "8.6 ms", "≤ 10 ms", "failed: guard"):
        assert expected in output
    assert max(map(len, output.splitlines())) <= width


def test_a_failing_case_says_rule_words_reason_and_fact() -> None:
    output = " ".join(shown(a_run(a_suite(a_case("good"), a_failure("bad")))).split())
    assert "FAIL guard[bad] The wrong price was let pass." in output
    assert "price.wrong: '£49' at 18–21: No pick costs that. [fact: Moka Pot, 39.00 GBP]" in output
    assert "guard[good]" not in output


def test_many_failing_cases_are_counted_and_not_all_listed() -> None:
    output = shown(a_run(a_suite(*(a_failure(f"f{number:02}") for number in range(SHOWN_CASES + 5)))))
    assert "guard[f09]" in output
    assert "guard[f10]" not in output
    assert "… and 5 more in guard" in output


def test_a_suite_that_could_not_be_judged_is_not_ticked_off() -> None:
    output = shown(a_run(a_suite(a_case("e", CaseStatus.ERROR, message="No server."))))
    assert "✗ guard" in output
    assert "ERROR guard[e] No server." in output
    assert "✓ guard" in shown(a_run())


def test_a_case_cannot_steer_the_terminal() -> None:
    output = shown(a_run(a_suite(a_failure("\x1b[2J", message="[red]\x1b]0;pwned\x07", text="\x1b[31m49", marks=()))))
    assert "\x1b" not in output
    assert "[red]\\x1b]0;pwned\\x07" in output


def test_what_changed_is_told_when_there_was_an_earlier_run() -> None:
    before = a_run(a_suite(a_case("c1"), a_failure("c2"), metrics=(a_share(hits=97),)))
    after = a_run(a_suite(a_failure("c1"), a_case("c2"), metrics=(a_share(hits=98),)))
    output = shown(after, before)
    assert "1 newly failing, 1 mended" in output
    assert "guard recall 97 % → 98 %" in output
    assert "Nothing changed" in shown(after, after)
    other = a_run(a_suite(a_case("c3")))
    assert "0 newly failing, 0 mended, 1 cases added, 2 cases gone" in shown(other, after)
    assert "last run" not in shown(after)
