"""`penfriend worker` and `penfriend workers`: processes that work on campaign runs, and which there are."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from api.console import Home, Json, emit, note, table
from api.databases import open_database
from api.house import collect_as_runs_want, open_house
from api.logs import configure_logs
from api.metrics import metrics_server
from api.settings import Settings, read_settings
from api.tracing import traces
from api.working import work
from composer.runs.fleet import Worker, live_workers
from store import clock


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(worker)
    app.command()(workers)


def worker(
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="E-mails written at the same time. [default: runs.concurrency, 100]")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Serve Prometheus metrics there; 0 takes a free port.")
    ] = None,
    metrics_host: Annotated[
        str, typer.Option(help="Address to serve them on. Whoever reaches it may read them.")
    ] = "127.0.0.1",
    home: Home = None,
) -> None:
    """Work on campaign runs until told to stop. Any number of them, on any machine that reaches the database.

    SIGTERM or Ctrl-C finishes the e-mails being written, for runs.grace_s seconds at most, and leaves the rest to other
    workers; a second one ends that grace. One that has grown beyond runs.worker_max_mb finishes what it has in hand and
    begins anew under the same process id. Logs go to stderr as JSON lines, without personal data.
    """
    settings = read_settings(home)
    if concurrency is not None:
        settings = settings.model_copy(update={"runs": settings.runs.model_copy(update={"concurrency": concurrency})})
    configure_logs(settings.log_level)
    note(f"This worker writes {settings.runs.concurrency} e-mails at a time · Ctrl-C ends it")
    with traces():
        outgrown = asyncio.run(_work(settings, metrics_host, metrics_port))
    if outgrown:
        begin_anew()


def begin_anew() -> None:
    """The same command in the same process: whoever started it need not know, and its memory is given back."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command line, no shell


def workers(home: Home = None, as_json: Json = False) -> None:
    """Which processes work on runs now, and how many chunks each has in hand."""
    found = asyncio.run(_workers(read_settings(home)))
    emit([one.model_dump(mode="json") for one in found], as_json, lambda console: _show(console, found))


async def _work(settings: Settings, metrics_host: str, metrics_port: int | None) -> bool:
    async with open_house(settings) as house:
        collect_as_runs_want()
        if metrics_port is None:
            return await work(house)
        with metrics_server(house.throttles, host=metrics_host, port=metrics_port) as port:
            note(f"Metrics on http://{metrics_host}:{port}/metrics")
            return await work(house)


async def _workers(settings: Settings) -> list[Worker]:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await live_workers(session, lease_s=settings.runs.lease_s)


def _show(console: Console, found: list[Worker]) -> None:
    if not found:
        console.print("No process works on runs: start one with `penfriend worker`, or `penfriend serve` on SQLite.")
        return
    now = clock.now()
    rows = [
        (one.id, one.host, one.pid, one.version, f"{one.started_at:%Y-%m-%d %H:%M}", _ago(one, now), one.chunks)
        for one in found
    ]
    console.print(table(("worker", "host", "pid", "version", "since", "seen", "chunks"), rows))


def _ago(one: Worker, now: datetime) -> str:
    return f"{max(0, round((now - one.seen_at).total_seconds()))} s ago"
