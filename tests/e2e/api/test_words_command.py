"""`penfriend words` as people and cron use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from api.databases import open_database
from api.settings import Settings
from composer.model_client import ALLOW_VARIABLE
from evals.scripted_model import ScriptedModel
from memory.ingest import ingest
from tests.kit.commands import Ran, run_command
from tests.kit.events import track
from tests.kit.homes import new_home

Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A fresh installation in which one customer wrote a review."""
    settings = Settings(home=tmp_path / ".penfriend")
    asyncio.run(_prepared(settings))
    return settings


async def _prepared(settings: Settings) -> None:
    new_home(settings.home)
    review = track("Product Reviewed", {"product_id": "p1", "review_body": "This linen has won me over for good."})
    async with open_database(settings) as database, database.session() as session:
        await ingest(session, [review])


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Settings) -> Run:
    """Run one command over it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv(ALLOW_VARIABLE, "loopback")
    monkeypatch.setenv("COLUMNS", "240")
    return partial(run_command, capsys)


def test_without_a_model_it_says_which_setting_is_missing(run: Run) -> None:
    refused = run("words")
    assert refused.code != 0
    assert "PENFRIEND_WORDS__MODEL" in refused.out + refused.err


def test_it_reads_what_is_waiting_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedModel(json.dumps({"statements": []})).in_thread() as server:
        monkeypatch.setenv("PENFRIEND_WORDS__MODEL", "hosted_vllm/reader")
        monkeypatch.setenv("PENFRIEND_WORDS__API_BASE", server.api_base)
        assert run("words", "--json").json() == {"read": 1, "skipped": 0, "failed": 0}
        assert "Read 0;" in run("words").out
