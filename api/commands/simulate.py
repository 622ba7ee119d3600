"""`penfriend simulate`: what marketers would come to in a made-up shop whose truth is known."""

from __future__ import annotations

import asyncio
from concurrent.futures import ProcessPoolExecutor
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from api.console import Json, emit, progress_bar, table
from composer.simulation.figures import Outcome
from composer.simulation.running import ARMS, Arm, arms_of, run_shop
from composer.simulation.summary import Report, summed_up
from composer.simulation.wording import COLUMNS, curves, difference_rows, rows, verdicts
from composer.simulation.world import World
from store.errors import InvalidInput

MOST_SEEDS, MOST_PROCESSES = 1_000, 64


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(simulate)


def simulate(
    seeds: Annotated[int, typer.Option(help="How many shops, each another one of the same kind.")] = 3,
    customers: Annotated[int, typer.Option(help="Customers of a shop.")] = World.model_fields["customers"].default,
    weeks: Annotated[int, typer.Option(help="Weeks, with one mailing each.")] = World.model_fields["weeks"].default,
    arms: Annotated[str, typer.Option(help=f"Some of {','.join(ARMS)}. [default: all]")] = "",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another parameter of the shop, as taste=0.5; docs/simulator.md lists them."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Write, check, render and store every e-mail: slower.")] = False,
    first_seed: Annotated[int, typer.Option(help="The seed of the first shop.")] = 1,
    processes: Annotated[int, typer.Option(help="How many shops at once.")] = 1,
    as_json: Json = False,
) -> None:
    """Let marketers write to the same made-up customers: one text for all, segments, 1:1 with and without learning, and
    an oracle. Customers' tastes are hidden and drift; Penfriend's memory, picks, decisions and learning are the real
    ones. Nothing of your shop is read or changed."""
    world = World.of(customers=customers, weeks=weeks, **settings(setting or []))
    chosen = arms_of([name.strip() for name in arms.split(",") if name.strip()])
    _check("seeds", seeds, MOST_SEEDS)
    _check("processes", processes, MOST_PROCESSES)
    report = run(world, range(first_seed, first_seed + seeds), chosen, full=full, processes=processes)
    emit(report, as_json, lambda console: show(console, report))


def settings(given: list[str]) -> dict[str, float]:
    """`name=value` pairs as numbers. Raises InvalidInput naming the one that is none."""
    found: dict[str, float] = {}
    for one in given:
        name, _, value = one.partition("=")
        if name not in World.model_fields:
            known = ", ".join(World.model_fields)
            raise InvalidInput(f"A shop has no parameter {name!r}.", pointer="--set", fix=f"Known: {known}.")
        try:
            found[name] = int(value) if World.model_fields[name].annotation is int else float(value)
        except ValueError as error:
            fix = f"Write a number: {name}={World.model_fields[name].default}."
            raise InvalidInput(f"{one!r} is no number.", pointer=f"--set {name}", fix=fix) from error
    return found


def run(world: World, seeds: range, arms: tuple[Arm, ...], *, full: bool, processes: int) -> Report:
    """The report over all shops, with a bar."""
    with progress_bar() as bar:
        task = bar.add_task("simulating", total=len(seeds) * len(arms) * world.weeks)
        if processes == 1:
            found = [_here(world, seed, arms, full, bar, task) for seed in seeds]
        else:
            found = _beside(world, seeds, arms, full, processes, bar, task)
    return summed_up(world, [one for shop in found for one in shop], full=full)


def _here(world: World, seed: int, arms: tuple[Arm, ...], full: bool, bar: Progress, task: TaskID) -> list[Outcome]:
    def told(arm: Arm, week: int) -> None:
        bar.update(task, advance=1, description=f"shop {seed}: {arm}")

    return asyncio.run(run_shop(world, seed, arms, full=full, progress=told))


def _beside(
    world: World, seeds: range, arms: tuple[Arm, ...], full: bool, processes: int, bar: Progress, task: TaskID
) -> list[list[Outcome]]:
    found = []
    with ProcessPoolExecutor(processes) as pool:
        waiting = [pool.submit(one_shop, world, seed, arms, full) for seed in seeds]
        for one in waiting:
            found.append(one.result())
            bar.update(task, advance=len(arms) * world.weeks)
    return found


def one_shop(world: World, seed: int, arms: tuple[Arm, ...], full: bool) -> list[Outcome]:
    """All marketers in one shop, in a process of its own."""
    return asyncio.run(run_shop(world, seed, arms, full=full))


def _check(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise InvalidInput(f"{name} cannot be {value}.", pointer=f"--{name}", fix=f"Give a number from 1 to {most:,}.")


def show(console: Console, report: Report) -> None:
    """Tables, curves, and what they say."""
    shops = f"{len(report.seeds)} shop{'s' if len(report.seeds) > 1 else ''}"
    console.print(
        f"{shops} of {report.world.customers} customers, {report.world.weeks} weekly mailings. A shop's mean, with "
        "95 % intervals over shops:",
        highlight=False,
    )
    console.print(table(("", *COLUMNS.values()), rows(report)))
    if report.differences:
        console.print("In the same shops, under the same chance (* all on one side of nothing):", highlight=False)
        console.print(table(("", *COLUMNS.values()), difference_rows(report)))
    console.print("Relevance by e-mail, from the first one (1: products and words at random):", highlight=False)
    for line in curves(report):
        console.print(line, highlight=False, soft_wrap=True)
    for line in verdicts(report):
        console.print(line, highlight=False)
