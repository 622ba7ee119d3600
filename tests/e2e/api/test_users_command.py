"""`penfriend users` and the way in that `penfriend studio` makes for the owner of the machine."""

from __future__ import annotations

import re
import socket
import threading
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from api.house import open_house
from api.settings import Settings
from catalog.embedding import HashingEncoder
from composer.model_settings import ModelSettings
from tests.kit.commands import run_command
from tests.kit.homes import new_home
from tests.kit.live_server import serving

ADDRESS = "zoe@shop.example"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation without customers."""
    new_home(tmp_path / "home")
    return tmp_path / "home"


def test_people_are_added_changed_disabled_and_listed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--home", home, "--json")
    added = run_command(capsys, "users", "add", ADDRESS, "--role", "editor", "--url", "https://mail.shop.example", *at)
    assert added.json()["link"].startswith("https://mail.shop.example/studio/link/")
    assert (added.json()["name"], added.json()["role"]) == ("zoe", "editor")
    assert run_command(capsys, "users", "role", ADDRESS.upper(), "viewer", *at).json()["role"] == "viewer"
    assert run_command(capsys, "users", "disable", ADDRESS, *at).json()["disabled"] is True
    refused = run_command(capsys, "users", "link", ADDRESS, *at)
    assert (refused.code, refused.json()["error"]["reason"]) == (5, "account_disabled")
    run_command(capsys, "users", "enable", ADDRESS, *at)
    assert "/studio/link/" in run_command(capsys, "users", "link", ADDRESS, "--home", home).out
    listed = run_command(capsys, "users", "list", *at).json()
    assert [(one["address"], one["role"], one["disabled"]) for one in listed] == [(ADDRESS, "viewer", False)]


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("add", "zoe"), 2, "invalid_input"),
        (("add", ADDRESS, "--role", "boss"), 2, "invalid_input"),
        (("role", ADDRESS, "viewer"), 3, "unknown_account"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, reason: str
) -> None:
    ran = run_command(capsys, "users", *arguments, "--home", home, "--json")
    assert (ran.code, ran.json()["error"]["reason"]) == (code, reason)


def test_the_last_admin_is_not_disabled(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(capsys, "users", "add", ADDRESS, "--role", "admin", "--home", home)
    ran = run_command(capsys, "users", "disable", ADDRESS, "--home", home)
    assert (ran.code, "Nobody else is an admin." in ran.err) == (5, True)


def test_without_a_shop_the_studio_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run_command(capsys, "studio", "--no-browser", "--home", tmp_path / "none")
    assert (ran.code, "penfriend demo" in ran.err) == (3, True)


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.9\r\n"], ids=["hangs up", "speaks no HTTP"])
def test_a_port_that_something_else_has_is_named(
    home: Path, capsys: pytest.CaptureFixture[str], greeting: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        def answer() -> None:
            with other.accept()[0] as visitor:
                visitor.recv(65_536)
                visitor.sendall(greeting)

        threading.Thread(target=answer, daemon=True).start()
        ran = run_command(capsys, "studio", "--no-browser", "--port", port, "--home", home)
    assert (ran.code, f"listens on port {port}" in ran.err) == (5, True)


@pytest.mark.parametrize("command", ["serve", "studio"])
@pytest.mark.parametrize(("port", "said"), [(0, "greater than or equal to 1"), (70_000, "less than or equal to 65535")])
def test_a_port_that_there_is_not_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, port: int, said: str
) -> None:
    ran = run_command(capsys, command, "--port", port, "--home", tmp_path)
    assert (ran.code, said in ran.err, "--port" in ran.err) == (2, True, True)


def test_a_second_start_makes_a_link_for_the_studio_that_runs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(home=home, model=ModelSettings(model="openai/none"))
    with serving(create_app(settings, lambda: open_house(settings, encoder=HashingEncoder()))) as url:
        port = url.rpartition(":")[2]
        for _ in range(2):
            ran = run_command(capsys, "studio", "--no-browser", "--port", port, "--home", home)
            link = re.search(r"http://\S+/link/\S+", ran.err)
            assert link is not None
            assert (ran.code, link[0].startswith(f"{url}/studio/")) == (0, True)
            assert [httpx2.post(link[0]).status_code for _ in range(2)] == [303, 401]
