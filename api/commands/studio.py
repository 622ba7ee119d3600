"""`penfriend studio`: the review studio on this machine, opened in a browser that is signed in."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from typing import Annotated

import typer

from api import audit
from api.commands.serve import serve
from api.console import Home, Json, emit, err
from api.databases import open_database
from api.settings import Settings, read_settings
from api.studio.accounts import create_account, find_account
from api.studio.door import PATH
from api.studio.sessions import make_link
from api.studio.team import AccountDisabled
from store.crypto import KeyFileMissing
from store.errors import Conflict

WAIT_S = 30.0


class PortTaken(Conflict):
    """Something else listens there."""

    reason = "port_in_use"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(studio)


def studio(
    port: Annotated[int | None, typer.Option(help="Port to listen on. [default: 8000]")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser; without, the link is only printed.")] = True,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Serve the HTTP API and the review studio, and sign the owner of this machine in as admin.

    Where it runs already, only another link is made.
    """
    settings = read_settings(home)
    where = settings.local_url(port)
    taken = _is_taken(settings.host, port or settings.port)
    link = f"{where}{PATH}/link/{asyncio.run(_link(settings))}"
    if taken and not _opens(link):
        raise PortTaken(
            f"Something else listens on port {port or settings.port}.", fix="Choose another with --port, or end it."
        )
    emit({"url": f"{where}{PATH}", "link": link, "running": taken}, as_json, lambda _: _tell(link))
    if taken:
        _open(link, browser)
        return
    if browser:
        threading.Thread(target=_open_when_up, args=(where, link), daemon=True).start()
    serve(port=port, home=home)


def _tell(link: str) -> None:
    # Never broken into two lines: it is to be copied.
    err().print(f"The studio: {link}\n(signs you in once, within 15 minutes)", soft_wrap=True, highlight=False)


async def _link(settings: Settings) -> str:
    """For whoever may read the key file: they own all that the studio shows. Raises KeyFileMissing, AccountDisabled."""
    if settings.keyring is None and not settings.keys_file.exists():
        raise KeyFileMissing(
            f"There is nothing to show in {settings.home} yet.",
            fix="Run `penfriend demo` for a shop to try it with, or `penfriend init` for your own; or name its --home.",
        )
    owner = getpass.getuser()
    async with open_database(settings) as database, database.session() as session:
        account = await find_account(session, f"{owner}@localhost")
        if account is None:
            account = await create_account(session, f"{owner}@localhost", owner, "admin")
            await audit.append(session, "account.create", account.id, why=f"as {account.role}")
        if account.disabled:
            raise AccountDisabled(
                f"The account {account.address} is disabled.", fix=f"Run `penfriend users enable {account.address}`."
            )
        token = await make_link(session, account.id)
        await audit.append(session, "account.link", account.id)
        return token


def _is_taken(host: str, port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(1)
        reached = "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host  # noqa: S104  # compared, not bound
        return tried.connect_ex((reached, port)) == 0


def _opens(link: str) -> bool:
    """Whether what runs there is a studio over the same database: only that one knows the link."""
    try:
        with urllib.request.urlopen(link, timeout=5) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _open_when_up(where: str, link: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{where}/healthz", timeout=1).close()  # noqa: S310  # our own address
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            _open(link, True)
            return


def _open(link: str, wanted: bool) -> None:
    # Without a screen, Python would open a browser of text in the terminal.
    screen = sys.platform != "linux" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    if wanted and screen:
        webbrowser.open(link)
