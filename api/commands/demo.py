"""`penfriend demo`: an invented shop, its customers, and e-mails for them to read, in one command."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import Progress as Bar

from api.console import Home, Json, emit, progress_bar, table
from api.demonstration import compose_showcase, load_shop
from api.house import open_house
from api.settings import Settings, read_settings
from api.setup import init_home
from composer.contract import ComposeResult, Rung
from demo import preview
from demo.customers import COUNT
from evals.verdict import Status

FLOWS = 12


class Shown(BaseModel):
    """One line of the table."""

    email_id: str
    customer: str
    flow: str
    path: str
    reason: str
    subject: str
    by_model: list[str]
    saved_by: dict[str, str]
    """Rung by block, of the blocks the model did not write."""
    checks_passed: int
    checks: int
    ms: float


class DemoReport(BaseModel):
    """What the demo made."""

    home: Path
    out: Path
    index: Path
    admin_key: str | None
    emails: list[Shown]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(demo)


def demo(
    customers: Annotated[int, typer.Option(min=FLOWS, max=100_000, help="How many people the shop knows.")] = COUNT,
    emails: Annotated[int, typer.Option(min=1, max=FLOWS, help="How many flows to show.")] = FLOWS,
    out: Annotated[Path | None, typer.Option(help="Folder for the previews. [default: HOME/previews]")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Load an invented shop, write e-mails for its customers with the embedded model, and leave previews to open."""
    settings = read_settings(home)
    with progress_bar() as bar:
        report = asyncio.run(_demo(settings, customers, emails, out or settings.home / "previews", bar))
    emit(report, as_json, lambda console: _show(console, report))


async def _demo(settings: Settings, customers: int, emails: int, out: Path, bar: Bar) -> DemoReport:
    tasks = {}

    def progress(what: str, done: int, total: int | None) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total)
        bar.update(tasks[what], completed=done, total=total)

    made = await init_home(settings)
    async with open_house(settings) as house:
        at = await load_shop(house, customers, progress)
        results = await compose_showcase(house, at, emails, progress)
    index = await asyncio.to_thread(partial(preview.write, results, out, pictures=settings.pictures_dir))
    return DemoReport(
        home=settings.home,
        out=out,
        index=index,
        admin_key=made.admin_key,
        emails=[_line(result) for result in results],
    )


def _line(result: ComposeResult) -> Shown:
    others = {block.key: block.rung.value for block in result.blocks if block.rung is not Rung.MODEL}
    judged = [verdict for verdict in result.verdicts if verdict.status is not Status.NOT_JUDGED]
    return Shown(
        email_id=result.id,
        customer=result.customer,
        flow=result.flow,
        path=result.path.value,
        reason=result.reason,
        subject=result.subject,
        by_model=[block.key for block in result.blocks if block.rung is Rung.MODEL],
        saved_by=others,
        checks_passed=sum(verdict.status is Status.PASS for verdict in judged),
        checks=len(judged),
        ms=result.usage.model_ms + result.usage.own_ms,
    )


def _show(console: Console, report: DemoReport) -> None:
    rows = [
        (
            line.customer,
            line.flow,
            line.subject or f"({line.reason})",
            ", ".join(line.by_model) or "–",
            ", ".join(f"{key}: {rung}" for key, rung in line.saved_by.items()) or "–",
            f"{line.checks_passed}/{line.checks}",
            f"{line.ms / 1000:.1f} s",
        )
        for line in report.emails
    ]
    console.print(table(("customer", "flow", "subject", "by the model", "saved by", "checks", "time"), rows))
    console.print(f"Previews, each with its why: {report.index}", highlight=False)
    if report.admin_key:
        console.print(f"Admin key, shown once: {report.admin_key}", highlight=False)
    console.print("Ask for one over HTTP: penfriend serve, then see the README.", highlight=False)
