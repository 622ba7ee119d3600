"""`penfriend doctor`: is everything there, and if not, what to do."""

from __future__ import annotations

import asyncio

import typer

from api.checkup import examine
from api.console import FAILED, Home, Json, emit, out
from api.readiness import Check
from api.settings import Settings, read_settings


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(doctor)


def doctor(home: Home = None, as_json: Json = False) -> None:
    """Check Python, disk, keys, database, index, model, unsubscribe URL and sender. Exit code 1 when one fails."""
    checks = asyncio.run(_examine(read_settings(home), as_json))
    if as_json:
        emit([check.model_dump() for check in checks], as_json, lambda _: None)
    if any(check.required and not check.ok for check in checks):
        raise typer.Exit(FAILED)


async def _examine(settings: Settings, as_json: bool) -> list[Check]:
    checks = []
    async for check in examine(settings):
        checks.append(check)
        if not as_json:
            _show(check)
    return checks


def _show(check: Check) -> None:
    mark = "[green]✓[/green]" if check.ok else "[red]✗[/red]" if check.required else "[yellow]![/yellow]"
    console = out()
    console.print(mark, f"{check.name}: {check.detail}", highlight=False)
    if check.fix:
        console.print("  →", check.fix, highlight=False)
