"""`penfriend experiment` and `penfriend holdout`, as people and scripts use them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.api.test_cli import BRAND, CAMPAIGN
from tests.kit.commands import Ran, run_command
from tests.kit.homes import new_home

Run = Callable[..., Ran]
PLAN = """
name: Plain words
campaigns: [spring]
arms:
  - {name: control, share: 0.5}
  - {name: plain, share: 0.5, model: templates}
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """A home with one campaign, without a model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "200")
    made = partial(run_command, capsys)
    (tmp_path / "brand.yaml").write_text(BRAND, encoding="utf-8")
    (tmp_path / "spring.yaml").write_text(CAMPAIGN, encoding="utf-8")
    (tmp_path / "plain.yaml").write_text(PLAN, encoding="utf-8")
    new_home(tmp_path / ".penfriend")
    for kind, file in (("brand", "brand.yaml"), ("campaign", "spring.yaml")):
        assert made("import", kind, file).code == 0
    return made


def test_an_experiment_from_file_to_its_end(run: Run) -> None:
    experiment = run("experiment", "new", "plain.yaml", "--json").json()["id"]
    assert "would be in it" in run("experiment", "show", experiment).out
    assert run("experiment", "start", experiment, "--json").json()["status"] == "running"
    assert run("experiment", "discard", experiment, "--json").code == 5
    none = run("compose", "c-1", "--campaign", "spring", "--arm", f"{experiment}/warm", "--json")
    assert (none.code, none.json()["error"]["pointer"]) == (2, "/variant")
    shown = run("experiment", "show", experiment)
    assert "Templates only, no model" in shown.out
    assert run("experiment", "stop", experiment).out.strip() == "“Plain words” has stopped."
    [listed] = run("experiment", "list", "--json").json()
    assert listed["status"] == "stopped"


def test_groups_on_the_command_line(run: Run) -> None:
    joined = run("experiment", "group", "join", "letters", "campaign", "spring", "30%", "--json").json()
    assert joined["members"][0]["slots"] == [[0, 3000]]
    assert "30.00%" in run("experiment", "group", "list").out
    assert run("experiment", "group", "join", "letters", "campaign", "spring", "lots").code == 2
    assert run("experiment", "group", "leave", "letters", "campaign", "spring", "--json").json() == {}


def test_the_shops_holdout_on_the_command_line(run: Run) -> None:
    assert run("holdout", "set", "5%", "--until", "2100-01-01", "--json").json()["share"] == 0.05
    assert "5.00%" in run("holdout", "show").out
    assert run("holdout", "end").out.strip() == "Nobody is held out any more."
    assert run("holdout", "end").out.strip() == "Nobody was held out."
    late = run("holdout", "set", "5%", "--until", "2020-01-01", "--json")
    assert (late.code, late.json()["error"]["pointer"]) == (2, "/until")
