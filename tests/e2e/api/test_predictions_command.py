"""`penfriend predictions` as people use it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from api.databases import open_database
from api.settings import Settings
from memory.learned import Learned, save_learned
from memory.predictions.fitting import fit
from memory.predictions.stored import REPORT, VERSION
from tests.kit.buyers import END, END_DAY, fading, histories
from tests.kit.commands import Ran, run_command
from tests.kit.homes import new_home

Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A fresh installation."""
    return Settings(home=tmp_path / ".penfriend")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Settings) -> Run:
    """Run one command over it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")
    new_home(home.home)
    return partial(run_command, capsys)


async def _learned(home: Settings) -> None:
    report = fit(histories(fading(600, 300)), END_DAY)[1]
    async with open_database(home) as database, database.session() as session:
        await save_learned(session, Learned(REPORT, VERSION, END, report.model_dump(mode="json")))


def test_before_anything_was_learned_it_says_how_to(run: Run) -> None:
    told = run("predictions")
    assert told.code == 3
    assert "penfriend learn" in told.err


def test_it_shows_what_is_in_use_why_and_how_reliable_it_is(run: Run, home: Settings) -> None:
    asyncio.run(_learned(home))
    shown = run("predictions").out
    assert "learned from 600 customers" in shown
    for word in ("log-loss", "Brier", "calibration error", "AUC", "Reliability of the answer in use", "rfm"):
        assert word in shown
    report = run("predictions", "--json").json()
    assert {one["days"] for one in report["buying"]} == {30, 60, 90}
    assert sum(one["customers"] for one in report["buying"][0]["bins"]) == report["buying"][0]["customers"]
