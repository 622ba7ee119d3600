"""`penfriend audit`: who did what, and whether the log is whole."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console

from api import audit as log
from api.console import FAILED, Home, Json, emit, progress_bar, table
from api.databases import open_database
from api.settings import Settings, read_settings


class Shown(BaseModel):
    """The newest entries, and what the verification of all of them came to."""

    chain: log.Chain
    entries: list[log.Entry]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(audit)


def audit(
    about: Annotated[str, typer.Option(help="Only entries about this: our id of a customer, a run, a campaign.")] = "",
    limit: Annotated[int, typer.Option(min=0, max=100_000, help="Newest entries to show.")] = 50,
    expect: Annotated[str, typer.Option(help="A head noted earlier, which must still be in the chain.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show the audit log and verify its chain. Ends with 1 where an entry was changed, or one is missing."""
    shown = asyncio.run(_shown(read_settings(home), about, limit, expect))
    emit(shown, as_json, lambda console: _tell(console, shown))
    if not shown.chain.intact:
        raise typer.Exit(FAILED)


async def _shown(settings: Settings, about: str, limit: int, expect: str) -> Shown:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        with progress_bar() as bar:
            task = bar.add_task("verifying", total=None)
            chain = await log.verify(session, expected=expect, progress=lambda done: bar.update(task, completed=done))
        return Shown(chain=chain, entries=await log.entries(session, limit=limit, about=about))


def _tell(console: Console, shown: Shown) -> None:
    rows = [
        (entry.id, f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor, entry.action, entry.about, entry.why)
        for entry in shown.entries
    ]
    console.print(table(("entry", "when", "who", "what", "about", "why"), rows))
    console.print(_verdict(shown.chain), highlight=False)


def _verdict(chain: log.Chain) -> str:
    if chain.broken_at is not None:
        return f"The log was tampered with: entry {chain.broken_at} is not what was written, or one before it is gone."
    if chain.has_expected is False:
        return "The head you noted is not in the log: its newest entries were cut off."
    return f"All {chain.entries} entries are as they were written. Head: {chain.head}"
