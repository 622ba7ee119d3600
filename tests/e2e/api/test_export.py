"""`penfriend export`, `replay` and `keys feed`, as a shell would see them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from api.databases import open_database
from api.settings import Settings
from tests.kit.commands import run_command
from tests.kit.homes import new_home
from tests.kit.prepared import PreparedShop


@pytest.fixture
def run(tmp_path: Path) -> str:
    """A home with a run of three: two e-mails, of which one customer has unsubscribed, and one skipped."""
    return asyncio.run(_run(Settings(home=tmp_path / "home")))


async def _run(settings: Settings) -> str:
    new_home(settings.home)
    async with open_database(settings) as database:
        shop = await PreparedShop.open(database, customers=2)
        emails = [await shop.compose(customer=f"c-{number}") for number in (1, 2)]
        await shop.unsubscribe("c-2")
        shop.shelf.change("sencha", price=Decimal("13.75"))
        await shop.stock()
        return await shop.run(emails, others=("skipped",))


def test_a_run_becomes_a_file_of_lines(run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.ndjson"
    ran = run_command(capsys, "export", run, "--out", out, "--home", tmp_path / "home", "--json")
    assert ran.code == 0
    assert ran.json()["statuses"] == {"composed": 1, "withdrawn": 1, "skipped": 1}
    lines = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    assert [line["customer"] for line in lines] == ["c-1", "c-2", "x-0"]
    assert "£13.75" in lines[0]["html"]
    email_id = lines[0]["idempotency_key"]
    for revision in ("0", "1"):
        ran = run_command(capsys, "replay", email_id, "--revision", revision, "--home", tmp_path / "home")
        assert (ran.code, ran.out.splitlines()[0]) == (0, "The same bytes.")


def test_a_run_becomes_a_folder_of_messages(run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    ran = run_command(capsys, "export", run, "--out", out, "--format", "eml", "--home", tmp_path / "home")
    assert ran.code == 0
    [message] = out.iterdir()
    assert b"To: c-1@post.example\r\n" in message.read_bytes()


def test_without_a_place_lines_go_to_stdout_and_messages_are_refused(
    run: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    ran = run_command(capsysbinary, "export", run, "--home", tmp_path / "home")  # type: ignore[arg-type]
    assert len(ran.out.splitlines()) == 3
    ran = run_command(capsysbinary, "export", run, "--format", "eml", "--home", tmp_path / "home")  # type: ignore[arg-type]
    assert ran.code == 2


def test_a_secret_url_is_made_for_a_campaign_that_exists(
    run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = run_command(capsys, "keys", "feed", "autumn", "--home", tmp_path / "home", "--json").json()
    assert made["url"].startswith("https://mail.harbourleaf.example/c/pf_live_")
    assert made["url"].endswith("/CUSTOMER")
    assert made["scopes"] == ["feed:autumn"]
    assert run_command(capsys, "keys", "feed", "autum", "--home", tmp_path / "home").code == 3
