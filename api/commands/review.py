"""`penfriend review`: samples of e-mails, what having read them says of the others, and the runs that wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from api import reviewing
from api.console import Home, Json, emit, table
from api.databases import open_database
from api.settings import read_settings
from composer.reviews import reading
from composer.reviews.model import ReviewTerms
from composer.reviews.reading import Sample
from store.errors import InvalidInput

T = TypeVar("T")

group = typer.Typer(help="Samples of e-mails to read before the others leave.", no_args_is_help=True)

SampleId = Annotated[str, typer.Argument(help="The sample's id, as `review list` shows it.")]


class BadTerms(InvalidInput):
    """On such terms no sample can be drawn."""

    reason = "bad_terms"


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(group, name="review")


@group.command("list")
def list_(
    run: Annotated[str, typer.Option(help="Only this run's.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Samples, newest first, each with what it says so far."""
    found = _do(home, lambda session: reading.samples(session, run=run, limit=limit), readonly=True)
    emit([one.model_dump(mode="json") for one in found], as_json, lambda console: _tell_all(console, found))


@group.command()
def draw(
    run: Annotated[str, typer.Argument(help="The run; without one: what was composed one by one.")] = "",
    campaign: Annotated[str, typer.Option(help="Of what was composed one by one, only this campaign's.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Of it, only what came after this moment (UTC).")] = None,
    share: Annotated[float | None, typer.Option(help="Share of bad e-mails that is accepted: 0.05.")] = None,
    confidence: Annotated[float | None, typer.Option(help="How sure that has to be: 0.95.")] = None,
    allowed: Annotated[int | None, typer.Option(help="Bad e-mails with which the sample still passes.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Draw a sample: the riskiest e-mails, and as many at random as the terms need."""
    terms = _terms(share, confidence, allowed)
    if run:
        found = _do(home, lambda session: reviewing.draw_of_run(session, run, terms))
    else:
        moment = None if since is None else since.replace(tzinfo=UTC)
        found = _do(home, lambda session: reviewing.draw_alone(session, campaign, moment, terms))
    emit(found, as_json, lambda console: _tell(console, found))


@group.command()
def show(sample: SampleId, home: Home = None, as_json: Json = False) -> None:
    """What a sample says so far, and its e-mails in the order of review."""

    async def read(session: AsyncSession) -> tuple[Sample, list[reading.Item]]:
        return await reading.sample(session, sample), await reading.items(session, sample)

    found, items = _do(home, read, readonly=True)
    document = {**found.model_dump(mode="json"), "items": [one.model_dump(mode="json") for one in items]}
    emit(document, as_json, lambda console: _tell(console, found, items))


@group.command()
def accept(sample: SampleId, home: Home = None, as_json: Json = False) -> None:
    """Accept a sample that is read; a run that waited for it is released, for good."""
    found = _do(home, lambda session: reviewing.accept(session, sample))
    emit(found, as_json, lambda console: _tell(console, found))


@group.command()
def refuse(sample: SampleId, home: Home = None, as_json: Json = False) -> None:
    """Refuse a sample: its run stays closed, and another one may be drawn of what was not read."""
    found = _do(home, lambda session: reviewing.refuse(session, sample))
    emit(found, as_json, lambda console: _tell(console, found))


@group.command()
def release(
    run: Annotated[str, typer.Argument(help="The run that waits.")],
    why: Annotated[str, typer.Option(help="Why it leaves without a review: the audit log keeps it.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Let a run out without an accepted sample."""
    found = _do(home, lambda session: reviewing.release(session, run, why=why))
    emit(found, as_json, lambda console: console.print(f"Released without a review: {found.id}", highlight=False))


def _terms(share: float | None, confidence: float | None, allowed: int | None) -> ReviewTerms | None:
    """None where nothing is said: the run's own. Raises BadTerms."""
    said = {"defect_rate": share, "confidence": confidence, "allowed": allowed}
    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        return None
    try:
        return ReviewTerms.model_validate(given)
    except ValueError as error:
        raise BadTerms(
            "A share lies between 0 and 1, a confidence between 0.5 and 1, and at most 50 are allowed.",
            fix="For example --share 0.05 --confidence 0.95 --allowed 1.",
        ) from error


def _do(home: Home, work: Callable[[AsyncSession], Awaitable[T]], *, readonly: bool = False) -> T:
    async def done() -> T:
        async with open_database(read_settings(home)) as database, database.session(readonly=readonly) as session:
            return await work(session)

    return asyncio.run(done())


def _tell_all(console: Console, found: Sequence[Sample]) -> None:
    rows = [
        (one.id, one.run or one.campaign or "one by one", one.status, f"{one.read:,} of {one.emails:,}", one.statement)
        for one in found
    ]
    console.print(table(("sample", "of", "status", "read", "what it says"), rows))


def _tell(console: Console, found: Sample, items: Sequence[reading.Item] = ()) -> None:
    of = f"run {found.run}" if found.run else found.campaign or "e-mails composed one by one"
    console.print(
        f"{found.id} of {of}, {found.status}: {found.emails:,} of {found.population:,} e-mails", highlight=False
    )
    console.print(f"{found.statement}.", highlight=False)
    risk = found.risk
    kinds = f"; {found.left_out:,} of {found.strata:,} kinds are not among them" if found.left_out else ""
    came = f"{risk.rejected:,} rejected, {risk.edited:,} edited"
    console.print(f"Of the riskiest {risk.size:,}, {risk.read:,} are read: {came}{kinds}.", highlight=False)
    if items:
        rows = [
            (one.position, one.email_id, one.part.value, f"{one.risk:.2f}", one.stratum, one.decision or "")
            for one in items
        ]
        console.print(table(("", "e-mail", "part", "risk", "kind", "decision"), rows))
