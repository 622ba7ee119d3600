"""`penfriend learn` as people and cron use it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from api.settings import Settings
from api.setup import init_home
from catalog.learning.artefact import NAME
from catalog.service import LESSONS
from tests.kit.commands import Ran, run_command

Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A fresh installation."""
    return Settings(home=tmp_path / ".penfriend")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Settings) -> Run:
    """Run one command over it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "240")
    asyncio.run(init_home(home))
    return partial(run_command, capsys)


def test_a_shop_without_orders_is_told_that_there_is_too_little_to_learn_from(run: Run, home: Settings) -> None:
    learned = run("learn", "--json")
    assert learned.code == 0
    assert (learned.json()["standing"], learned.json()["orders"]) == ("too_little_history", 0)
    assert (home.index_dir / LESSONS / NAME).is_file()


def test_the_doctor_says_that_what_was_learned_is_damaged_and_what_ranks_instead(run: Run, home: Settings) -> None:
    (home.index_dir / LESSONS).mkdir(parents=True)
    (home.index_dir / LESSONS / NAME).write_bytes(b"torn")
    found = run("doctor").out
    assert "does not match its checksum" in found
    assert "default weights rank" in found
