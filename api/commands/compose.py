"""`penfriend compose` and `penfriend replay`: one e-mail, its why, and the proof."""

from __future__ import annotations

import asyncio
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.console import FAILED, Home, Json, emit, note, table
from api.house import open_house
from api.settings import Settings, read_settings
from composer import contract
from composer.contract import ComposeRequest, ComposeResult, ReplayReport
from evals.verdict import Status

DEFAULT_DEADLINE_MS = 60_000
"""A person at a terminal can wait for a small model on a small machine."""


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(compose)
    app.command()(replay)


def compose(
    customer: Annotated[str, typer.Argument(help="The shop's own customer id.")],
    campaign: Annotated[str, typer.Option(help="The campaign's id.")],
    step: Annotated[str, typer.Option(help="Which e-mail of the flow's sequence. [default: its first]")] = "",
    occasion: Annotated[str, typer.Option(help="Tells apart e-mails of one campaign: a cart id, a year.")] = "",
    deadline_ms: Annotated[int, typer.Option(min=50, max=120_000)] = DEFAULT_DEADLINE_MS,
    preview: Annotated[
        bool, typer.Option("--preview", "--dry-run", help="Write it without counting it as a contact.")
    ] = False,
    arm: Annotated[str, typer.Option(help="Preview this arm of an experiment: exp_…/name.")] = "",
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Show facts, picks, blocks and verdicts too.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Compose one e-mail for one customer. Asking again gives the same e-mail."""
    settings = read_settings(home)
    request = ComposeRequest(
        campaign=campaign,
        customer=customer,
        step=step,
        occasion=occasion,
        deadline_ms=deadline_ms,
        preview=preview or bool(arm),
        variant=arm,
    )
    result = asyncio.run(_compose(settings, request))
    emit(result, as_json, lambda console: _show(console, result, why))
    if open_ and result.html:
        note(f"Opened {_open(settings.home, result)}", as_json)
    if result.path is contract.Path.SKIPPED:
        raise typer.Exit(FAILED)


def replay(
    email_id: Annotated[str, typer.Argument(help="The e-mail's id.")],
    revision: Annotated[
        int | None, typer.Option(help="What it was before it was rebuilt for a changed catalog: 0 is the first.", min=0)
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Rebuild an e-mail from its record and compare the bytes. Exit code 1 when they differ."""
    report = asyncio.run(_replay(read_settings(home), email_id, revision))
    words = ["The same bytes."] if report.identical else ["Differs:", *report.differences]
    emit(report, as_json, lambda console: console.print("\n".join([*words, _under(report)]), highlight=False))
    if not report.identical:
        raise typer.Exit(FAILED)


def _under(report: ReplayReport) -> str:
    brand = f"version {report.brand_version} of" if report.brand_version else "a version that was not noted of"
    return f"Composed under version {report.campaign_version} of the campaign and {brand} brand {report.brand}."


async def _compose(settings: Settings, request: ComposeRequest) -> ComposeResult:
    async with open_house(settings) as house:
        return await house.composer.compose(request)


async def _replay(settings: Settings, email_id: str, revision: int | None) -> ReplayReport:
    async with open_house(settings) as house:
        return await house.composer.replay(email_id, revision=revision)


def _open(home: Path, result: ComposeResult) -> Path:
    folder = home / "previews"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.id}.html"
    path.write_text(result.html, encoding="utf-8")
    webbrowser.open(path.absolute().as_uri())
    return path


def _show(console: Console, result: ComposeResult, why: bool) -> None:
    if result.path is contract.Path.SKIPPED:
        console.print(f"No e-mail: {result.reason}", highlight=False)
        console.print(result.detail, highlight=False)
        return
    body = Text.assemble((f"{result.preheader}\n\n", "dim"), result.text)
    console.print(Panel(body, title=Text(result.subject), title_align="left", subtitle=result.id))
    if why:
        for drawn in _why(result):
            console.print(drawn)


def _why(result: ComposeResult) -> list[Table]:
    failed = [verdict for verdict in result.verdicts if verdict.status is Status.FAIL]
    return [
        table(
            ("block", "rung", "reason", "licensed by"),
            [(block.key, block.rung.value, block.reason, ", ".join(block.facts)) for block in result.blocks],
            "Blocks",
        ),
        table(
            ("product", "price", "why"),
            [(pick.title, pick.price, pick.reason) for pick in result.picks],
            "Picks",
        ),
        table(
            ("fact", "say", "events"),
            [(fact["text"], fact["say"], ", ".join(fact["sources"])) for fact in result.facts],
            "Facts",
        ),
        table(
            ("rule", "block", "found", "reason"),
            [(verdict.rule, verdict.block, verdict.found, verdict.reason) for verdict in failed],
            "Checks that failed",
        ),
    ]
