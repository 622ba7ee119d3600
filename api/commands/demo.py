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
from api.demonstration import compose_showcase, lay_out_for_review, load_shop, names_of
from api.house import open_house
from api.settings import Settings, read_settings
from api.setup import init_home
from composer.contract import ComposeResult, Rung
from demo import preview
from demo.customers import COUNT
from evals.sameness import near_duplicates, prose

FLOWS = 12
BY_MODEL = frozenset({Rung.MODEL, Rung.REPAIR, Rung.REASK, Rung.OTHER_MODEL})


class Shown(BaseModel):
    """One line of the table."""

    email_id: str
    customer: str
    flow: str
    path: str
    reason: str
    subject: str
    by_model: list[str]
    """Keys of the blocks that a model wrote, whether or not it was repaired or asked again."""
    by_others: dict[str, list[str]]
    """Keys of the other blocks, by `rung: reason`."""
    held_back: int
    """Verdicts that kept a drafted text out of the e-mail. What is in it passed every check."""
    ms: float


class DemoReport(BaseModel):
    """What the demo made."""

    home: Path
    out: Path
    index: Path
    admin_key: str | None
    emails: list[Shown]
    to_review: int
    """E-mails that wait in the studio."""
    near_duplicates: int
    """E-mails that say nearly what another of them says, names, numbers and products left aside."""


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
        names = await names_of(house, (result.customer for result in results))
        waiting = await lay_out_for_review(house)
    pictures = settings.pictures_dir
    index = await asyncio.to_thread(partial(preview.write, results, out, pictures=pictures, names=names))
    return DemoReport(
        home=settings.home,
        out=out,
        index=index,
        admin_key=made.admin_key,
        emails=[_line(result) for result in results],
        to_review=waiting,
        near_duplicates=len(near_duplicates([_prose(result) for result in results]).alike),
    )


def _prose(result: ComposeResult) -> str:
    """What the e-mail says, as `evals.sameness` compares it."""
    return prose(((block.key, block.text) for block in result.blocks), (pick.title for pick in result.picks))


def _line(result: ComposeResult) -> Shown:
    by_others: dict[str, list[str]] = {}
    for block in result.blocks:
        if block.rung not in BY_MODEL:
            by_others.setdefault(f"{block.rung.value}: {block.reason}", []).append(block.key)
    return Shown(
        email_id=result.id,
        customer=result.customer,
        flow=result.flow,
        path=result.path.value,
        reason=result.reason,
        subject=result.subject,
        by_model=[block.key for block in result.blocks if block.rung in BY_MODEL],
        by_others=by_others,
        held_back=sum(verdict.holds_back for verdict in result.verdicts),
        ms=result.usage.model_ms + result.usage.own_ms,
    )


def _show(console: Console, report: DemoReport) -> None:
    columns = ("customer", "flow", "subject", "by the model", "saved by", "checks", "time")
    console.print(table(columns, [_row(line) for line in report.emails]))
    console.print(f"Near duplicates among them: {report.near_duplicates}", highlight=False)
    console.print(f"Previews, each with its why: {report.index}", highlight=False)
    if report.admin_key:
        console.print(f"Admin key, shown once: {report.admin_key}", highlight=False)
    console.print(
        f"Next: make studio (or penfriend studio). {report.to_review} e-mails wait there for your approval.",
        highlight=False,
    )


def _row(line: Shown) -> tuple[str, ...]:
    if not line.by_model and not line.by_others:
        return line.customer, line.flow, f"none: {line.reason}", "–", "–", "–", "–"
    saved = "\n".join(f"{how} ({_names(keys)})" for how, keys in line.by_others.items()).replace("_", " ")
    checks = f"passed, {line.held_back} held back" if line.held_back else "passed"
    seconds = f"{line.ms / 1000:.1f} s"
    return line.customer, line.flow, line.subject, _names(line.by_model) or "–", saved or "–", checks, seconds


def _names(keys: list[str]) -> str:
    """`subject, 2 pitches` for two pitches and a subject."""
    pitches = sum(key.startswith("pitch:") for key in keys)
    names = [key for key in keys if not key.startswith("pitch:")]
    counted = ["pitch"] if pitches == 1 else [f"{pitches} pitches"] if pitches else []
    return ", ".join(names + counted)
