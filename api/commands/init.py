"""`penfriend init`: everything an installation needs, in one folder."""

from __future__ import annotations

import asyncio

import typer
from rich.console import Console

from api.console import DryRun, Home, Json, emit
from api.settings import read_settings
from api.setup import InitReport, init_home


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(init)


def init(home: Home = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Make the home folder, encryption keys, settings file, database, and an admin key shown once."""
    report = asyncio.run(init_home(read_settings(home), dry_run=dry_run))
    emit(report, as_json, lambda console: _show(console, report, dry_run))


def _show(console: Console, report: InitReport, dry_run: bool) -> None:
    verb = "Would make" if dry_run else "Made"
    console.print(f"Home: {report.home}", highlight=False)
    console.print(f"{verb}: {', '.join(report.made) or 'nothing, all is there'}", highlight=False)
    if report.admin_key:
        console.print(f"\nAdmin key, shown once:\n[bold]{report.admin_key}[/bold]\n", highlight=False)
        console.print("Back up keys.json: without it nobody's name or address can ever be read again.")
        console.print("Next: penfriend import brand brand.yaml · penfriend serve", highlight=False)
