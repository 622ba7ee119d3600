"""`penfriend attribution`: which e-mail an order is given to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console

from api import audit
from api.attribution import set_rules
from api.console import Home, Json, emit, progress_bar, table
from api.databases import open_database
from api.settings import Settings, read_settings
from composer.facts import ruling
from composer.facts.rules import AttributionRules
from composer.facts.ruling import Ruling
from composer.facts.updating import update_facts
from store import clock
from store.errors import InvalidInput


class Recomputed(BaseModel):
    """What became of a count of everything."""

    version: str
    customers: int
    """Looked at, once for each four weeks in which a campaign came to them."""


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(
        no_args_is_help=True, help="Which e-mail an order is given to, and what is counted for how long."
    )
    group.command()(show)
    group.command("set")(set_)
    group.command()(recompute)
    app.add_typer(group, name="attribution")


def show(home: Home = None, as_json: Json = False) -> None:
    """Show the rules in force, and those that were."""
    found = asyncio.run(_history(read_settings(home)))
    emit([one.model_dump(mode="json") for one in found], as_json, lambda console: _show(console, found))


def set_(
    model: Annotated[str | None, typer.Option(help="last_click or first_click.")] = None,
    click_days: Annotated[
        int | None, typer.Option(help="Days after a click in which an order is the e-mail's.")
    ] = None,
    open_days: Annotated[int | None, typer.Option(help="The same after an open; 0: opens count for nothing.")] = None,
    delivered_only: Annotated[bool | None, typer.Option(help="Only e-mails reported as delivered.")] = None,
    window_days: Annotated[int | None, typer.Option(help="Days after an e-mail in which what they do counts.")] = None,
    returns_days: Annotated[int | None, typer.Option(help="Days after an order in which returns count.")] = None,
    margin_percent: Annotated[
        int | None, typer.Option(help="Of a price before discounts, what is left to you where costs are unknown.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Change the rules; what is not named stays. Final figures stay too, until `penfriend attribution recompute`."""
    said = {
        "model": model,
        "click_days": click_days,
        "open_days": open_days,
        "delivered_only": delivered_only,
        "window_days": window_days,
        "returns_days": returns_days,
        "margin_percent": margin_percent,
    }
    named = {name: value for name, value in said.items() if value is not None}
    after = asyncio.run(_set(read_settings(home), named))
    emit(after, as_json, lambda console: _show(console, [after]))


def recompute(home: Home = None, as_json: Json = False) -> None:
    """Count everything anew by the rules in force, as far back as the ledger and the events are kept."""
    done = asyncio.run(_recompute(read_settings(home)))
    said = f"Counted by version {done.version}: {done.customers:,} customers."
    emit(done, as_json, lambda console: console.print(said, highlight=False))


async def _history(settings: Settings) -> list[Ruling]:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await ruling.history(session) or [await ruling.current(session)]


async def _set(settings: Settings, named: Mapping[str, object]) -> Ruling:
    async with open_database(settings) as database, database.session() as session:
        current = (await ruling.current(session)).rules
        return await set_rules(session, _changed(current, named), settings.retention)


def _changed(rules: AttributionRules, named: Mapping[str, object]) -> AttributionRules:
    try:
        return AttributionRules.model_validate({**rules.model_dump(), **named})
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-")
        raise InvalidInput(f"{first['msg']}.", pointer=option, fix="See `penfriend attribution set --help`.") from error


async def _recompute(settings: Settings) -> Recomputed:
    seen: dict[str, int] = {}
    async with open_database(settings) as database:
        with progress_bar() as bar:
            task = bar.add_task("counting", total=None)

            def progress(day: str, customers: int) -> None:
                seen[day] = customers
                bar.update(task, description=f"counting {day}", completed=sum(seen.values()))

            await update_facts(database, clock.now(), progress, everything=True)
        async with database.session() as session:
            version = (await ruling.current(session)).version
            await audit.append(session, "attribution.recompute", version)
    return Recomputed(version=version, customers=sum(seen.values()))


def _show(console: Console, found: list[Ruling]) -> None:
    columns = (
        "version",
        "order goes to",
        "after a click",
        "after an open",
        "delivered only",
        "window",
        "returns",
        "margin",
    )
    console.print(table((*columns, "since", "by"), [_row(one) for one in found]))
    console.print("The first line is in force. Days, but for names and the margin.", highlight=False)


def _row(one: Ruling) -> tuple[object, ...]:
    rules = one.rules
    since = "built in" if one.set_at is None else f"{one.set_at:%Y-%m-%d %H:%M}"
    days = (rules.click_days, rules.open_days, "yes" if rules.delivered_only else "no")
    periods = (rules.window_days, rules.returns_days, f"{rules.margin_percent} %", since, one.set_by)
    return one.version, rules.model.replace("_", " "), *days, *periods
