"""`penfriend power` and `penfriend evaluate` as people and scripts use them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from api.databases import open_database
from api.settings import read_settings
from store import clock
from tests.kit.commands import Ran, run_command
from tests.kit.decisions import TONES, decision
from tests.kit.homes import new_home

Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run one command in an installation of its own, without an embedded model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "200")
    new_home(tmp_path / ".penfriend")
    return partial(run_command, capsys)


def test_power_is_told_in_a_sentence_and_as_json(run: Run) -> None:
    said = run("power", "--customers", "50000", "--weeks", "4", "--lift", "0.1")
    assert said.code == 0
    assert "With 50,000 customers, a tenth of them held out, you will see a lift of " in said.out
    assert "To see a lift of 10 % it takes" in said.out
    found = run("power", "--customers", "50000", "--json").json()
    assert 0 < found["lift"] < 1
    refused = run("power", "--holdout", "1.5")
    assert refused.code == 2
    assert "A share held out is more than 0 and less than 1" in refused.err


def test_a_policy_is_judged_before_it_decides_about_anybody(run: Run, tmp_path: Path) -> None:
    asyncio.run(_sent())
    (tmp_path / "warm.yaml").write_text("name: warm for all\nodds: {tone: {warm: 1}}\n")
    said = run("evaluate", "warm.yaml")
    assert said.code == 0
    assert "warm for all: The log can tell: 600 e-mails" in said.out
    assert "More clicks: +" in said.out
    assert "How far the log reaches" in said.out
    found = run("evaluate", "even", "--since", "2000-01-01", "--json").json()
    assert found["emails"] == 600
    assert {one["metric"] for one in found["scopes"][0]["metrics"]} >= {"reward", "clicks", "revenue"}
    unknown = run("evaluate", "thomson")
    assert unknown.code == 2
    assert "There is no policy 'thomson'" in unknown.err


async def _sent() -> None:
    draw, at = Random(3), clock.now() - timedelta(days=20)
    async with open_database(read_settings(None)) as database, database.session() as session:
        for number in range(600):
            tone = draw.choice(TONES)
            session.add(decision(number, at, tone, clicked=draw.random() < (0.5 if tone == "warm" else 0.1)))
