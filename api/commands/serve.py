"""`penfriend serve`: the HTTP service."""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from api.app import create_app
from api.console import Home, note
from api.house import open_house
from api.logs import configure_logs
from api.settings import read_settings
from api.tracing import traces

GRACE_S = 10
"""Seconds that requests in flight get at shut-down."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. [default: 8000]")] = None,
    home: Home = None,
) -> None:
    """Serve the HTTP API. Logs go to stderr as JSON lines, without personal data."""
    settings = read_settings(home)
    configure_logs(settings.log_level)
    where = f"http://{host or settings.host}:{port or settings.port}"
    note(f"Penfriend listens on {where} · documentation on {where}/docs · Ctrl-C ends it")
    with traces():
        uvicorn.run(
            create_app(settings, lambda: open_house(settings, serving=True)),
            host=host or settings.host,
            port=port or settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
            server_header=False,
        )
