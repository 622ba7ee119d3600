"""`penfriend due` as people and cron use it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from api.databases import open_database
from api.settings import Settings
from memory.ingest import ingest
from store import clock
from tests.kit.commands import Ran, run_command
from tests.kit.events import KETTLE, identify, track
from tests.kit.homes import new_home

Run = Callable[..., Ran]


async def fill_carts(settings: Settings, *users: str) -> None:
    """Two hours ago."""
    at = (clock.now() - timedelta(hours=2)).isoformat()
    async with open_database(settings) as database, database.session() as session:
        for user in users:
            agreed = identify({"email_consent": True}, user=user) | {"timestamp": at}
            added = track("Product Added", KETTLE, user=user) | {"timestamp": at}
            report = await ingest(session, [agreed, added])
            assert report.accepted == 2


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run one command over an installation with two carts that were left."""
    home = Settings(home=tmp_path / ".penfriend")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")
    new_home(home.home)
    asyncio.run(fill_carts(home, "ada", "bo"))
    return partial(run_command, capsys)


def test_it_says_who_is_due_for_which_step_and_why(run: Run) -> None:
    shown = run("due", "abandoned_cart")
    assert shown.code == 0
    assert "ada" in shown.out
    assert "reminder" in shown.out
    assert "has not ordered since" in shown.out
    answer = run("due", "abandoned_cart", "--json").json()
    assert [(one["customer"], one["step"]) for one in answer] == [("ada", "reminder"), ("bo", "reminder")]
    assert run("due", "abandoned_cart", "--json", "--limit", "1").json() == answer[:1]


def test_nobody_is_due_for_another_step_or_flow_yet(run: Run) -> None:
    assert run("due", "abandoned_cart", "--step", "last_note", "--json").json() == []
    assert "Nobody is due." in run("due", "birthday").out


def test_a_flow_that_nobody_enters_is_not_found(run: Run) -> None:
    refused = run("due", "newsletter", "--json")
    assert (refused.code, refused.json()["error"]["reason"]) == (3, "unknown_flow")
