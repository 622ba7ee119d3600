"""`penfriend hooks`: a provider is added, tried against the running service, seen in counts, and removed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from api.app import create_app
from api.databases import open_database
from api.hooks import counts
from api.hooks.model import Passed
from api.house import open_house
from api.settings import Settings, read_settings
from catalog.embedding import HashingEncoder
from composer.model_settings import ModelSettings
from tests.kit.commands import run_command
from tests.kit.homes import new_home
from tests.kit.hooks import MAILGUN_KEY, STANDARD_SECRET, TOPIC, SendGridSender
from tests.kit.live_server import serving

OURS = "https://mail.shop.example"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation without customers; each test leaves providers of its own in it, or none."""
    folder = tmp_path_factory.mktemp("hooks") / "home"
    new_home(folder)
    return folder


@pytest.mark.parametrize(
    ("provider", "secret"),
    [
        ("sendgrid", SendGridSender().secret),
        ("mailgun", MAILGUN_KEY),
        ("postmark", ""),
        ("ses", TOPIC),
        ("resend", STANDARD_SECRET),
        ("generic", ""),
    ],
)
def test_adding_says_what_to_enter_where_and_lists_no_secret(
    home: Path, capsys: pytest.CaptureFixture[str], provider: str, secret: str
) -> None:
    at = ("--home", home, "--json")
    given = ("--secret", secret) if secret else ()
    added = run_command(capsys, "hooks", "add", provider, *given, "--url", OURS, *at).json()
    assert added["url"] == f"{OURS}/v1/hooks/{provider}"
    assert any("/v1/hooks/" in step for step in added["guide"])
    listed = run_command(capsys, "hooks", "list", *at)
    assert added["id"] in [one["id"] for one in listed.json()["secrets"]]
    assert secret == "" or secret not in listed.out
    assert run_command(capsys, "hooks", "remove", added["id"], *at).json()["id"] == added["id"]
    assert added["id"] not in run_command(capsys, "hooks", "list", *at).out


def test_an_empty_list_says_what_to_do_and_a_full_one_what_became_of_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    new_home(home)
    empty = run_command(capsys, "hooks", "list", "--home", home).out
    assert "penfriend hooks add PROVIDER" in empty
    assert "Nothing was reported" in empty
    asyncio.run(_count(home, {Passed("processed", "ignored"): 1200, Passed("opened", "not_ours"): 3}))
    said = run_command(capsys, "hooks", "list", "--home", home).out
    assert all(words in said for words in ("1,200", "tells nothing of an outcome", "not about an e-mail of ours"))


async def _count(home: Path, counted: dict[Passed, int]) -> None:
    async with open_database(read_settings(home)) as database, database.session() as session:
        await counts.add(session, "sendgrid", counted)


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("add", "mandrill"), 3, "unknown_provider"),
        (("add", "sendgrid", "--secret", "x"), 2, "bad_hook_secret"),
        (("remove", "hok_none"), 3, "unknown_hook_secret"),
        (("test", "generic", "--url", "http://127.0.0.1:9"), 6, "service_away"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, reason: str
) -> None:
    ran = run_command(capsys, "hooks", *arguments, "--home", home, "--json")
    assert (ran.code, ran.json()["error"]["reason"]) == (code, reason)


def test_people_read_the_steps_and_what_came(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    added = run_command(capsys, "hooks", "add", "generic", "--url", OURS, "--home", home).out
    assert f"1. POST to {OURS}/v1/hooks/generic" in added
    assert "not shown again" in added
    assert "secret ends with" in run_command(capsys, "hooks", "list", "--home", home).out


def test_a_try_is_answered_as_it_should_be_and_is_counted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(home=home, model=ModelSettings(model="openai/none"))
    app = create_app(settings, lambda: open_house(settings, encoder=HashingEncoder()))
    with serving(app) as url:
        assert _try(capsys, home, "sendgrid", url) == [("404 hook_not_set", True)]
        for provider, secret in (
            ("generic", ""),
            ("postmark", ""),
            ("mailgun", MAILGUN_KEY),
            ("resend", STANDARD_SECRET),
        ):
            given = ("--secret", secret) if secret else ()
            run_command(capsys, "hooks", "add", provider, *given, "--home", home, "--json")
            assert _try(capsys, home, provider, url)[1:] == [("200 unknown_email", True)]
    counts = run_command(capsys, "hooks", "list", "--home", home, "--json").json()["counts"]
    assert {(one["provider"], one["reason"], one["n"]) for one in counts} == {
        (provider, "unknown_email", 1) for provider in ("generic", "postmark", "mailgun", "resend")
    }


def _try(capsys: pytest.CaptureFixture[str], home: Path, provider: str, url: str) -> list[tuple[str, bool]]:
    ran = run_command(capsys, "hooks", "test", provider, "--url", url, "--home", home, "--json")
    assert ran.code == 0
    # The service of this very process logs to the same place.
    return [(one["answered"], one["right"]) for one in json.loads(ran.out[ran.out.index("[\n") :])]
