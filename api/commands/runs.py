"""`penfriend run`: an e-mail for everyone in an audience, watched, steered and accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TypeVar

import orjson
import typer
from rich.progress import Progress as Bar
from sqlalchemy.ext.asyncio import AsyncSession

from api import runs as edge
from api.commands import run_reports as show
from api.console import FAILED, INTERRUPTED, DryRun, Home, Json, emit, err, note, progress_bar
from api.databases import open_database
from api.house import House, open_house
from api.logs import configure_logs
from api.running import Stopped, watch, work_off
from api.settings import Settings, read_settings
from composer.runs import service
from composer.runs.audiences.reading import Progress
from composer.runs.audiences.resolving import FileNotAtHand
from composer.runs.model import NewLimits, RecipientStatus, Run, RunStatus
from composer.runs.preflight.model import PreflightReport, PreflightRequest, require_ready
from store.errors import InvalidInput
from store.files.own import refuse_own

T = TypeVar("T")

group = typer.Typer(help="One e-mail for everyone in an audience.", no_args_is_help=True)

RunId = Annotated[str, typer.Argument(help="The run's id, as `run list` shows it.")]
BudgetUsd = Annotated[float | None, typer.Option(help="Money for model calls; reached, the run pauses.")]
BudgetTokens = Annotated[int | None, typer.Option(help="Tokens in and out; reached, the run pauses.")]
Detach = Annotated[
    bool, typer.Option("--detach", help="Leave the work to `penfriend serve` and `penfriend worker`, and return.")
]


class NoAudience(InvalidInput):
    """It is not said for whom the run is."""

    reason = "no_audience"


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(group, name="run")


@group.command()
def start(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    everyone: Annotated[bool, typer.Option("--everyone", help="Every customer.")] = False,
    customer: Annotated[list[str] | None, typer.Option(help="One customer's id. Repeatable.")] = None,
    file: Annotated[Path | None, typer.Option(help="Customer ids: CSV, NDJSON or Parquet.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Whoever is due for the campaign's flow now.")] = False,
    rule: Annotated[Path | None, typer.Option(help="A rule over memory, as JSON (docs/runs.md).")] = None,
    request: Annotated[Path | None, typer.Option(help="The whole request, as the HTTP API takes it.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many, drawn by hash.")] = None,
    step: Annotated[str, typer.Option(help="Which e-mail of the flow's sequence.")] = "",
    occasion: Annotated[str, typer.Option(help="Tells apart runs of one campaign to the same people.")] = "",
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    defer_for: Annotated[
        str, typer.Option(help="How long to wait for who may not be written to yet: P3D, PT12H.", show_default="P3D")
    ] = "",
    review: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Draw a sample at the end that shows at most this share bad: 0.05."),
    ] = None,
    gate: Annotated[bool, typer.Option("--gate", help="Nothing leaves before that sample is accepted.")] = False,
    templates: Annotated[
        bool, typer.Option("--templates", help="Templates are fine: begin, and go on, though no model answers.")
    ] = False,
    samples: Annotated[int, typer.Option(min=0, max=20, help="E-mails written to estimate the cost.")] = 3,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the start.")] = False,
    detach: Detach = False,
    dry_run: DryRun = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Look before the start, ask, then compose an e-mail for everyone, with a bar.

    Ctrl-C finishes what is being written; `run resume` goes on where it was.
    """
    said = {"step": step, "occasion": occasion, "samples": samples, "defer_for": defer_for}
    said |= {"budget_usd": _money(budget_usd), "budget_tokens": budget_tokens, "review": _review(review, gate)}
    audience = _audience(everyone, customer, file, rule, limit, due=step if due else None)
    asked = _request(audience, request, said, templates=templates)
    settings = read_settings(home)
    run = asyncio.run(_start(settings, campaign, asked, ask=not yes, detach=detach, dry_run=dry_run, as_json=as_json))
    if run is not None:
        _end(run, as_json, detach=detach)


@group.command("list")
def list_(
    campaign: Annotated[str, typer.Option(help="Only this campaign's.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Runs, newest first."""
    found = _read(home, lambda session: service.list_runs(session, campaign=campaign, limit=limit))
    emit([run.model_dump(mode="json") for run in found], as_json, lambda console: console.print(show.run_table(found)))


@group.command("show")
def show_(run_id: RunId, home: Home = None, as_json: Json = False) -> None:
    """Where a run stands, and what became of its recipients."""
    run = _read(home, lambda session: service.get(session, run_id))
    emit(run, as_json, lambda console: show.show_run(console, run))


@group.command()
def history(run_id: RunId, home: Home = None, as_json: Json = False) -> None:
    """What happened to a run."""
    found = _read(home, lambda session: service.events(session, run_id))
    shown = [event.model_dump(mode="json") for event in found]
    emit(shown, as_json, lambda console: console.print(show.event_table(found)))


@group.command()
def recipients(
    run_id: RunId,
    status: Annotated[RecipientStatus | None, typer.Option(help="Only these.")] = None,
    after: Annotated[int, typer.Option(help="Behind this position.")] = -1,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """What became of each recipient."""
    found = _read(home, lambda session: service.recipients(session, run_id, status=status, limit=limit, after=after))
    shown = [one.model_dump(mode="json") for one in found]
    emit(shown, as_json, lambda console: console.print(show.recipient_table(found)))


@group.command()
def follow(run_id: RunId, home: Home = None, as_json: Json = False) -> None:
    """Watch a run that others work on, until it ends or pauses."""
    _end(asyncio.run(_follow(read_settings(home), run_id, as_json)), as_json)


@group.command()
def pause(run_id: RunId, home: Home = None, as_json: Json = False) -> None:
    """Begin nobody any more; what is being written is finished and kept."""
    run = _write(home, lambda session: edge.pause(session, run_id))
    emit(run, as_json, lambda console: console.print(show.headline(run), highlight=False))


@group.command()
def resume(
    run_id: RunId,
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    detach: Detach = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Go on where it was, with a larger budget if one is given."""
    said = {"budget_usd": _money(budget_usd), "budget_tokens": budget_tokens}
    limits = NewLimits.model_validate({name: value for name, value in said.items() if value is not None})
    run = asyncio.run(_resume(read_settings(home), run_id, limits, detach=detach, as_json=as_json))
    _end(run, as_json, detach=detach)


@group.command()
def retry(run_id: RunId, detach: Detach = False, home: Home = None, as_json: Json = False) -> None:
    """Begin anew with those who failed; nobody else is touched."""
    run = asyncio.run(_retry(read_settings(home), run_id, detach=detach, as_json=as_json))
    _end(run, as_json, detach=detach)


@group.command()
def cancel(run_id: RunId, home: Home = None, as_json: Json = False) -> None:
    """For good. E-mails that are composed stay; model calls in flight are dropped."""
    run = _write(home, lambda session: edge.cancel(session, run_id))
    emit(run, as_json, lambda console: console.print(show.headline(run), highlight=False))


def _audience(
    everyone: bool,
    customers: list[str] | None,
    file: Path | None,
    rule: Path | None,
    limit: int | None,
    *,
    due: str | None,
) -> dict[str, Any] | None:
    """The one that was named; None where none was. `due`: the step people are due for, empty for any, None for nobody.

    Raises NoAudience for two.
    """
    named: list[dict[str, Any]] = []
    if everyone:
        named.append({"kind": "everyone"})
    if customers:
        named.append({"kind": "list", "customers": customers})
    if file is not None:
        named.append({"kind": "file", "name": str(file)})
    if rule is not None:
        named.append({"kind": "rule", "where": _json(rule)})
    if due is not None:
        named.append({"kind": "due", "step": due})
    if len(named) > 1:
        raise NoAudience("A run has one audience.", fix="Give one of --everyone, --customer, --file, --rule and --due.")
    return named[0] | ({"limit": limit} if limit else {}) if named else None


def _request(
    audience: dict[str, Any] | None, path: Path | None, said: dict[str, Any], *, templates: bool
) -> PreflightRequest:
    """What the options say, over what the file says. Raises NoAudience, WrongRequest."""
    document: dict[str, Any] = _json(path) if path is not None else {}
    document |= {name: value for name, value in said.items() if value not in (None, "")}
    if audience is not None:
        document["audience"] = audience
    if templates and isinstance(tolerance := document.get("tolerance", {}), dict):
        document["tolerance"] = {**tolerance, "model_failures": 1, "fallback": 1}
    if "audience" not in document:
        raise NoAudience(
            "For whom?", pointer="--everyone", fix="Give --everyone, --customer, --file, --rule, --due or --request."
        )
    return edge.read_request(orjson.dumps(document, default=str).decode())


def _review(share: float | None, gate: bool) -> dict[str, Any] | None:
    """The terms of review; with a gate alone the usual ones."""
    if share is None:
        return {"gate": True} if gate else None
    return {"defect_rate": share, "gate": gate}


def _json(path: Path) -> Any:
    with _open(str(path), "--rule or --request") as file:
        content = file.read()
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise edge.WrongRequest(f"{path} is not JSON: {error}.", pointer=str(path), fix="Correct the file.") from error


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))


async def _start(
    settings: Settings,
    campaign: str,
    asked: PreflightRequest,
    *,
    ask: bool,
    detach: bool,
    dry_run: bool,
    as_json: bool,
) -> Run | None:
    async with open_house(settings) as house, _looked(house, campaign, asked, as_json) as found:
        if dry_run:
            emit(found.report, as_json, lambda console: show.show_preflight(console, found.report))
            if not found.report.ready:
                raise typer.Exit(FAILED)
            return None
        if not as_json:
            show.show_preflight(err(), found.report)
        require_ready(found.report)
        if ask and not as_json:
            _confirm(found.report)
        run = await edge.begin(house, campaign, asked, found.members)
        return run if detach else await _to_the_end(house, run, as_json)


@asynccontextmanager
async def _looked(house: House, campaign: str, asked: PreflightRequest, as_json: bool) -> AsyncIterator[edge.Looked]:
    async with AsyncExitStack() as stack:
        with _looking(as_json) as progress:
            looking = edge.looked(house, campaign, asked, open_file=_open, progress=progress)
            found = await stack.enter_async_context(looking)
        yield found


def _confirm(report: PreflightReport) -> None:
    count = report.audience.customers
    typer.confirm(f"Compose for {count:,} customers?", abort=True, err=True)


async def _resume(settings: Settings, run_id: str, limits: NewLimits, *, detach: bool, as_json: bool) -> Run:
    async with open_house(settings) as house:
        run = await edge.resume(house, run_id, limits if limits.model_fields_set else None)
        return run if detach else await _to_the_end(house, run, as_json)


async def _retry(settings: Settings, run_id: str, *, detach: bool, as_json: bool) -> Run:
    async with open_house(settings) as house:
        run = await edge.retry_failed(house, run_id)
        return run if detach else await _to_the_end(house, run, as_json)


async def _to_the_end(house: House, run: Run, as_json: bool) -> Run:
    # What goes on is in the bar; what goes wrong is worth a line beside it.
    configure_logs("WARNING")
    with show.run_bar(hidden=as_json) as bar:
        try:
            return await work_off(house, run.id, _moving(bar, run))
        except Stopped:
            bar.stop()
            note(f"Stopped. `penfriend run resume {run.id}` goes on where it was.", as_json)
            raise typer.Exit(INTERRUPTED) from None


async def _follow(settings: Settings, run_id: str, as_json: bool) -> Run:
    async with open_house(settings) as house:
        async with house.database.session(readonly=True) as session:
            run = await service.get(session, run_id)
        with show.run_bar(hidden=as_json) as bar:
            return await watch(house, run_id, _moving(bar, run))


def _moving(bar: Bar, run: Run) -> Callable[[Run], None]:
    task = bar.add_task(run.campaign, total=run.recipients, pace="")

    def moved(now: Run) -> None:
        bar.update(task, completed=now.tally.done, pace=show.pace(now))

    return moved


@contextmanager
def _looking(as_json: bool) -> Iterator[Progress]:
    """A bar for the pass over customers, gone when it is over."""
    with progress_bar(hidden=as_json) as bar:
        task = bar.add_task("Looking at customers", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _open(name: str, option: str = "--file") -> BinaryIO:
    refuse_own(Path(name))
    try:
        return Path(name).open("rb")
    except FileNotFoundError as error:
        raise FileNotAtHand(f"There is no file {name!r}.", pointer=option, fix="Check the path.") from error


def _end(run: Run, as_json: bool, *, detach: bool = False) -> None:
    """Show it; an end that is no completion is a failure for scripts, unless others go on with it or it only waits."""
    emit(run, as_json, lambda console: show.show_run(console, run))
    if run.waiting:
        note(
            "`penfriend serve` or a worker goes on with them by itself; `penfriend run resume` does too, then.", as_json
        )
    if run.status is RunStatus.COMPLETED or run.waiting or (detach and run.status is RunStatus.RUNNING):
        return
    raise typer.Exit(FAILED)


def _read(home: Path | None, ask: Callable[[AsyncSession], Awaitable[T]]) -> T:
    return asyncio.run(_in_session(read_settings(home), ask, readonly=True))


def _write(home: Path | None, change: Callable[[AsyncSession], Awaitable[T]]) -> T:
    return asyncio.run(_in_session(read_settings(home), change, readonly=False))


async def _in_session(settings: Settings, work: Callable[[AsyncSession], Awaitable[T]], *, readonly: bool) -> T:
    async with open_database(settings) as database, database.session(readonly=readonly) as session:
        return await work(session)
