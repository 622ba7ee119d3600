"""`penfriend import`: products, customers, orders, events, brands and campaigns from files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pydantic import BaseModel
from rich.console import Console

from api import audit
from api.commands import import_options, merchandising
from api.commands.feed_options import Currency, Decimal, Format, Mapping, ShopUrl, Timezone, read_options
from api.commands.feed_reports import refresh, show_import
from api.commands.search import show_understood
from api.console import FAILED, DryRun, Home, Json, emit, note, progress_bar
from api.databases import open_database
from api.house import open_house
from api.settings import Settings, read_settings
from catalog.feeds.guard import Guard
from catalog.feeds.importer import import_feed
from catalog.feeds.options import FeedOptions
from catalog.feeds.report import FeedFormat, ImportReport, Mode
from composer.briefs import save_understood
from composer.campaigns import CampaignVersion, save_brand
from composer.documents import Brand, Campaign, Meant, load_document
from memory.importers.importer import Wanted

_FULL = "The file is the whole shop: what it does not have goes off the shelf, but for what feeds bring."

imports = typer.Typer(
    help="Products, customers, orders, events, brands and campaigns from files.", no_args_is_help=True
)
merchandising.register(imports)


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(imports, name="import")


class Saved(BaseModel):
    """What became of a document."""

    kind: str
    id: str
    version: int | None = None
    meant: Meant | None = None
    dry_run: bool


@imports.command()
def products(
    file: Path,
    format_: Format = None,
    currency: Currency = None,
    shop_url: ShopUrl = None,
    timezone: Timezone = None,
    decimal: Decimal = None,
    mapping: Mapping = None,
    full: Annotated[bool, typer.Option("--full", help=_FULL)] = False,
    release: Annotated[bool, typer.Option("--release", help="Apply it also where it would be held back.")] = False,
    home: Home = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Import a product feed. Bad rows are listed, all others are imported: all of them, or none if it is cut short."""
    options = read_options(currency=currency, shop_url=shop_url, timezone=timezone, decimal=decimal, mapping=mapping)
    wanted = _Wanted(file, format_, options, "full" if full else "upsert", Guard() if full and not release else None)
    report = asyncio.run(_products(read_settings(home), wanted, dry_run))
    emit(report, as_json, lambda console: show_import(console, report))
    if report.status == "held":
        note("Held back. To apply it all the same, run the command again with --release.", as_json)
        raise typer.Exit(FAILED)
    if report.rejected_count and not (report.imported or report.changed or report.unchanged):
        raise typer.Exit(FAILED)


@imports.command()
def customers(
    file: Path,
    format_: import_options.Format = None,
    mapping: import_options.Mapping = None,
    currency: import_options.Currency = None,
    timezone: import_options.Timezone = None,
    as_of: import_options.AsOf = None,
    rejected_to: import_options.RejectedTo = None,
    home: Home = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Import customers with their consent: Shopify, WooCommerce, Klaviyo, or any CSV with a mapping file.

    Run it again when it was stopped: it goes on where it was.
    """
    options = import_options.read_options(currency, timezone, as_of, mapping)
    _bring_in(home, Wanted(file, "customers", format_, options, dry_run, rejected_to), as_json)


@imports.command()
def orders(
    file: Path,
    format_: import_options.Format = None,
    mapping: import_options.Mapping = None,
    currency: import_options.Currency = None,
    timezone: import_options.Timezone = None,
    as_of: import_options.AsOf = None,
    rejected_to: import_options.RejectedTo = None,
    home: Home = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Import orders, refunds and cancellations: Shopify, WooCommerce, or any purchase log with a mapping file.

    Run it again when it was stopped: it goes on where it was.
    """
    options = import_options.read_options(currency, timezone, as_of, mapping)
    _bring_in(home, Wanted(file, "orders", format_, options, dry_run, rejected_to), as_json)


@imports.command()
def events(
    file: Path,
    format_: import_options.Format = None,
    rejected_to: import_options.RejectedTo = None,
    home: Home = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Import customer events: one Segment message (identify, track …) a line of NDJSON, or Klaviyo's events.

    Run it again when it was stopped: it goes on where it was.
    """
    wanted = Wanted(file, "events", format_, dry_run=dry_run, rejected_to=rejected_to)
    _bring_in(home, wanted, as_json)


def _bring_in(home: Path | None, wanted: Wanted, as_json: bool) -> None:
    report = asyncio.run(import_options.bring_in(read_settings(home), wanted))
    emit(report, as_json, lambda console: import_options.show(console, report))
    if report.rejected and not (report.accepted or report.duplicates):
        raise typer.Exit(FAILED)


@imports.command()
def brand(file: Path, home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Save a brand from YAML or JSON; a changed document becomes a new version."""
    document = load_document(Brand, file)
    version = asyncio.run(_save_brand(read_settings(home), document, dry_run))
    _saved(Saved(kind="brand", id=document.id, version=version, dry_run=dry_run), as_json)


@imports.command()
def campaign(file: Path, home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Save a campaign from YAML or JSON; a changed document becomes a new version."""
    document = load_document(Campaign, file)
    saved = asyncio.run(_save_campaign(read_settings(home), document, dry_run))
    meant = saved.campaign.brief.meant
    _saved(Saved(kind="campaign", id=document.id, version=saved.version, meant=meant, dry_run=dry_run), as_json)


class _Wanted(NamedTuple):
    """What is to be imported, and how."""

    file: Path
    format: FeedFormat | None
    options: FeedOptions
    mode: Mode
    guard: Guard | None


async def _products(settings: Settings, wanted: _Wanted, dry_run: bool) -> ImportReport:
    async with open_house(settings) as house:
        with progress_bar() as bar:
            task = bar.add_task("reading products", total=None)
            report = await import_feed(
                house.database,
                wanted.file,
                wanted.format,
                options=wanted.options,
                mode=wanted.mode,
                guard=wanted.guard,
                dry_run=dry_run,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        if report.status == "done" and not dry_run:
            await refresh(house)
    return report


async def _save_brand(settings: Settings, document: Brand, dry_run: bool) -> int:
    async with open_database(settings) as database, database.session() as session:
        version = await save_brand(session, document, saved_by=audit.actor())
        why, after = f"version {version}", document.model_dump(mode="json")
        await audit.append(session, "brand.save", document.id, why=why, after=after)
        if dry_run:
            await session.rollback()
        return version


async def _save_campaign(settings: Settings, document: Campaign, dry_run: bool) -> CampaignVersion:
    async with open_house(settings) as house, house.database.session() as session:
        saved = await save_understood(session, document, house.catalog, saved_by=audit.actor())
        why, after = f"version {saved.version}", document.model_dump(mode="json")
        await audit.append(session, "campaign.save", document.id, why=why, after=after)
        if dry_run:
            await session.rollback()
        return saved


def _saved(saved: Saved, as_json: bool) -> None:
    emit(saved, as_json, lambda console: _show_saved(console, saved))


def _show_saved(console: Console, saved: Saved) -> None:
    verb = "Would save" if saved.dry_run else "Saved"
    version = f", version {saved.version}" if saved.version else ""
    console.print(f"{verb} {saved.kind} {saved.id}{version}.", highlight=False)
    if saved.meant is not None:
        show_understood(console, saved.meant.understood)
        console.print(f"First comes what fits: {saved.meant.understood.query or 'no words'}", highlight=False)
        console.print(f"{saved.meant.products} products could be shown within these limits now.", highlight=False)
