"""`penfriend report`: what the e-mails brought over a period, in the order of how far it may be believed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from api.console import Home, Json, emit, note, said_once, table
from api.databases import open_database
from api.reporting import period_of
from api.settings import Settings, read_settings
from composer.reports.flat import as_csv
from composer.reports.model import ArmGroup, By, Compared, Line, Period, Report
from composer.reports.reading import read_report
from composer.results.model import Interval
from composer.results.wording import TITLES, not_compared

NO_EMAILS = (
    "Nothing to attribute: orders are given to e-mails whose decision is kept and counted, and of these days there is "
    "none. E-mails written by versions of Penfriend that kept no decisions are only in the comparison above."
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(report)


def report(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day that counts.  [default: four weeks]")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day that does not.  [default: tomorrow]")
    ] = None,
    by: Annotated[By, typer.Option(help="What attributed figures are broken down by.")] = "campaign",
    currency: Annotated[str, typer.Option(help="Such as GBP.  [default: that of most e-mails]")] = "",
    as_csv_: Annotated[bool, typer.Option("--csv", help="One figure a row, on stdout.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show what e-mails made against those held out, experiments, and what is attributed to e-mails (days: UTC)."""
    period = period_of(since.date() if since else None, until.date() if until else None)
    note("Summing up …", as_json or as_csv_)
    found = asyncio.run(_read(read_settings(home), period, currency.upper()))
    if as_csv_:
        sys.stdout.write(as_csv(found, by))
        return
    emit(found, as_json, lambda console: _show(console, found, by))


async def _read(settings: Settings, period: Period, currency: str) -> Report:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await read_report(session, period, currency)


def _show(console: Console, found: Report, by: By) -> None:
    heading = f"{found.since} to {found.until} (not included), in {found.currency or 'no currency yet'}"
    console.print(heading, highlight=False)
    console.print("\n1. What the e-mails made", style="bold")
    console.print(found.incremental_note, highlight=False)
    _differences(console, found)
    if found.campaigns:
        console.print(found.occasions_note, highlight=False)
    _experiments(console, found)
    console.print("\n3. Attributed", style="bold")
    console.print(found.attributed_note, highlight=False)
    if by == "arm":
        console.print(found.arms_note, highlight=False)
        for group in found.arms:
            console.print(_arms(group))
            said = " ".join((group.sentence, *(it.sentence for it in group.left_out)))
            console.print(said, highlight=False, markup=False)
    elif not found.total.emails:
        console.print(NO_EMAILS, highlight=False)
    else:
        _lines(console, [found.total, *found.lines[by]], found.currency)


def _differences(console: Console, found: Report) -> None:
    shop = [one for one in (found.shop, found.shop_in_windows) if one is not None]
    # Where each flow has one campaign, and of a flow that holds nobody out, its campaigns say so.
    flows = found.flows if len(found.campaigns) > len(found.flows) else []
    drawn = [one for one in (*flows, *found.campaigns) if one.comparison.verdict != "no_holdout"]
    alone = [one.name for one in found.campaigns if one.comparison.verdict == "no_holdout"]
    if not (shop or drawn or alone):
        console.print("No e-mail of these days is counted yet: there is nothing to compare.", highlight=False)
    compared = [*shop, *drawn]
    if compared:
        columns = ("name", "since", "verdict", "written to", "held out", "difference a customer", "your days, one look")
        console.print(table(columns, [_compared(one) for one in compared]))
    alone_told = [(one.name, one.in_period.sentence) for one in compared if one.in_period is not None]
    left = [(one.name, f"Left out: {it.sentence}") for one in compared for it in one.left_out]
    for sentence in said_once([*((one.name, one.sentence) for one in compared), *alone_told, *left]):
        console.print(sentence, highlight=False, markup=False)
    for line in (not_compared(alone, len(found.campaigns) - len(alone)), *(it.sentence for it in found.left_out)):
        if line:
            console.print(line, highlight=False, markup=False)


def _experiments(console: Console, found: Report) -> None:
    console.print("\n2. Experiments", style="bold")
    for experiment in found.experiments:
        for arm in experiment.arms:
            if arm.sentence:
                console.print(f"{experiment.name}, {arm.arm}: {arm.sentence}", highlight=False, markup=False)
    if not found.experiments:
        console.print("None ran.", highlight=False)


def _compared(one: Compared) -> tuple[object, ...]:
    counts = f"{one.mailed:,}", f"{one.held_out:,}"
    alone = "the same" if one.in_period is None else _ends(one.in_period.one_look_difference, _money)
    verdict = TITLES[one.comparison.verdict]
    return one.name, one.compared_since, verdict, *counts, _ends(one.comparison.revenue, _money), alone


def _lines(console: Console, lines: Iterable[Line], currency: str) -> None:
    columns = (
        "",
        "e-mails",
        "opened",
        "clicked",
        "bought",
        "unsubscribed",
        "orders",
        f"revenue {currency}",
        "RPE",
        "AOV",
    )
    rows = [
        (
            one.name,
            f"{one.emails:,}",
            *(_percent(rate) for rate in (one.open_rate, one.click_rate, one.conversion, one.unsubscribe_rate)),
            f"{one.orders:,}",
            f"{one.revenue:,.2f}",
            "–" if one.per_email is None else f"{one.per_email:,.3f}",
            "–" if one.aov is None else f"{one.aov:,.2f}",
        )
        for one in lines
    ]
    console.print(table(columns, rows))


def _arms(group: ArmGroup) -> object:
    rows = [
        (
            one.arm,
            f"{one.emails:,}",
            *(_percent(rate) for rate in (one.click_rate, one.conversion, one.unsubscribe_rate)),
        )
        for one in group.arms
    ]
    return table((f"{group.dimension} {group.flow}".strip(), "e-mails", "clicked", "bought", "unsubscribed"), rows)


def _money(value: float) -> str:
    return f"{value:+,.2f}"


def _percent(rate: Interval | None) -> str:
    return "–" if rate is None else f"{rate.value:.2%}"


def _ends(interval: Interval | None, text: Callable[[float], str]) -> str:
    return "–" if interval is None else f"{text(interval.low)} to {text(interval.high)}"
