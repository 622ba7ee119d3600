"""`penfriend serve`: the HTTP service."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from api.console import Home, note
from api.serving import bound, serve_on
from api.settings import read_settings


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port to listen on. [default: 8000]")] = None,
    home: Home = None,
) -> None:
    """Serve the HTTP API. Logs go to stderr as JSON lines, without personal data."""
    settings = read_settings(home)
    at, number = host or settings.host, port or settings.port
    where = f"http://{at}:{number}"
    said = f"Penfriend listens on {where} · documentation on {where}/docs · Ctrl-C ends it"
    with bound(at, number) as listening:
        serve_on(listening, settings, partial(note, said))
