"""`penfriend picks`: what a customer would be shown, and why that and nothing else."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from api.console import Home, Json, emit, table
from api.house import open_house
from api.settings import Settings, read_settings
from catalog.explain import CandidateScore, Explanation
from catalog.model import Pick
from composer.explaining import PicksExplained, PicksRequest, explain_picks
from store.errors import InvalidInput


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(picks)


def picks(
    customer: Annotated[str, typer.Argument(help="The shop's own customer id.")],
    campaign: Annotated[str, typer.Option(help="As composing for this campaign would pick.")] = "",
    flow: Annotated[str | None, typer.Option(help="Without a campaign: as this flow wishes, win_back for one.")] = None,
    step: Annotated[str, typer.Option(help="Which e-mail of the flow's sequence. [default: its first]")] = "",
    occasion: Annotated[str, typer.Option(help="Tells apart e-mails of one campaign: a cart id, a year.")] = "",
    count: Annotated[int | None, typer.Option(min=1, max=12, help="How many. [default: the flow's]")] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Candidates, scores by signal, what was left out and why.")
    ] = False,
    show: Annotated[int, typer.Option(min=0, max=100, help="With --why: candidates beside the picks.")] = 20,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Pick products for one customer. Nothing is composed, sent or remembered of it."""
    request = _request(
        customer=customer, campaign=campaign, flow=flow, step=step, occasion=occasion, count=count, why=why, show=show
    )
    result = asyncio.run(_picks(read_settings(home), request))
    emit(result, as_json, lambda console: _show(console, result))


def _request(**fields: Any) -> PicksRequest:
    """Raises InvalidInput naming the option."""
    try:
        return PicksRequest(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise InvalidInput(f"{name}: {first['msg']}", pointer=f"--{name}", fix="Correct this option.") from error


async def _picks(settings: Settings, request: PicksRequest) -> PicksExplained:
    async with open_house(settings) as house, house.database.session(readonly=True) as session:
        return await explain_picks(session, house.benches, house.catalog, request)


def _show(console: Console, result: PicksExplained) -> None:
    if not result.picks:
        console.print("No picks: nothing that is allowed has a reason for this customer.")
    else:
        columns = ("", "product", "kind", "score", "chance", "reason", "evidence")
        console.print(table(columns, [_pick(place, one) for place, one in enumerate(result.picks, 1)], "Picks"))
    if result.short:
        others = f"{len(result.picks)} of {result.wanted} picks. What kept the others back:"
        console.print(others if result.picks else "What kept everything back:", highlight=False)
        for line in result.short:
            console.print(f"  {line}", highlight=False, markup=False)
    if result.unfit:
        console.print(f"No title to show: {', '.join(result.unfit)}.", highlight=False, markup=False)
    if result.why is not None:
        _show_why(console, result.why)


def _pick(place: int, one: Pick) -> tuple[object, ...]:
    evidence = "\n".join(each.text for each in one.evidence)
    name = f"{one.product.title} ({one.product.id})"
    return place, name, one.kind, f"{one.score:.3g}", f"{one.probability:.0%}", one.reason, evidence


def _show_why(console: Console, why: Explanation) -> None:
    title = f"Candidates ({why.considered} of {why.products} products have something that speaks for them)"
    weighed = any(one.weights for one in why.candidates)
    rules = ("rules",) if weighed else ()
    columns = ("place", "product", "shown as", "score", "by signal", *rules, "not shown because")
    console.print(table(columns, [_candidate(one, weighed) for one in why.candidates], title))
    rows = [(one.count, one.words, "; ".join(product.title for product in one.examples)) for one in why.excluded]
    if rows:
        console.print(table(("products", "left out before ranking", "such as"), rows, "Excluded"))
    for pin in why.pins_refused:
        console.print(f"Pin not shown: {pin}.", highlight=False, markup=False)


def _candidate(one: CandidateScore, weighed: bool) -> tuple[object, ...]:
    signals = "\n".join(f"{signal.strength:.2f} {signal.evidence.text}" for signal in one.signals)
    weights = ["\n".join(f"× {weight.factor:.2f} {weight.rule}" for weight in one.weights)] if weighed else []
    reason = f"{one.why_not}: {one.other.title}" if one.other else one.why_not
    score = f"{one.score:.3g}" if one.likelihood is None else f"{one.score:.3g}\n(likely {one.likelihood * 100:.2g}%)"
    return one.place or "", one.product.title, one.kind, score, signals, *weights, reason
