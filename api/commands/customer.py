"""`penfriend customer`: what is remembered of one customer; told in plain words, exported, corrected, forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from typer.core import TyperGroup

from api import own_data
from api.console import Home, Json, emit, progress_bar, table
from api.customers import remembered
from api.databases import open_database
from api.settings import Settings, read_settings
from memory.account.model import Account, Told
from memory.account.words import IN_ENGLISH
from memory.model import CustomerMemory
from memory.predictions.model import Predictions
from memory.predictions.report import BASIS_WORDS
from memory.responses.model import Responses
from memory.send_time import SendWindow, days_in_words
from store.files.own import refuse_own

FACTS_SHOWN = 40


ExternalId = Annotated[str, typer.Argument(metavar="ID", help="The shop's own customer id.")]
FactId = Annotated[str, typer.Argument(metavar="FACT", help="Its code in `penfriend customer tell ID`.")]


class ShowsByDefault(TyperGroup):
    """`customer ID` is `customer show ID`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click."""
        if args and args[0] not in self.commands and not {"--help", "-h"} & set(args):
            args = ["show", *args]
        return super().parse_args(ctx, args)


group = typer.Typer(
    cls=ShowsByDefault, no_args_is_help=True, help="What is remembered of one customer: `penfriend customer ID`."
)


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(group, name="customer")


@group.command()
def show(
    external_id: ExternalId,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="As it was then, in UTC.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show what is remembered of a customer: facts, what they respond to, and when to write to them."""
    moment = None if as_of is None else as_of.replace(tzinfo=UTC)
    memory = asyncio.run(_recalled(read_settings(home), external_id, moment))
    emit(memory, as_json, lambda console: _show(console, memory))


async def _recalled(settings: Settings, external_id: str, as_of: datetime | None) -> CustomerMemory:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await remembered(session, external_id, as_of)


def _show(console: Console, memory: CustomerMemory) -> None:
    console.print(table(("", ""), _brief(memory), title=memory.external_id))
    facts = [(fact.kind, fact.text, fact.say, f"{fact.learned_at:%Y-%m-%d}") for fact in memory.facts[:FACTS_SHOWN]]
    console.print(table(("fact", "in words", "may be said", "learned"), facts))
    if memory.predictions is not None:
        console.print(table(("predicted", "figure", "rests on", "why"), _predicted(memory.predictions)))
    if memory.responses is not None and memory.responses.preferences:
        console.print(table(("responds to", "best so far", "rate", "own share", "why"), _preferences(memory.responses)))


def _predicted(found: Predictions) -> Iterator[tuple[str, str, str, str]]:
    chances = (
        ("an order within 30 days", found.buy_probability_30d),
        ("no order for 30 days", found.churn_risk_30d),
        ("no order for 60 days", found.churn_risk_60d),
        ("no order for 90 days", found.churn_risk_90d),
    )
    for name, one in chances:
        yield name, "cannot tell" if one.value is None else f"{one.value:.0%}", BASIS_WORDS[one.basis], one.reason
    value, order = found.expected_value_12m, found.next_order
    amount = "cannot tell" if value.value is None else f"{value.value} {value.currency or ''}".strip()
    yield "spent in 12 months", amount, BASIS_WORDS[value.basis], value.reason
    at = "cannot tell" if order.at is None else f"{order.at:%Y-%m-%d}"
    yield "next order by", at, BASIS_WORDS[order.basis], order.reason


def _brief(memory: CustomerMemory) -> Iterator[tuple[str, str]]:
    yield "as of", f"{memory.as_of:%Y-%m-%d %H:%M} UTC"
    yield "stage", memory.lifecycle
    yield "orders", str(memory.order_count)
    yield "spent", ", ".join(f"{amount:.2f} {currency}" for currency, amount in memory.total_spent.items())
    if memory.send_window is not None:
        yield "write to them", _when(memory.send_window)
        yield "because", memory.send_window.reason
    if memory.responses is not None and memory.responses.frequency is not None:
        yield "e-mails a week", str(memory.responses.frequency.recommended_per_week or "cannot tell")


def _when(window: SendWindow) -> str:
    following = window.next_at.astimezone(ZoneInfo(window.timezone))
    hours = f"{window.from_hour}:00 to {window.to_hour}:00"
    return f"{days_in_words(window.weekdays)}, {hours}, next on {following:%d %B %H:%M} ({window.timezone})"


def _preferences(found: Responses) -> Iterator[tuple[str, str, str, str, str]]:
    for one in found.preferences:
        best = one.arms[0]
        rate = f"{best.estimate:.1%} ({best.low:.1%} to {best.high:.1%})"
        yield one.dimension, best.arm, rate, f"{best.own_share:.0%}", one.reason


@group.command()
def tell(external_id: ExternalId, home: Home = None, as_json: Json = False) -> None:
    """Tell everything remembered in plain words, each with where it came from and the code it is corrected by."""
    settings = read_settings(home)
    told = asyncio.run(_account(settings, external_id))
    emit(told, as_json, lambda console: _tell(console, told))


async def _account(settings: Settings, external_id: str) -> Account:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await own_data.account(session, external_id, settings.retention.events)


def _tell(console: Console, account: Account) -> None:
    for told in account.groups:
        rows = [(one.text, IN_ENGLISH[f"use.{one.use}"], _sources(one), one.id) for one in told.told]
        console.print(table(("what", "what it is for", "where from", "code"), rows, title=told.title))
        if told.note:
            console.print(told.note, highlight=False, markup=False)


def _sources(told: Told) -> str:
    return "; ".join(f"{one.event} {one.at:%Y-%m-%d}, {one.via}" for one in told.sources[:2])


@group.command()
def export(
    external_id: ExternalId,
    out: Annotated[Path, typer.Option(help="The ZIP to write.")],
    why: Annotated[str, typer.Option(help="For the audit log: a ticket's number, say. Not the person's name.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write all of a customer's data into a ZIP: a page to read, and a JSON document that others can import."""
    settings = read_settings(home)
    with progress_bar() as bar:
        task = bar.add_task("events", total=None)
        events = asyncio.run(_export(settings, external_id, out, why, lambda n: bar.update(task, completed=n)))
    emit({"file": str(out), "events": events}, as_json, lambda console: console.print(f"Written: {out}", markup=False))


async def _export(settings: Settings, external_id: str, out: Path, why: str, progress: own_data.Progress) -> int:
    keep = settings.retention.events
    written = 0

    def hear(done: int) -> None:
        nonlocal written
        written = max(written, done)
        progress(done)

    async with open_database(settings) as database:
        refuse_own(out)
        async with database.session() as session:
            await own_data.note_export(session, external_id, keep, why=why)
        async with database.session(readonly=True) as session:
            await own_data.write_zip(session, await own_data.whose(session, external_id, keep), out, hear)
    return written


@group.command()
def correct(
    external_id: ExternalId,
    fact: FactId,
    value: Annotated[str, typer.Argument(help="What it is instead.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Put something right that the customer is or told. An export of the shop that repeats the old value loses."""
    told = asyncio.run(_change(read_settings(home), external_id, fact, value))
    emit(told, as_json, lambda console: console.print(told.text, markup=False, highlight=False))


@group.command()
def forget(external_id: ExternalId, fact: FactId, home: Home = None, as_json: Json = False) -> None:
    """Forget one thing: it is neither used, said nor told any more, and old events do not bring it back."""
    told = asyncio.run(_change(read_settings(home), external_id, fact, None))
    emit(told, as_json, lambda console: console.print(f"Forgotten: {told.text}", markup=False, highlight=False))


async def _change(settings: Settings, external_id: str, fact: str, value: str | None) -> Told:
    async with open_database(settings) as database, database.session() as session:
        return await own_data.change(session, external_id, fact, value)
