"""`penfriend learn`: learn from the shop's own history what memory leans on, how to write, and how to rank picks."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from api.console import FAILED, Home, Json, emit, progress_bar, table
from api.fairness import FairnessReport, check_fairness
from api.guarding import guard
from api.house import open_house
from api.learning import learn_ranking
from api.settings import Settings, read_settings
from catalog.learning.model import Report
from composer.bandit.learned import read_learned
from composer.bandit.reading import WhatWasLearned, what_was_learned

COLUMNS = ("arm", "e-mails", "as draws see it", "80 % interval", "drawn as the best")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(learn)


def learn(
    fairness: Annotated[
        bool,
        typer.Option("--fairness", help="Learn nothing; check what was learned for fairness. Exit code 1: unfair."),
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Learn from all orders, views, carts and e-mails: how long things last, what customers respond to and when, who
    orders next, which ways to write bring orders, and how to rank picks. What is learned is used only where it proves
    better.

    `penfriend serve` does this by itself. `penfriend predictions` tells how good the predictions are.
    """
    if fairness:
        _check(read_settings(home), as_json)
        return
    report, written = asyncio.run(_learn(read_settings(home)))
    answer = {
        **asdict(report),
        "trained_at": report.trained_at.isoformat(),
        "sentence": report.sentence,
        "decisions": written.model_dump(mode="json"),
    }
    emit(answer, as_json, lambda console: _show(console, report, written))


def _show(console: Console, report: Report, written: WhatWasLearned) -> None:
    console.print(report.sentence, highlight=False)
    console.print(written.sentence, highlight=False)
    for known in written.dimensions:
        rows = [
            (one.arm, f"{one.emails:,}", f"{one.effect:+.0%}", f"{one.low:+.0%} to {one.high:+.0%}", f"{one.best:.0%}")
            for one in known.arms
        ]
        console.print(known.sentence, highlight=False)
        console.print(table(COLUMNS, rows))


def _check(settings: Settings, as_json: bool) -> None:
    found = asyncio.run(_fairness(settings))
    emit(found, as_json, lambda console: console.print(found.sentence, highlight=False))
    if not found.fair:
        raise typer.Exit(FAILED)


async def _fairness(settings: Settings) -> FairnessReport:
    async with open_house(settings) as house:
        with progress_bar() as bar:
            twins = bar.add_task("comparing twins", total=None)
            return await check_fairness(house, lambda done, total: bar.update(twins, completed=done, total=total))


async def _learn(settings: Settings) -> tuple[Report, WhatWasLearned]:
    async with open_house(settings) as house:
        with progress_bar() as bar:
            memory = bar.add_task("reading memory", total=None)
            picks = bar.add_task("learning to rank", total=None)
            report = await learn_ranking(
                house.database,
                house.catalog,
                lambda done, total: bar.update(picks, completed=done, total=total),
                lambda job, customers: bar.update(memory, description=job, completed=customers),
            )
            await guard(house.database, settings.harm)
        async with house.database.session(readonly=True) as session:
            return report, what_was_learned(await read_learned(session))
