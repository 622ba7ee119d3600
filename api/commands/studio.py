"""`penfriend studio`: the review studio on this machine, opened in a browser that is signed in."""

from __future__ import annotations

import asyncio
import getpass
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from typing import Annotated

import typer

from api.commands.serve import serve
from api.console import Home, note
from api.databases import open_database
from api.settings import Settings, read_settings
from api.studio.accounts import create_account, find_account
from api.studio.door import PATH
from api.studio.sessions import make_link

WAIT_S = 30.0


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(studio)


def studio(
    port: Annotated[int | None, typer.Option(help="Port to listen on. [default: 8000]")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser; without, the link is only printed.")] = True,
    home: Home = None,
) -> None:
    """Serve the HTTP API and the review studio, and sign the owner of this machine in as admin."""
    settings = read_settings(home)
    where = f"http://{settings.host}:{port or settings.port}"
    link = f"{where}{PATH}/link/{asyncio.run(_link(settings))}"
    note(f"The studio: {link}\n(signs you in once, within 15 minutes)")
    if browser:
        threading.Thread(target=_open_when_up, args=(where, link), daemon=True).start()
    serve(port=port, home=home)


async def _link(settings: Settings) -> str:
    """For whoever may read the key file: they own all that the studio shows."""
    address = f"{getpass.getuser()}@localhost"
    async with open_database(settings) as database, database.session() as session:
        account = await find_account(session, address)
        if account is None:
            account = await create_account(session, address, getpass.getuser(), "admin")
        return await make_link(session, account.id)


def _open_when_up(where: str, link: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{where}/healthz", timeout=1).close()  # noqa: S310  # our own address
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            webbrowser.open(link)
            return
