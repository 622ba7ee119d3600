"""`penfriend power`: what lift an experiment can show, before it is begun."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from api.console import Home, Json, emit, table
from api.databases import open_database
from api.planning import PLANNED, plan_power
from api.settings import Settings, read_settings
from composer.results.power import MOST_CUSTOMERS, MOST_WEEKS, Power
from composer.results.spending import spending_of
from store import clock


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(power)


def power(
    customers: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_CUSTOMERS, help="Who is written to or held out.  [default: all you know]"),
    ] = None,
    holdout: Annotated[float, typer.Option(help="Share of them held out: 0.1 is a tenth.")] = PLANNED.holdout,
    weeks: Annotated[int, typer.Option(min=1, max=MOST_WEEKS, help="For how long.")] = PLANNED.weeks,
    lift: Annotated[float | None, typer.Option(help="A lift to see, such as 0.05: what does it take?")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say what lift an experiment can show, from what your customers spend, and what it takes to see a given one."""
    found = asyncio.run(_power(read_settings(home), customers, holdout, weeks, lift))
    emit(found, as_json, lambda console: _show(console, found))


async def _power(settings: Settings, customers: int | None, holdout: float, weeks: int, lift: float | None) -> Power:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await plan_power(session, await spending_of(session, clock.now()), customers, holdout, weeks, lift)


def _show(console: Console, found: Power) -> None:
    console.print(found.sentence, highlight=False)
    spending = found.spending
    rows = (
        ("a customer spends in a week", f"{spending.mean:,.2f}"),
        ("give or take (standard deviation)", f"{spending.variance**0.5:,.2f}"),
        ("orders a customer and week", f"{spending.orders:.4f}"),
        ("correlation of a customer's weeks", f"{spending.correlation:.2f}"),
    )
    console.print(table((f"figures of {'your shop' if found.from_shop else 'a usual shop'}", ""), rows))
