"""`penfriend report`: for people in the order of how far it may be believed, as a document, and as rows."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path

import pytest

from api.databases import open_database
from api.settings import Settings
from tests.kit.commands import run_command
from tests.kit.homes import new_home
from tests.kit.reports import email, episode, keep
from tests.kit.runs import open_shop

DAYS = ("--since", "2026-06-01", "--until", "2026-07-01")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose campaign wrote to ten customers, of whom one bought after a click."""
    settings = Settings(home=tmp_path_factory.mktemp("report") / "home")
    asyncio.run(_fill(settings))
    return settings.home


async def _fill(settings: Settings) -> None:
    new_home(settings.home)
    async with open_database(settings) as database:
        await open_shop(database)
        reached = [episode(number, spent=30.0 * (number == 0)) for number in range(10)]
        await keep(database, [*reached, *(email(n, 30.0 * (n == 0), clicked=n == 0) for n in range(10))])


def test_people_read_what_was_made_before_what_is_attributed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = run_command(capsys, "report", *DAYS, "--home", home).out
    assert said.index("1. What the e-mails made") < said.index("2. Experiments") < said.index("3. Attributed")
    assert "Nobody was held out" in said
    assert "not proof that the e-mails caused it" in " ".join(said.split())


def test_results_name_once_who_holds_nobody_out_beside_what_can_be_compared(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = run_command(capsys, "results", "--home", home).out
    assert "No holdout" in said
    assert said.count("Nobody was held out of") == 1


def test_programs_get_a_document_or_rows_and_nothing_else(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = run_command(capsys, "report", *DAYS, "--home", home, "--json").json()
    assert (document["total"]["emails"], document["total"]["revenue"]) == (10, 30.0)
    text = run_command(capsys, "report", *DAYS, "--home", home, "--csv", "--by", "lifecycle").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["by"] for row in rows if row["section"] == "attributed"} == {"all", "lifecycle"}


def test_arms_are_told_with_what_may_be_said_of_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = run_command(capsys, "report", *DAYS, "--home", home, "--by", "arm").out
    assert "tone" in said
    assert "there is nothing to compare" in said
