"""The JSON report: what scripts find in it, and what happens to a file that is something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.reports import read_json, write_json
from store.errors import InvalidInput, NotFound
from tests.unit.evals.reports.runs import a_failure, a_run, a_share, a_suite


def test_a_script_finds_the_gate_without_counting(tmp_path: Path) -> None:
    write_json(a_run(a_suite(a_failure())), tmp_path / "new" / "report.json")
    content = json.loads((tmp_path / "new" / "report.json").read_text(encoding="utf-8"))
    assert (content["format"], content["version"]) == ("penfriend.evaluation", 1)
    assert (content["summary"]["exit_code"], content["summary"]["reason"]) == (1, "failed: guard")
    assert content["summary"]["suites"] == [
        {"name": "guard", "passed": False, "cases": {"pass": 0, "fail": 1, "error": 0, "known_miss": 0}}
    ]


def test_a_run_reads_back_as_it_was(tmp_path: Path) -> None:
    run = a_run(a_suite(a_failure(), metrics=(a_share(),)))
    write_json(run, tmp_path / "report.json")
    assert read_json(tmp_path / "report.json") == run


def test_a_missing_report_is_named_with_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"old\.json.*penfriend eval"):
        read_json(tmp_path / "old.json")


@pytest.mark.parametrize(
    ("content", "pointer"),
    [("{", "/"), ("[]", "/"), ('{"format": "other"}', "/format"), ('{"version": 2}', "/version")],
)
def test_anything_else_is_refused_by_name_and_place(tmp_path: Path, content: str, pointer: str) -> None:
    (tmp_path / "report.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"report\.json is no eval report of version 1") as refused:
        read_json(tmp_path / "report.json")
    assert refused.value.pointer == pointer
