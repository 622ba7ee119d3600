"""`penfriend lessons`: listed, exported to a file that `penfriend check` takes, removed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.databases import open_database
from api.settings import Settings
from composer.contract import BlockReport, Rung
from composer.lessons.cases import rejected_case
from composer.lessons.tables import LessonRow
from composer.reviews.model import RejectReason
from tests.kit.commands import run_command
from tests.kit.factories import make_task
from tests.kit.homes import new_home

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
WRONG = BlockReport(key="opening", text="The Slate Cup is £4 today.", rung=Rung.MODEL, reason="ok")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation in which one e-mail was rejected for its price."""
    settings = Settings(home=tmp_path / "home")
    asyncio.run(_fill(settings))
    return settings.home


async def _fill(settings: Settings) -> None:
    new_home(settings.home)
    row = LessonRow(
        id="les_1",
        kind="case",
        review_id="rev_1",
        email_id="msg_1",
        customer="c-1",
        campaign_id="autumn",
        flow="newsletter",
        body={"cases": rejected_case(make_task(), [WRONG], [RejectReason.WRONG_PRICE])},
        reviewer="user:ann",
        at=AT,
        changed_at=AT,
    )
    async with open_database(settings) as database, database.session() as session:
        session.add(row)


def test_a_marketers_report_becomes_a_test_of_the_checks(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at, file = ("--home", home, "--json"), tmp_path / "cases.jsonl"
    listed = run_command(capsys, "lessons", "list", *at).json()
    assert [(one["id"], one["kind"]) for one in listed] == [("les_1", "case")]
    assert run_command(capsys, "lessons", "export", file, *at).json()["cases"] == 1
    [answer] = run_command(capsys, "check", file).answers
    assert (answer["id"], answer["answer"]) == ("les_1", "caught")
    assert "1 labelled violation" in run_command(capsys, "lessons", "list", "--home", home).out


def test_a_removed_lesson_is_no_case_any_more_and_an_unknown_one_is_an_error(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("--home", home, "--json")
    assert run_command(capsys, "lessons", "remove", "les_1", *at).json()["removed_by"].startswith("user:")
    assert run_command(capsys, "lessons", "export", tmp_path / "none.jsonl", *at).json()["cases"] == 0
    unknown = run_command(capsys, "lessons", "remove", "les_2", *at)
    assert (unknown.code, unknown.json()["error"]["reason"]) == (3, "unknown_lesson")
