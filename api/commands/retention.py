"""`penfriend retention`: how long what is kept, and what goes now."""

from __future__ import annotations

import asyncio

import typer
from rich.console import Console

from api.console import DryRun, Home, Json, emit, progress_bar, table
from api.databases import open_database
from api.retention import Kept, apply, plan
from api.settings import Settings, read_settings


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(retention)


def retention(home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Delete what is older than the section `retention` of penfriend.toml says. Without one nothing ever goes.

    `penfriend serve` does this once a day by itself.
    """
    kept = asyncio.run(_retention(read_settings(home), dry_run))
    emit([one.model_dump() for one in kept], as_json, lambda console: _tell(console, kept, dry_run))


async def _retention(settings: Settings, dry_run: bool) -> list[Kept]:
    async with open_database(settings) as database:
        if dry_run:
            return await plan(database, settings.retention)
        with progress_bar() as bar:
            task = bar.add_task("deleting", total=None)

            def hear(kind: str, done: int, total: int) -> None:
                bar.update(task, description=f"deleting {kind}", completed=done, total=total)

            return await apply(database, settings.retention, hear)


def _tell(console: Console, kept: list[Kept], dry_run: bool) -> None:
    rows = [(o.kind, o.what, "for ever" if o.days is None else f"{o.days} days", o.older) for o in kept]
    console.print(table(("kind", "what", "kept", "would go" if dry_run else "went"), rows))
