"""What commands say of a shop that has next to nothing to tell of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from api.console import said_once
from composer.reports.wording import flow_name
from composer.results.power import Design, Spending, power
from prompts.library import Library
from store.failures import not_migrated
from tests.kit.commands import Ran, run_command
from tests.kit.homes import new_home

Run = Callable[..., Ran]
FRAMES = "┏┃│└"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run one command in an installation without any e-mail."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "400")
    new_home(tmp_path / ".penfriend")
    return partial(run_command, capsys)


def test_where_there_is_nothing_to_show_a_sentence_says_so_and_no_table_is_drawn(run: Run) -> None:
    said = {
        ("evaluate", "even"): "Cannot tell: there is no e-mail yet that left at least a week ago",
        ("results",): "Nothing is counted yet.",
        ("report",): "No e-mail of these days is counted yet: there is nothing to compare.",
        ("experiment", "list"): "There are no experiments. `penfriend experiment new FILE`",
    }
    for command, sentence in said.items():
        ran = run(*command)
        assert ran.code == 0
        assert sentence in ran.out
        assert not set(FRAMES) & set(ran.out)
        assert "even-1" not in ran.out
        assert "uniform-1" not in ran.out
    assert "Nothing to attribute" in run("report").out


def test_what_holds_of_several_is_said_once_behind_their_names() -> None:
    told = [("Welcome, and who we are", "Nobody was held out."), ("Vip", "Wait."), ("Birthday", "Nobody was held out.")]
    assert said_once(told) == ["Welcome, and who we are; Birthday: Nobody was held out.", "Vip: Wait."]


def test_flows_are_called_by_their_titles() -> None:
    titles = {flow.name: flow.title for flow in Library.load().flows}
    assert {name: flow_name(name) for name in titles} == titles


def test_a_lift_that_no_shop_sees_is_not_promised() -> None:
    spending = Spending(mean=3.31, variance=15.82**2, correlation=0.01, orders=0.0717)
    small = power(Design(customers=2_000, holdout=0.1, weeks=4), spending).sentence
    assert "do not expect to see a lift" in small
    large = power(Design(customers=200_000, holdout=0.1, weeks=4), spending).sentence
    assert "you will see a lift" in large
    assert "do not expect" not in large


def test_a_database_behind_is_called_older() -> None:
    assert str(not_migrated("0036_alarms").message).startswith("The database is older than this version of Penfriend")
    assert not_migrated("0036_alarms").fix == "Run `penfriend migrate`."
    assert "no tables" in not_migrated(None).message
