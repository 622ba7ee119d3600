"""`penfriend studio`: the review studio on this machine, opened in a browser that is signed in."""

from __future__ import annotations

import asyncio
import getpass
import http.client
import os
import sys
import threading
import urllib.error
import urllib.request
import webbrowser
from functools import partial
from typing import Annotated

import typer

from api import audit
from api.console import Home, Json, emit, err
from api.databases import open_database
from api.serving import PortTaken, bound, serve_on
from api.settings import Settings, read_settings
from api.studio.accounts import create_account, find_account
from api.studio.door import PATH
from api.studio.sessions import make_link
from api.studio.team import AccountDisabled
from store.crypto import KeyFileMissing

PATIENCE_S = 30.0
"""With what has our port: a studio that is busy answers late, and is no stranger."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(studio)


def studio(
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port to listen on. [default: 8000]")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser; without, the link is only printed.")] = True,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Serve the HTTP API and the review studio, and sign the owner of this machine in as admin.

    Where it runs already, only another link is made.
    """
    settings = read_settings(home)
    where = f"{settings.local_url(port)}{PATH}"

    def tell(link: str, *, running: bool) -> None:
        emit({"url": where, "link": link, "running": running}, as_json, lambda _: _show(link))
        _open(link, browser)

    try:
        listening = bound(settings.host, port or settings.port)
    except PortTaken:
        link = f"{where}/link/{asyncio.run(_token(settings))}"
        if not _opens(link):
            raise
        tell(link, running=True)
        return
    with listening:
        link = f"{where}/link/{asyncio.run(_token(settings))}"
        serve_on(listening, settings, partial(tell, link, running=False))


def _show(link: str) -> None:
    # Never broken into two lines: it is to be copied.
    err().print(f"The studio: {link}\n(signs you in once, within 15 minutes)", soft_wrap=True, highlight=False)


async def _token(settings: Settings) -> str:
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


def _opens(link: str) -> bool:
    """Whether what runs there is a studio over the same database: only that one knows the link."""
    try:
        with urllib.request.urlopen(link, timeout=PATIENCE_S) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        # The last of them: what answers there speaks no HTTP.
        return False


def _open(link: str, wanted: bool) -> None:
    # Without a screen, Python would open a browser of text in the terminal.
    screen = sys.platform != "linux" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    if wanted and screen:
        # In a thread: some systems wait until the browser is there, and requests are answered meanwhile.
        threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()
