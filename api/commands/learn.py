"""`penfriend learn`: learn from the shop's own history what memory leans on, and how to rank picks."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer

from api.console import Home, Json, emit, progress_bar
from api.house import open_house
from api.learning import learn_ranking
from api.settings import Settings, read_settings
from catalog.learning.model import Report


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(learn)


def learn(home: Home = None, as_json: Json = False) -> None:
    """Learn from all orders, views, carts and e-mails: how long things last, what customers respond to and when, who
    orders next, and how to rank picks. What is learned is used only where it proves better.

    `penfriend serve` does this by itself. `penfriend predictions` tells how good the predictions are.
    """
    report = asyncio.run(_learn(read_settings(home)))
    answer = {**asdict(report), "trained_at": report.trained_at.isoformat(), "sentence": report.sentence}
    emit(answer, as_json, lambda console: console.print(report.sentence, highlight=False))


async def _learn(settings: Settings) -> Report:
    async with open_house(settings) as house:
        with progress_bar() as bar:
            memory = bar.add_task("reading memory", total=None)
            picks = bar.add_task("learning to rank", total=None)
            return await learn_ranking(
                house.database,
                house.catalog,
                lambda done, total: bar.update(picks, completed=done, total=total),
                lambda job, customers: bar.update(memory, description=job, completed=customers),
            )
