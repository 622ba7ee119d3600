"""`penfriend export`: the e-mails of a run as a file, for senders that take files."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from api import audit
from api.console import Home, Json, emit, note, progress_bar
from api.house import House, open_house
from api.settings import Settings, read_settings
from composer.runs import service
from composer.runs.export import pages
from composer.runs.export_files import ExportReport, Progress, write_file, write_folder, write_lines
from store.errors import InvalidInput

Format = Literal["ndjson", "eml"]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(export)


def export(
    run: Annotated[str, typer.Argument(help="The run's id.")],
    out: Annotated[
        Path | None, typer.Option(help="Where to: a file, or for eml a folder. [default: lines on stdout]")
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="ndjson: a line for everyone in the run; eml: a message an e-mail.")
    ] = "ndjson",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write out everyone in a run with what became of them, and the e-mails as they may go out now.

    Consent, prices and stock are asked again: an e-mail that no longer holds is rebuilt, or its line says why it is
    withdrawn. The file is put in place when it is whole; after a crash, export again.
    """
    if out is None and (format_ == "eml" or as_json):
        raise InvalidInput("Say where to write: with --format eml or --json, stdout cannot be it.", fix="Add --out.")
    report = asyncio.run(_export(read_settings(home), run, out, format_))
    told = ", ".join(f"{count} {status}" for status, count in sorted(report.statuses.items())) or "nobody"
    if out is None:
        note(f"{report.recipients} recipients: {told}.")
        return
    emit(
        report,
        as_json,
        lambda console: console.print(f"{out}: {report.recipients} recipients, {told}.", highlight=False),
    )


async def _export(settings: Settings, run: str, out: Path | None, format_: Format) -> ExportReport:
    async with open_house(settings) as house:
        async with house.database.session(readonly=True) as session:
            total = (await service.get(session, run)).recipients
        with progress_bar() as bar:
            task = bar.add_task("exporting", total=total)
            statuses = await _write(house, run, out, format_, lambda done: bar.advance(task, done))
        async with house.database.session() as session:
            await audit.append(session, "run.export", run, why=f"{statuses.total()} recipients")
    return ExportReport(run=run, out=str(out or "-"), recipients=statuses.total(), statuses=dict(statuses))


async def _write(house: House, run: str, out: Path | None, format_: Format, progress: Progress) -> Counter[str]:
    found = pages(house.database, house.freshness, run)
    if out is None:
        return await write_lines(found, sys.stdout.buffer, progress)
    if format_ == "eml":
        return await write_folder(house.database, found, out, progress)
    return await write_file(found, out, progress)
