"""`penfriend reindex`: the product index made anew from the database."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import typer
from pydantic import BaseModel
from rich.console import Console

from api.console import Home, Json, emit, progress_bar
from api.house import open_house
from api.settings import Settings, read_settings
from catalog.ann import Plan


class Reindexed(BaseModel):
    """What was made, and how well it finds."""

    products: int
    encoded: int
    """Texts that had no vector yet, or one of another text or model."""
    plan: Plan
    """How it is searched, and the recall that was measured against exact search."""
    bytes_on_disk: int
    seconds: float


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(reindex)


def reindex(home: Home = None, as_json: Json = False) -> None:
    """Make the product index anew from the database, and measure how well it finds.

    Never needed in daily use: the index follows the products by itself, and is mended where it is damaged.
    """
    done = asyncio.run(_reindex(read_settings(home)))
    emit(done, as_json, lambda console: _show(console, done))


async def _reindex(settings: Settings) -> Reindexed:
    began = time.perf_counter()
    async with open_house(settings) as house:
        with progress_bar() as bar:
            task = bar.add_task("opening the catalog", total=None)
            done = await house.catalog.rebuild(
                lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
            )
        return Reindexed(
            products=done.products,
            encoded=done.embedded,
            bytes_on_disk=_size(settings.index_dir),
            seconds=round(time.perf_counter() - began, 2),
            plan=house.catalog.view.plan,
        )


def _size(folder: Path) -> int:
    """Of the blocks in use: the room behind the vectors is a hole."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _show(console: Console, done: Reindexed) -> None:
    console.print(
        f"{done.products:,} products, {done.encoded:,} encoded, {done.bytes_on_disk / 2**20:,.0f} MiB on disk, "
        f"in {done.seconds:.1f} s.",
        highlight=False,
    )
    console.print(f"{done.plan.sentence[0].upper()}{done.plan.sentence[1:]}.", highlight=False)
