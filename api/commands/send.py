"""`penfriend send`: hand the e-mails of a run to whoever sends them."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from api.console import FAILED, Home, Json, emit, note, progress_bar, table
from api.handoffs import open_dispatcher
from api.house import House, open_house
from api.logs import configure_logs
from api.settings import Settings, read_settings
from composer.handoff import service
from composer.handoff.model import (
    Handoff,
    HandoffRequest,
    HandoffStatus,
    OverListmonk,
    OverSmtp,
    OverWebhook,
)
from store.errors import InvalidInput


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(send)


def send(
    run: Annotated[str, typer.Argument(help="The run's id.")],
    smtp: Annotated[bool, typer.Option("--smtp", help="Through the relay of the settings.")] = False,
    listmonk: Annotated[bool, typer.Option("--listmonk", help="Through the listmonk of the settings.")] = False,
    webhook: Annotated[
        str | None, typer.Option(metavar="ENDPOINT", help="Each as a signed webhook to this endpoint (whe_…).")
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="First take up again what failed.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Send the e-mails of a run, each once, and watch. Goes on where an earlier hand-off of the run was left.

    Consent, prices and stock are asked again before each e-mail. Ctrl-C pauses; the same command goes on. Exit code 1
    when the hand-off paused itself or some e-mails failed.
    """
    request = _request(smtp, listmonk, webhook)
    # What goes on is in the bar; what goes wrong is worth a line beside it, on stderr.
    configure_logs("WARNING")
    ended = asyncio.run(_send(read_settings(home), run, request, retry_failed, as_json))
    emit(ended, as_json, lambda console: _show(console, ended))
    if ended.status is not HandoffStatus.COMPLETED or ended.tally.failed:
        raise typer.Exit(FAILED)


def _request(smtp: bool, listmonk: bool, webhook: str | None) -> HandoffRequest:
    wanted: list[HandoffRequest] = []
    if smtp:
        wanted.append(OverSmtp(channel="smtp"))
    if listmonk:
        wanted.append(OverListmonk(channel="listmonk"))
    if webhook:
        wanted.append(OverWebhook(channel="webhook", endpoint=webhook))
    if len(wanted) != 1:
        raise InvalidInput("Say through which channel.", fix="Add one of --smtp, --listmonk or --webhook ENDPOINT.")
    return wanted[0]


async def _send(settings: Settings, run: str, request: HandoffRequest, retry_failed: bool, as_json: bool) -> Handoff:
    async with open_house(settings) as house:
        handoff = await _begun(house, run, request, retry_failed)
        note(f"{handoff.id}: {handoff.tally.pending} of {handoff.emails} e-mails to send. Ctrl-C pauses.", as_json)
        dispatcher = open_dispatcher(settings, house.database, house.freshness)
        with progress_bar(hidden=as_json) as bar:
            task = bar.add_task("sending", total=handoff.emails)
            try:
                return await dispatcher.deliver(handoff.id, lambda now: _tell(bar, task, now))
            except asyncio.CancelledError:
                # Ctrl-C: or whatever else delivers here (`penfriend serve`) would go on with it.
                await _pause(house, handoff.id)
                raise


async def _begun(house: House, run: str, request: HandoffRequest, retry_failed: bool) -> Handoff:
    """The run's own hand-off through this channel that is not over yet, or a new one."""
    async with house.database.session() as session:
        found = [one for one in await service.of_run(session, run) if one.request == request]
        left = next((one for one in found if one.status in service.OPEN), None)
        failed = next((one for one in found if one.tally.failed), None)
        if retry_failed and failed is not None:
            return await service.retry_failed(session, failed.id)
        if left is None:
            return await service.start(session, run, request)
        return left if left.status is HandoffStatus.RUNNING else await service.resume(session, left.id)


async def _pause(house: House, handoff_id: str) -> None:
    async with house.database.session() as session:
        handoff = await service.get(session, handoff_id)
        if handoff.status is HandoffStatus.RUNNING:
            await service.pause(session, handoff_id)


def _tell(bar: Progress, task: TaskID, now: Handoff) -> None:
    state = "sending"
    if now.rests_until and now.reason:
        state = f"waiting for the far side ({now.reason})"
    elif now.deferred and now.deferred == now.tally.pending and now.deferred_until:
        state = f"{now.deferred:,} deferred until {now.deferred_until:%H:%M} UTC"
    bar.update(task, description=state, completed=now.tally.done)


def _show(console: Console, ended: Handoff) -> None:
    counts = ended.tally.model_dump()
    console.print(table(("hand-off", "status", *counts), [(ended.id, ended.status.value, *counts.values())]))
    if ended.reason:
        console.print(f"{ended.reason}: {ended.detail}", highlight=False)
