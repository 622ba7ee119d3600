"""`penfriend results`: what came of each campaign's e-mails."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from api.console import Home, Json, emit, progress_bar, said_once, table
from api.databases import open_database
from api.settings import Settings, read_settings
from composer.facts.updating import update_facts
from composer.results.reading import Results, all_results, results_of
from composer.results.wording import TITLES, not_compared, told
from store import clock


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(results)


def results(
    campaign: Annotated[str, typer.Argument(help="One campaign's id; without it, all.")] = "",
    count: Annotated[bool, typer.Option("--count", help="Count first what is new since the last hour.")] = False,
    recount: Annotated[bool, typer.Option("--recount", help="Count everything anew, final days too.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show what came of e-mails: opens, clicks, orders and revenue, against customers who were held out."""
    found = asyncio.run(_results(read_settings(home), campaign, count or recount, recount))
    emit([one.model_dump(mode="json") for one in found], as_json, lambda console: _show(console, found))


async def _results(settings: Settings, campaign: str, count: bool, everything: bool) -> list[Results]:
    async with open_database(settings) as database:
        if count:
            with progress_bar() as bar:
                task = bar.add_task("counting", total=None)
                await update_facts(
                    database,
                    clock.now(),
                    lambda name, done: bar.update(task, description=f"counting {name}", completed=done),
                    everything=everything,
                )
        async with database.session(readonly=True) as session:
            return [await results_of(session, campaign)] if campaign else await all_results(session)


def _show(console: Console, found: list[Results]) -> None:
    if not found:
        console.print("Nothing is counted yet. `penfriend results --count` counts now.", highlight=False)
        return
    columns = ("campaign", "verdict", "written to", "held out", "e-mails", "opened", "clicked", "orders", "revenue")
    console.print(table(columns, [_row(one) for one in found]))
    compared = [one for one in found if one.comparison.verdict != "no_holdout"]
    alone = [one.name for one in found if one.comparison.verdict == "no_holdout"]
    left = [(one.name, f"Left out: {it.sentence}") for one in compared for it in one.left_out]
    for sentence in said_once([*((one.name, told(one)) for one in compared), *left]):
        console.print(sentence, highlight=False, markup=False)
    if alone:
        console.print(not_compared(alone, len(compared)), highlight=False, markup=False)


def _row(one: Results) -> tuple[object, ...]:
    mailed = one.mailed
    counts = (mailed.customers, one.holdout.customers, mailed.emails, mailed.opened, mailed.clicked, mailed.orders)
    verdict = TITLES[one.comparison.verdict]
    return one.name, verdict, *(f"{count:,}" for count in counts), f"{mailed.money:,.2f} {one.currency}"
