"""`penfriend due`: who is due for a flow now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from api.console import Home, Json, emit, note, progress_bar, table
from api.databases import open_database
from api.due import DueCustomer, bring_up_to_date, rules_for
from api.settings import Settings, read_settings
from memory.due.answering import due_now
from memory.due.rules import DueRules
from prompts.library import Library
from store import clock

PAGE = 1_000


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(due)


def due(
    flow: Annotated[str, typer.Argument(help="abandoned_cart, replenishment, birthday … or any flow but newsletter.")],
    step: Annotated[str, typer.Option(help="Only this step of the flow.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    any_consent: Annotated[
        bool, typer.Option("--any-consent", help="Also who never said anything about e-mail; never who said no.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Who is due for a flow now, the longest waiting first, each with the step, the occasion and why.

    Takes in what changed since the last time; the first time that is every customer.
    """
    settings = read_settings(home)
    rules = rules_for(Library.load(), settings.due)
    if step:
        rules.flow(flow).place(step)
    found = asyncio.run(_due(settings, rules, flow, step, limit, any_consent, as_json))
    emit([one.model_dump(mode="json") for one in found], as_json, lambda console: _show(console, found))
    if len(found) == limit:
        note(f"These are the first {limit}; --limit shows more.", as_json)


async def _due(
    settings: Settings, rules: DueRules, flow: str, step: str, limit: int, any_consent: bool, as_json: bool
) -> list[DueCustomer]:
    rules.flow(flow)
    async with open_database(settings) as database:
        with progress_bar(hidden=as_json) as bar:
            task = bar.add_task("Taking in what changed", total=None)
            await bring_up_to_date(database, rules, progress=lambda made: bar.update(task, completed=made))
        found: list[DueCustomer] = []
        cursor, more = "", True
        async with database.session(readonly=True) as session:
            while more and len(found) < limit:
                size = min(PAGE, limit - len(found))
                page = await due_now(
                    session, flow, clock.now(), step=step, limit=size, cursor=cursor, consent_required=not any_consent
                )
                found += map(DueCustomer.of, page.due)
                cursor, more = page.cursor, bool(page.cursor)
    return found


def _show(console: Console, found: Sequence[DueCustomer]) -> None:
    if not found:
        console.print("Nobody is due.")
        return
    rows = [(one.customer, one.step, one.occasion, f"{one.until:%Y-%m-%d %H:%M}", one.reason) for one in found]
    console.print(table(("customer", "step", "occasion", "until (UTC)", "why"), rows))
