"""`penfriend import`: products, events, brands and campaigns from files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console

from api.console import FAILED, DryRun, Home, Json, emit, progress_bar, table
from api.databases import open_database
from api.events_file import EventsReport, import_events
from api.house import House, open_house
from api.imports import FormatName, format_of_file
from api.learning import learn
from api.settings import Settings, read_settings
from catalog.feeds.importer import import_feed
from catalog.feeds.report import ImportReport
from composer.campaigns import save_brand, save_campaign
from composer.documents import Brand, Campaign, load_document

ROWS_SHOWN = 20

imports = typer.Typer(help="Products, events, brands and campaigns from files.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(imports, name="import")


class Saved(BaseModel):
    """What became of a document."""

    kind: str
    id: str
    version: int | None = None
    dry_run: bool


@imports.command()
def products(
    file: Path,
    format_: Annotated[FormatName, typer.Option("--format", help="What the file is.")] = "auto",
    currency: Annotated[str | None, typer.Option(help="For prices that name none: GBP, EUR …")] = None,
    home: Home = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Import a product feed with Google Merchant field names. Bad rows are listed, all others are imported."""
    report = asyncio.run(_products(read_settings(home), file, format_, currency, dry_run))
    emit(report, as_json, lambda console: _show_feed(console, report))


@imports.command()
def events(file: Path, home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Import customer events: one Segment message (identify, track …) a line of NDJSON."""
    report = asyncio.run(_events(read_settings(home), file, dry_run))
    emit(report, as_json, lambda console: _show_events(console, report))
    if report.rejected and not (report.accepted or report.duplicates):
        raise typer.Exit(FAILED)


@imports.command()
def brand(file: Path, home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Save a brand from YAML or JSON."""
    document = load_document(Brand, file)
    asyncio.run(_save_brand(read_settings(home), document, dry_run))
    _saved(Saved(kind="brand", id=document.id, dry_run=dry_run), as_json)


@imports.command()
def campaign(file: Path, home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Save a campaign from YAML or JSON; a changed document becomes a new version."""
    document = load_document(Campaign, file)
    version = asyncio.run(_save_campaign(read_settings(home), document, dry_run))
    _saved(Saved(kind="campaign", id=document.id, version=version, dry_run=dry_run), as_json)


async def _products(
    settings: Settings, file: Path, format_: FormatName, currency: str | None, dry_run: bool
) -> ImportReport:
    async with open_house(settings) as house:
        with progress_bar() as bar:
            task = bar.add_task("reading products", total=None)
            report = await import_feed(
                house.database,
                file,
                format_of_file(format_, file),
                currency=currency,
                dry_run=dry_run,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        if not dry_run:
            await _refresh(house)
    return report


async def _events(settings: Settings, file: Path, dry_run: bool) -> EventsReport:
    async with open_house(settings) as house:
        with progress_bar() as bar:
            task = bar.add_task("reading events", total=None)
            report = await import_events(
                house.database,
                file,
                house.enrich,
                dry_run=dry_run,
                progress=lambda lines: bar.update(task, completed=lines),
            )
            if not dry_run:
                bar.update(task, description="learning what is bought together")
                await learn(house.database)
    return report


async def _refresh(house: House) -> None:
    with progress_bar() as bar:
        task = bar.add_task("understanding products", total=None)
        await house.catalog.refresh(lambda done, total: bar.update(task, completed=done, total=total))


async def _save_brand(settings: Settings, document: Brand, dry_run: bool) -> None:
    async with open_database(settings) as database, database.session() as session:
        await save_brand(session, document)
        if dry_run:
            await session.rollback()


async def _save_campaign(settings: Settings, document: Campaign, dry_run: bool) -> int:
    async with open_database(settings) as database, database.session() as session:
        version = await save_campaign(session, document)
        if dry_run:
            await session.rollback()
        return version


def _saved(saved: Saved, as_json: bool) -> None:
    verb = "Would save" if saved.dry_run else "Saved"
    version = f", version {saved.version}" if saved.version else ""
    emit(saved, as_json, lambda console: console.print(f"{verb} {saved.kind} {saved.id}{version}.", highlight=False))


def _show_feed(console: Console, report: ImportReport) -> None:
    console.print(
        f"{report.imported} new, {report.changed} changed, {report.unchanged} unchanged, "
        f"{report.rejected_count} left out, {report.mended_count} fields mended.",
        highlight=False,
    )
    issues = [*report.rejected, *report.mended][:ROWS_SHOWN]
    if issues:
        rows = [(issue.line, issue.product_id, issue.field, issue.reason, issue.fix) for issue in issues]
        console.print(table(("line", "product", "field", "what is wrong", "what to do"), rows))


def _show_events(console: Console, report: EventsReport) -> None:
    console.print(
        f"{report.accepted} new, {report.duplicates} known already, {report.rejected} left out.", highlight=False
    )
    if report.issues:
        rows = [(issue.line, issue.reason, issue.fix) for issue in report.issues[:ROWS_SHOWN]]
        console.print(table(("line", "what is wrong", "what to do"), rows))
