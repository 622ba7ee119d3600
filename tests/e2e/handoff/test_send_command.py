"""`penfriend send`, as a shell would see it, with a real relay on this machine."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from api.databases import open_database
from api.settings import Settings
from composer.runs.tables import RunRow
from tests.kit.commands import run_command
from tests.kit.homes import new_home
from tests.kit.prepared import PreparedShop
from tests.kit.smtp_server import Mailbox, smtp_thread


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A relay, named in the environment."""
    with smtp_thread() as mailbox:
        for name, value in {"HOST": "127.0.0.1", "PORT": mailbox.port, "SECURITY": "plain"}.items():
            monkeypatch.setenv(f"PENFRIEND_SMTP__{name}", str(value))
        monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
        yield mailbox


@pytest.fixture
def run(tmp_path: Path) -> str:
    """A home with a completed run of two e-mails, of which one customer has unsubscribed."""
    return asyncio.run(_run(Settings(home=tmp_path / "home")))


async def _run(settings: Settings) -> str:
    new_home(settings.home)
    async with open_database(settings) as database:
        shop = await PreparedShop.open(database, customers=2)
        emails = [await shop.compose(customer=f"c-{number}") for number in (1, 2)]
        await shop.unsubscribe("c-2")
        await shop.stock()
        run = await shop.run(emails)
        async with database.session() as session:
            (await session.get_one(RunRow, run)).status = "completed"
        return run


def test_a_run_is_sent_once_however_often_it_is_said(
    run: str, mailbox: Mailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    ran = run_command(capsys, "send", run, "--smtp", "--home", home, "--json")
    assert (ran.code, ran.json()["status"]) == (0, "completed")
    assert (ran.json()["tally"]["sent"], ran.json()["tally"]["suppressed"]) == (1, 1)
    assert mailbox.addressees == ["c-1@post.example"]
    again = run_command(capsys, "send", run, "--smtp", "--home", home, "--json")
    assert len(mailbox.mails) == 1
    # Whoever said no is asked about again, and is left out again.
    assert (again.code, again.json()["tally"]["suppressed"], again.json()["emails"]) == (0, 1, 1)


def test_what_the_relay_will_not_have_pauses_and_the_same_command_goes_on(
    run: str, mailbox: Mailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    mailbox.at_mail = "550 5.7.1 Not from you"
    ran = run_command(capsys, "send", run, "--smtp", "--home", home)
    assert ran.code == 1
    assert "smtp_sender_refused" in ran.out
    mailbox.at_mail = ""
    ran = run_command(capsys, "send", run, "--smtp", "--home", home, "--json")
    assert (ran.code, ran.json()["tally"]["sent"], len(mailbox.mails)) == (0, 1, 1)


@pytest.mark.usefixtures("mailbox")
def test_one_channel_must_be_named(run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--smtp", "--listmonk"]):
        ran = run_command(capsys, "send", run, *options, "--home", tmp_path / "home")
        assert (ran.code, "--webhook ENDPOINT" in ran.err) == (2, True)
    assert run_command(capsys, "send", "run_none", "--smtp", "--home", tmp_path / "home").code == 3


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C as at a terminal: whatever is started in the background (`make test &`) inherits that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_pauses_and_the_same_command_goes_on(
    run: str, mailbox: Mailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    # Held at the relay, so that there is something to interrupt.
    mailbox.delay_s = 1.0
    # To the main thread, as a terminal does: raised in the relay's, it waits until something else wakes the main one.
    mailbox.when_asked = partial(signal.pthread_kill, threading.get_ident(), signal.SIGINT)
    ran = run_command(capsys, "send", run, "--smtp", "--home", home)
    assert ran.code == 130
    mailbox.delay_s, mailbox.when_asked = 0.0, None
    ran = run_command(capsys, "send", run, "--smtp", "--home", home, "--json")
    assert (ran.code, ran.json()["tally"]["sent"]) == (0, 1)
    # What was on the wire was finished, and written down, before the command ended.
    assert list(mailbox.keys.values()) == [1]
