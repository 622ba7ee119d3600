"""The CI page and the ready workflow say what the commands really take."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from api.cli import application
from evals import corpora, pytest_plugin
from evals.harness.loading import load_suites, shipped_suites

ROOT = Path(__file__).parents[3]
PAGE, WORKFLOW = ROOT / "docs" / "guardrails" / "ci.md", ROOT / "examples" / "github-workflow.yml"
COMMAND = re.compile(r"penfriend (eval|check)\b([^#\n`]*)")


def code_blocks(language: str) -> list[str]:
    """The page's examples in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", [PAGE, WORKFLOW], ids=lambda path: path.name)
def test_every_option_that_is_shown_exists(path: Path) -> None:
    group: Any = typer.main.get_command(application())
    shown = COMMAND.findall(path.read_text(encoding="utf-8"))
    assert shown
    for name, arguments in shown:
        known = {option for parameter in group.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", arguments)) <= known, f"penfriend {name}{arguments}"


def test_every_suite_that_is_named_is_shipped() -> None:
    named = {
        word
        for name, arguments in COMMAND.findall(PAGE.read_text(encoding="utf-8"))
        for word in re.sub(r"--\S+ \S+", "", arguments).split()
        if name == "eval" and re.fullmatch(r"[a-z]+", word)
    }
    assert "guard" in named
    assert named <= set(shipped_suites())


def test_the_example_of_a_suite_loads(tmp_path: Path) -> None:
    (example,) = (block for block in code_blocks("yaml") if "kind: guard" in block)
    (tmp_path / "shop").mkdir()
    line = (Path(corpora.__file__).parent / "guardrails.jsonl").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "shop" / "ours.jsonl").write_text(json.dumps(json.loads(line)), encoding="utf-8")
    (tmp_path / "shop.suite.yaml").write_text(example, encoding="utf-8")
    (suite,) = load_suites([tmp_path / "shop.suite.yaml"])
    assert set(suite.thresholds) == {"recall", "hard_recall", "fpr"}
    assert set(suite.known_misses) == {"shop-017"}


def test_the_pytest_options_and_settings_exist() -> None:
    source = Path(pytest_plugin.__file__).read_text(encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"--penfriend-[a-z]+", page)) == set(re.findall(r"--penfriend-[a-z]+", source))
    settings = set(re.findall(r'addini\(\s*"(\w+)"', source)) | {pytest_plugin.PAID_MARK}
    assert set(re.findall(r"\bpenfriend_\w+", page)) == settings


def test_the_workflow_runs_keeps_and_publishes_the_same_folder() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    steps = workflow["jobs"]["eval"]["steps"]
    assert "penfriend eval --report eval-report" in [step.get("run") for step in steps]
    used = {step["uses"].partition("@")[0]: step for step in steps if "uses" in step}
    assert used["actions/upload-artifact"]["with"]["path"] == "eval-report/"
    assert used["mikepenz/action-junit-report"]["with"]["report_paths"] == "eval-report/junit.xml"
    for name in ("actions/upload-artifact", "mikepenz/action-junit-report"):
        assert used[name]["if"] == "success() || failure()", "a failed gate is what the report is for"


def test_the_gitlab_job_gives_junit_to_gitlab_also_when_it_fails() -> None:
    (example,) = (block for block in code_blocks("yaml") if "penfriend-eval:" in block)
    job = yaml.safe_load(example)["penfriend-eval"]
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"]["junit"] == "eval-report/junit.xml"
    assert "penfriend eval --report eval-report" in job["script"]
