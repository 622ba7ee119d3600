"""`penfriend learn` as people and cron use it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from api.databases import open_database
from api.settings import Settings
from catalog.learning.artefact import NAME
from catalog.service import LESSONS
from store import clock
from tests.kit.commands import Ran, run_command
from tests.kit.decisions import decision
from tests.kit.homes import new_home

Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A fresh installation."""
    return Settings(home=tmp_path / ".penfriend")


async def keep_decisions(settings: Settings, clicked_of_200: dict[str, int]) -> None:
    """Of each tone 200 e-mails of three weeks ago, so many of them clicked."""
    at = clock.now() - timedelta(days=21)
    rows = [
        decision(place * 200 + number, at, tone, clicked=number < clicked)
        for place, (tone, clicked) in enumerate(clicked_of_200.items())
        for number in range(200)
    ]
    async with open_database(settings) as database, database.session() as session:
        session.add_all(rows)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Settings) -> Run:
    """Run one command over it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "240")
    new_home(home.home)
    return partial(run_command, capsys)


def test_a_shop_without_orders_is_told_that_there_is_too_little_to_learn_from(run: Run, home: Settings) -> None:
    learned = run("learn", "--json")
    assert learned.code == 0
    assert (learned.json()["standing"], learned.json()["orders"]) == ("too_little_history", 0)
    assert (home.index_dir / LESSONS / NAME).is_file()
    said = learned.json()["decisions"]["sentence"]
    assert said.startswith("Nothing was learned from outcomes yet")


def test_what_outcomes_taught_of_ways_to_write_is_told_in_words_and_as_json(run: Run, home: Settings) -> None:
    asyncio.run(keep_decisions(home, clicked_of_200={"plain": 50, "warm": 170, "playful": 50}))
    decisions = run("learn", "--json").json()["decisions"]
    [tone] = decisions["dimensions"]
    assert decisions["emails"] == 600
    assert (tone["dimension"], tone["arms"][0]["arm"], tone["tells"]) == ("tone", "warm", True)
    assert tone["arms"][0]["best"] > 0.9
    said = run("learn").out
    assert decisions["sentence"] in said
    assert tone["sentence"] in said
    assert f"{tone['arms'][0]['effect']:+.0%}" in said


def test_the_doctor_says_that_what_was_learned_is_damaged_and_what_ranks_instead(run: Run, home: Settings) -> None:
    (home.index_dir / LESSONS).mkdir(parents=True)
    (home.index_dir / LESSONS / NAME).write_bytes(b"torn")
    found = run("doctor").out
    assert "does not match its checksum" in found
    assert "default weights rank" in found
