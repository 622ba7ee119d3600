"""`penfriend migrate`: bring the database schema to this version."""

from __future__ import annotations

import asyncio

import typer

from api.console import DryRun, Home, Json, emit
from api.databases import open_database
from api.settings import Settings, read_settings
from store import schema
from store.database import Database
from store.failures import NotMigrated


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(migrate)


def migrate(home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Bring the database schema to this version. Safe to repeat, and at the same time from several places."""
    needed = asyncio.run(_migrate(read_settings(home), dry_run))
    result = {"revision": schema.head_revision(), "needed": needed, "dry_run": dry_run}
    emit(result, as_json, lambda console: console.print(_words(needed, dry_run)))


def _words(needed: bool, dry_run: bool) -> str:
    """What a person reads."""
    newest = f"({schema.head_revision()})"
    if not needed:
        return f"The database is at the newest version {newest}; there was nothing to do."
    if dry_run:
        return f"The database is older than this version {newest}. Run `penfriend migrate` to bring it there."
    return f"The database was brought to the newest version {newest}."


async def _migrate(settings: Settings, dry_run: bool) -> bool:
    async with open_database(settings, check=False) as database:
        needed = await _is_needed(database)
        if needed and not dry_run:
            await database.migrate()
    return needed


async def _is_needed(database: Database) -> bool:
    try:
        await database.check()
    except NotMigrated as error:
        if error.reason == "newer_schema":
            raise
        return True
    return False
