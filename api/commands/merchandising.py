"""`penfriend import merchandising` and `penfriend import costs`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer
from pydantic import BaseModel
from rich.console import Console

from api.console import FAILED, DryRun, Home, Json, emit, table
from api.databases import open_database
from api.settings import Settings, read_settings
from catalog.costs import CostTable, in_price_currency, read_costs
from catalog.feeds.report import RowIssue
from catalog.merchandising import Merchandising
from catalog.merchandising_store import save, save_costs, unknown_products
from composer.documents import load_document

ROWS_SHOWN = 20


class SavedRules(BaseModel):
    """What became of a merchandising document."""

    version: int
    unknown_products: list[str]
    dry_run: bool


class SavedCosts(BaseModel):
    """What became of a file of costs."""

    saved: int
    left_out: int
    issues: list[RowIssue]
    dry_run: bool


def register(imports: typer.Typer) -> None:
    """Add both to the group `import`."""
    imports.command("merchandising")(merchandising)
    imports.command("costs")(costs)


def merchandising(file: Path, home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Save what the picks shall follow (pins, boosts, excludes, caps …) from YAML or JSON, as a new version."""
    document = load_document(Merchandising, file)
    saved = asyncio.run(_save(read_settings(home), document, dry_run))
    emit(saved, as_json, lambda console: _show(console, saved))


def costs(file: Path, home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Save what products cost the shop, for the margin weight: a CSV with the columns id and cost, perhaps currency."""
    read = read_costs(file)
    saved = asyncio.run(_save_costs(read_settings(home), read, dry_run))
    emit(saved, as_json, lambda console: _show_costs(console, saved))
    if saved.left_out and not saved.saved:
        raise typer.Exit(FAILED)


async def _save(settings: Settings, document: Merchandising, dry_run: bool) -> SavedRules:
    async with open_database(settings) as database, database.session() as session:
        version = await save(session, document)
        unknown = await unknown_products(session, document)
        if dry_run:
            await session.rollback()
    return SavedRules(version=version.version, unknown_products=unknown, dry_run=dry_run)


async def _save_costs(settings: Settings, read: CostTable, dry_run: bool) -> SavedCosts:
    async with open_database(settings) as database, database.session() as session:
        fitting = await in_price_currency(session, read)
        await save_costs(session, fitting.amounts)
        if dry_run:
            await session.rollback()
    left_out, issues = fitting.left_out, list(fitting.issues)
    return SavedCosts(saved=len(fitting.amounts), left_out=left_out, issues=issues, dry_run=dry_run)


def _show(console: Console, saved: SavedRules) -> None:
    verb = "Would save" if saved.dry_run else "Saved"
    console.print(f"{verb} merchandising, version {saved.version}.", highlight=False)
    if saved.unknown_products:
        named = ", ".join(saved.unknown_products[:ROWS_SHOWN])
        console.print(f"Not in the catalog: {named}.", highlight=False, markup=False)


def _show_costs(console: Console, saved: SavedCosts) -> None:
    verb = "Would save" if saved.dry_run else "Saved"
    console.print(f"{verb} the cost of {saved.saved} products; {saved.left_out} rows left out.", highlight=False)
    if saved.issues:
        rows = [(one.line, one.product_id, one.reason, one.fix) for one in saved.issues[:ROWS_SHOWN]]
        console.print(table(("line", "product", "what is wrong", "what to do"), rows))
