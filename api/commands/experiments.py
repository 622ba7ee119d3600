"""`penfriend experiment` and `penfriend holdout`: who gets what for the sake of knowing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from api import experimenting
from api.benches import open_benches
from api.console import Home, Json, emit, table
from api.databases import open_database
from api.settings import Settings, read_settings
from composer.documents import load_document
from composer.experiments import groups, holdouts, service
from composer.experiments.model import Experiment, Group, Holdout, Plan
from composer.experiments.report import Report, report
from composer.throttle import Throttles
from composer.writers import open_writers
from prompts.library import Library
from store.errors import InvalidInput

T = TypeVar("T")

experiment = typer.Typer(help="A/B/n tests of versions, models, prompts and policies.", no_args_is_help=True)
holdout = typer.Typer(help="Customers who get no marketing e-mail at all, to know what all of it brings.")
group = typer.Typer(help="Campaigns and experiments that share no customer.", no_args_is_help=True)
experiment.add_typer(group, name="group")
Id = Annotated[str, typer.Argument(help="The experiment's id: exp_…")]
Kind = Annotated[str, typer.Argument(help="campaign or experiment.")]


def register(app: typer.Typer) -> None:
    """Add both groups to the command line."""
    app.add_typer(experiment, name="experiment")
    app.add_typer(holdout, name="holdout")


@experiment.command()
def new(file: Path, home: Home = None, as_json: Json = False) -> None:
    """Write one down, from YAML or JSON: name, hypothesis, campaigns, arms with their shares, metric."""
    plan = load_document(Plan, file)
    made = _run(read_settings(home), lambda session: experimenting.create(session, plan))
    emit(made, as_json, lambda console: _say(console, f"Written down as {made.id}. Start it when it is right."))


@experiment.command("list")
def list_(home: Home = None, as_json: Json = False) -> None:
    """All experiments, the newest first."""
    found = _run(read_settings(home), lambda session: service.list_experiments(session, limit=500))
    emit([one.model_dump(mode="json") for one in found], as_json, lambda console: _show_all(console, found))


@experiment.command()
def show(experiment_id: Id, home: Home = None, as_json: Json = False) -> None:
    """Who is in it and what came of it; before it begins, what it could find."""

    async def read(session: AsyncSession) -> Report:
        return await report(session, await service.get_experiment(session, experiment_id))

    found = _run(read_settings(home), read)
    emit(found, as_json, lambda console: _show(console, found))


@experiment.command()
def start(experiment_id: Id, home: Home = None, as_json: Json = False) -> None:
    """From now on its customers are in its arms; nothing about it changes any more."""
    begun = asyncio.run(_start(read_settings(home), experiment_id))
    emit(begun, as_json, lambda console: _say(console, f"“{begun.plan.name}” is running."))


@experiment.command()
def stop(experiment_id: Id, home: Home = None, as_json: Json = False) -> None:
    """From now on everybody gets the campaigns as they are."""
    stopped = _run(read_settings(home), lambda session: experimenting.stop(session, experiment_id))
    emit(stopped, as_json, lambda console: _say(console, f"“{stopped.plan.name}” has stopped."))


@experiment.command()
def discard(experiment_id: Id, home: Home = None, as_json: Json = False) -> None:
    """Throw a draft away."""
    _run(read_settings(home), lambda session: experimenting.discard(session, experiment_id))
    emit({"discarded": experiment_id}, as_json, lambda console: _say(console, "Thrown away."))


@group.command("list")
def list_groups(home: Home = None, as_json: Json = False) -> None:
    """All groups with their members' shares."""
    found = _run(read_settings(home), groups.groups)
    emit([one.model_dump(mode="json") for one in found], as_json, lambda console: _show_groups(console, found))


@group.command()
def join(name: str, kind: Kind, member: str, share: str, home: Home = None, as_json: Json = False) -> None:
    """Give a campaign or an experiment a SHARE (30% or 0.3) of the customers, who are nobody else's in this group."""
    part = share_of(share)
    made = _run(read_settings(home), lambda session: experimenting.join(session, name, kind, member, part))
    emit(made, as_json, lambda console: _show_groups(console, [made]))


@group.command()
def leave(name: str, kind: Kind, member: str, home: Home = None, as_json: Json = False) -> None:
    """Take a campaign or an experiment out of a group."""
    left = _run(read_settings(home), lambda session: experimenting.leave(session, name, kind, member))
    emit(left or {}, as_json, lambda console: _show_groups(console, [left] if left else []))


@holdout.command("show")
def show_holdout(home: Home = None, as_json: Json = False) -> None:
    """The holdout in force or set for later, and the periods before."""
    found = _run(read_settings(home), holdouts.periods)
    columns = ("share", "from", "until", "set by")
    rows = [(f"{one.share:.2%}", f"{one.starts_at:%Y-%m-%d}", f"{one.ends_at:%Y-%m-%d}", one.set_by) for one in found]
    emit([one.model_dump(mode="json") for one in found], as_json, lambda console: console.print(table(columns, rows)))


@holdout.command("set")
def set_holdout(
    share: Annotated[str, typer.Argument(help="Of all customers: 5% or 0.05.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which it ends (UTC).")],
    starts: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The day it begins (UTC). [default: now]")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hold customers out of every campaign; the holdout before ends there, and other customers are drawn."""
    part, ends, begins = share_of(share), _midnight(until), _midnight(starts) if starts else None
    made = _run(
        read_settings(home), lambda session: experimenting.set_holdout(session, part, until=ends, starts=begins)
    )
    told = f"{made.share:.2%} of the customers are held out from {made.starts_at:%Y-%m-%d} to {made.ends_at:%Y-%m-%d}."
    emit(made, as_json, lambda console: _say(console, told))


@holdout.command("end")
def end_holdout(home: Home = None, as_json: Json = False) -> None:
    """From now on nobody is held out of everything."""
    ended = _run(read_settings(home), experimenting.end_holdout)
    told = "Nobody is held out any more." if ended else "Nobody was held out."
    emit(_as_json(ended), as_json, lambda console: _say(console, told))


def share_of(text: str) -> float:
    """`5%` or `0.05` as a share. Raises InvalidInput."""
    number = text.strip().removesuffix("%").strip()
    try:
        return float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no share.", pointer="/share", fix="Write 5% or 0.05.") from error


async def _start(settings: Settings, experiment_id: str) -> Experiment:
    library = Library.load()
    async with open_database(settings) as database, AsyncExitStack() as stack:
        throttles = Throttles(settings.model.limits)
        writers = await stack.enter_async_context(open_writers(settings.model, library, settings.home, throttles))
        benches = await open_benches(stack, settings, database.keyring, library, writers, throttles)
        async with database.session() as session:
            return await experimenting.start(session, experiment_id, benches)


def _run(settings: Settings, do: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_database(settings) as database, database.session() as session:
            return await do(session)

    return asyncio.run(run())


def _show_all(console: Console, found: Sequence[Experiment]) -> None:
    if not found:
        _say(console, "There are no experiments. `penfriend experiment new FILE` writes one down, `start` begins it.")
        return
    rows = [(one.id, one.plan.name, one.status.value, ", ".join(one.plan.campaigns), _day(one)) for one in found]
    console.print(table(("id", "name", "status", "campaigns", "began"), rows))


def _show(console: Console, found: Report) -> None:
    plan = found.experiment.plan
    _say(console, f"{plan.name} ({found.experiment.status.value}), decided by {found.metric}")
    rows = [(arm.name, f"{arm.share:.1%}", arm.does, f"{arm.customers:,}", arm.sentence) for arm in found.arms]
    console.print(table(("arm", "share", "what it does", "customers", "against control"), rows))
    for line in (found.could_find, found.ratio, *found.warnings):
        if line:
            _say(console, line)


def _show_groups(console: Console, found: list[Group]) -> None:
    rows = [(one.name, f"{member.kind} {member.id}", f"{member.share:.2%}") for one in found for member in one.members]
    console.print(table(("group", "member", "share"), rows))


def _as_json(one: Holdout | None) -> dict[str, object]:
    return one.model_dump(mode="json") if one else {}


def _midnight(day: datetime) -> datetime:
    return datetime.combine(day.date(), time(), UTC)


def _day(one: Experiment) -> str:
    return f"{one.started_at:%Y-%m-%d}" if one.started_at else "not yet"


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False)
