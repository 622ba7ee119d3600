"""`penfriend eval` as people and CI use it: what it prints, what it writes, how it exits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import prompts
from composer.model_client import ALLOW_VARIABLE
from evals.harness.loading import shipped_suites
from evals.harness.suite import KINDS
from evals.reports import read_json
from tests.kit.commands import Ran, run_command
from tests.kit.suites import row, write_suite

SOUND = row("sound", "The Tin Mug is $14.50.")
LIE = row("lie", "The Tin Mug is $15.50.", "violation", "price.wrong")
ALARM = row("alarm", "The Larch Tent is $239.")


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `penfriend eval` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    return partial(run_command, capsys, "eval")


def test_a_suite_that_passes_exits_with_0_and_shows_its_figures(run: Run, tmp_path: Path) -> None:
    ran = run(write_suite(tmp_path, [SOUND, LIE], thresholds={"recall": ">= 0.95"}))
    assert ran.code == 0
    assert "recall" in ran.out
    assert "all suites passed" in ran.out


@pytest.mark.parametrize(
    "fields", [{}, {"cases_must_pass": False, "thresholds": {"fpr": "<= 0.01"}}], ids=["case", "threshold"]
)
def test_a_failed_case_or_threshold_exits_with_1_and_says_why(run: Run, tmp_path: Path, fields: dict[str, Any]) -> None:
    ran = run(write_suite(tmp_path, [SOUND, ALARM], **fields))
    assert ran.code == 1
    assert "try[alarm] False alarm. price.wrong on '$239'" in ran.out


def test_a_harness_that_cannot_judge_exits_with_2(run: Run, tmp_path: Path) -> None:
    torn = run(write_suite(tmp_path, [{"id": "torn"}]))
    assert torn.code == 2
    assert "cases.jsonl" in torn.out


@pytest.mark.parametrize(
    "arguments", [["no-such-suite"], ["guard", "--filter", "no-such-case"], ["guard", "--previous", "nowhere.json"]]
)
def test_wrong_use_exits_with_2_and_says_what_to_do(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert "→" in ran.err


def test_a_folder_without_a_shop_is_said_before_any_suite_runs(run: Run, tmp_path: Path) -> None:
    ran = run(write_suite(tmp_path, [SOUND]), "--home", tmp_path / "nothing")
    assert (ran.code, ran.out) == (2, "")
    assert "There is no shop in" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["guard", "--against", "openai/x"], "no suite here compares"),
        (["comparison", "--prompts", "nowhere"], "There is no folder nowhere"),
    ],
)
def test_sides_that_cannot_be_compared_are_refused(run: Run, arguments: list[str], said: str) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_prompt_folder_is_set_against_the_shipped_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOW_VARIABLE, "loopback")
    own = tmp_path / "own"
    shutil.copytree(Path(prompts.__file__).parent, own)
    options = {"customers": 12, "per_flow": 1, "flows": ["newsletter"], "b": {"garbage_share": 1.0}}
    suite = write_suite(tmp_path, kind="comparison", options=options)
    ran = run(suite, "--prompts", own, "--report", tmp_path / "out")
    assert ran.code == 0, ran.out
    result = read_json(tmp_path / "out" / "report.json").suites[0]
    found = {metric.name: metric.value for metric in result.metrics}
    # Of subjects that only templates write there are as many on either side.
    assert found["fallback_share_a"] == found["fallback_share_b"]
    assert found["fallback_share_b"] is not None
    assert found["fallback_share_b"] < 0.2
    assert found["words_difference"] == 0.0
    assert f"side b: scripted, {own}" in result.cases[0].text


def test_a_report_that_cannot_be_written_is_no_failed_case(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert run(write_suite(tmp_path, [SOUND]), "--report", tmp_path / "file").code == 2


def test_reports_are_written_and_the_next_run_compares_itself_with_them(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "reports"
    suite = write_suite(tmp_path, [SOUND, ALARM])
    first = run(suite, "--report", folder)
    assert {path.name for path in folder.iterdir()} == {"report.json", "junit.xml", "report.html"}
    assert "since the last run" not in first.out.lower()
    write_suite(tmp_path, [SOUND])
    second = run(suite, "--report", folder)
    assert "since the last run" in second.out.lower()
    assert [case.id for case in read_json(folder / "report.json").suites[0].cases] == ["sound"]


def test_an_earlier_report_may_lie_elsewhere(run: Run, tmp_path: Path) -> None:
    suite = write_suite(tmp_path, [ALARM])
    run(suite, "--report", tmp_path / "monday")
    ran = run(suite, "--previous", tmp_path / "monday" / "report.json")
    assert "since the last run" in ran.out.lower()


def test_json_is_one_document_with_the_gate_and_what_did_not_pass(run: Run, tmp_path: Path) -> None:
    ran = run(write_suite(tmp_path, [SOUND, ALARM]), "--json")
    found = ran.json()
    assert (ran.code, found["exit_code"]) == (1, 1)
    (suite,) = found["suites"]
    assert suite["cases"] == {"pass": 1, "fail": 1, "error": 0, "known_miss": 0}
    assert [case["id"] for case in suite["not_passed"]] == ["alarm"]


def test_a_filter_runs_some_cases_without_thresholds(run: Run, tmp_path: Path) -> None:
    suite = write_suite(tmp_path, [SOUND, LIE, ALARM], thresholds={"recall": ">= 1"})
    ran = run(suite, "--filter", "soun*", "--json")
    assert ran.code == 0
    assert ran.json()["suites"][0]["cases"]["pass"] == 1


def test_a_repeated_suite_must_pass_every_time(run: Run, tmp_path: Path) -> None:
    ran = run(write_suite(tmp_path, [SOUND]), "--repeat", 2, "--json")
    assert [suite["name"] for suite in ran.json()["suites"]] == ["try#1", "try#2"]


def test_the_shipped_suites_are_listed(run: Run) -> None:
    listed = run("--list", "--json").json()
    assert {line["name"] for line in listed} == set(shipped_suites())
    assert {line["kind"] for line in listed} <= set(KINDS)
    assert "guard" in run("--list").out


def test_the_shipped_guard_suite_passes(run: Run) -> None:
    assert run("guard", "--json").code == 0
