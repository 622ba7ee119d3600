"""`penfriend customer ID`: what is remembered of one customer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from api.console import Home, Json, emit, table
from api.customers import remembered
from api.databases import open_database
from api.settings import Settings, read_settings
from memory.model import CustomerMemory
from memory.predictions.model import Predictions
from memory.predictions.report import BASIS_WORDS
from memory.responses.model import Responses
from memory.send_time import SendWindow, days_in_words

FACTS_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(customer)


def customer(
    external_id: Annotated[str, typer.Argument(metavar="ID", help="The shop's own customer id.")],
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
