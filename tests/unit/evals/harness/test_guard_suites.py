"""`guard` suites: the guard's answers against labels, told so that somebody can mend what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from evals import checks
from evals.harness.labelled import fact_lines
from evals.harness.loading import load_suites
from evals.harness.result import CaseStatus
from evals.passage import Passage
from evals.rules import ALL_BLOCKS, Finding, Rule
from evals.snapshot import OfferFacts
from evals.verdict import Severity
from evals.world import World
from tests.kit.snapshots import snapshot
from tests.kit.suites import by_id, figures, row, run_suite, write_suite

SOUND = row("sound", "The Tin Mug is $14.50.")
LIE = row("lie", "The Tin Mug is $15.50.", "violation", "price.wrong")
MISSED = row("missed", "A tent for two.", "violation", "price.wrong", category="sly", locale="en-GB")
MISNAMED = row("misnamed", "The Tin Mug is $15.50.", "violation", "url.foreign")
ALARM = row("alarm", "The Larch Tent is $239.", "ok")


def _leaks(_passage: Passage, _world: World) -> Iterable[Finding]:
    raise RuntimeError("the roof leaks")


BROKEN = Rule("broken.rule", _leaks, Severity.BLOCK, ALL_BLOCKS, None, False)


def test_answers_that_agree_with_their_labels_pass(tmp_path: Path) -> None:
    result = run_suite(write_suite(tmp_path, [SOUND, LIE]))
    assert result.has_passed
    assert by_id(result)["lie"].rules == ("price.wrong",)
    assert figures(result)["recall"] == 1.0


def test_each_kind_of_wrong_answer_says_what_is_wrong(tmp_path: Path) -> None:
    cases = by_id(run_suite(write_suite(tmp_path, [MISSED, MISNAMED, ALARM])))
    assert {case.status for case in cases.values()} == {CaseStatus.FAIL}
    assert cases["missed"].message == "Missed: nothing held it back, price.wrong should have."
    assert cases["misnamed"].message.startswith("Held back, but not by url.foreign. price.wrong on '$15.50'")
    assert cases["alarm"].message.startswith("False alarm. price.wrong on '$239'")


def test_the_figures_count_texts_and_groups(tmp_path: Path) -> None:
    result = run_suite(write_suite(tmp_path, [SOUND, LIE, MISSED, MISNAMED, ALARM]))
    found = figures(result)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["named_recall"] == pytest.approx(1 / 3)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["fpr"] == 0.5
    assert found["fpr_upper"] == pytest.approx(0.905, abs=0.001)
    assert [(group.group, group.missed) for group in result.by_locale if group.missed] == [("en-GB", 1)]
    assert "sly" in {group.group for group in result.by_category}
    assert "price.wrong" in {group.group for group in result.by_rule}


def test_a_case_shows_what_was_said_where_and_by_which_facts(tmp_path: Path) -> None:
    case = by_id(run_suite(write_suite(tmp_path, [LIE])))["lie"]
    (mark,) = case.marks
    assert case.text[slice(*mark.span)] == "$15.50"
    assert mark.reason
    assert "pick: Tin Mug, 14.5 USD" in case.facts


def test_facts_for_the_reader_leave_private_ones_out() -> None:
    offer = OfferFacts(code="TRAIL15", kind="percent", value="15", min_spend="50")
    lines = fact_lines(snapshot(offer=offer))
    assert "offer: percent 15, min 50, code TRAIL15" in lines
    assert "pick: Larch 2P Tent, 240.00 USD, was 300.00" in lines
    assert not any("Lindqvist" in line or "lapsed" in line for line in lines)


def test_a_check_that_crashes_is_counted_apart_and_never_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(checks.BY_BLOCK, "pitch", (BROKEN, *checks.BY_BLOCK["pitch"]))
    result = run_suite(write_suite(tmp_path, [SOUND, LIE], thresholds={"crashed": "<= 0"}))
    assert figures(result)["crashed"] == 2
    assert all("A check crashed" in case.message and "the roof leaks" in case.message for case in result.cases)
    assert not result.has_passed


def test_a_share_of_nothing_keeps_no_threshold(tmp_path: Path) -> None:
    result = run_suite(write_suite(tmp_path, [SOUND], thresholds={"recall": ">= 0.5"}))
    assert figures(result)["recall"] is None
    assert not result.has_passed


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([SOUND, row("bare", "A tent for two.", None)], "bare"),
        ([SOUND, SOUND], "sound"),
        ([SOUND, {"id": "torn"}], "line 2"),
    ],
)
def test_a_file_that_is_no_set_of_labelled_cases_is_named(
    tmp_path: Path, rows: list[dict[str, object]], where: str
) -> None:
    (error,) = run_suite(write_suite(tmp_path, rows)).cases
    assert error.status is CaseStatus.ERROR
    assert "cases.jsonl" in error.message
    assert where in error.message


def test_only_the_chosen_cases_run(tmp_path: Path) -> None:
    assert set(by_id(run_suite(write_suite(tmp_path, [SOUND, LIE]), only="li"))) == {"lie"}


def test_texts_are_read_byte_for_byte(tmp_path: Path) -> None:
    path = write_suite(tmp_path)
    odd = row("odd", "A tent\u2028for e\u0301te\u0301\u00a0…")
    (tmp_path / "cases.jsonl").write_text(json.dumps(odd, ensure_ascii=False) + "\n", encoding="utf-8")
    assert by_id(run_suite(path))["odd"].text == odd["text"]
    assert load_suites([path])
