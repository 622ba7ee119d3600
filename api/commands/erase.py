"""`penfriend erase`, `penfriend prove-erasure`: forget a person, and show that nothing of them is left."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from api import erasure_manifest
from api.console import FAILED, DryRun, Home, Json, emit, note, progress_bar, table
from api.databases import open_database
from api.erasing import Eraser, NobodyToErase
from api.settings import Settings, read_settings
from memory.privacy.erasures import Erasure
from memory.privacy.people import find_person
from store.errors import InvalidInput
from store.evidence import Found, Progress

_WHY = typer.Option(help="For the audit log: a ticket's number, say. Not the person's name.")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(erase)
    app.command("prove-erasure")(prove_erasure)


def erase(
    customer: Annotated[
        str, typer.Argument(help="The shop's customer id; for a visitor without one, ours (cus_…).")
    ] = "",
    why: Annotated[str, _WHY] = "",
    prove: Annotated[bool, typer.Option(help="Look for the person in every file and every row afterwards.")] = True,
    replay: Annotated[
        bool, typer.Option("--replay", help="After restoring a backup: erase everyone again who was erased since.")
    ] = False,
    manifest: Annotated[
        Path | None,
        typer.Option(help="Of --replay: the list of erasures. [default: erasures.ndjson in the home folder]"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Erase a person from everything Penfriend keeps, and prove it. There is no way back.

    Their rows, memory and e-mails are deleted; in runs and hand-offs a number stays where they were. Ends with 1 where
    something was still found. Cut short, run it again: it goes on.
    """
    settings = read_settings(home)
    if bool(customer) == replay:
        raise InvalidInput("Name one customer, or use --replay.", pointer="CUSTOMER", fix="penfriend erase CUSTOMER")
    if dry_run:
        _dry(settings, customer, manifest, replay, as_json)
        return
    if replay:
        done = asyncio.run(_replay(settings, manifest or settings.erasures_file, prove))
        _tell_all(done, as_json)
        return
    if not yes and not typer.confirm(f"Erase everything about {customer}? This cannot be undone.", err=True):
        raise typer.Exit(FAILED)
    erasure = asyncio.run(_erase(settings, customer, why, prove))
    emit(erasure, as_json, lambda console: _tell(console, erasure))
    if erasure.found:
        raise typer.Exit(FAILED)


def prove_erasure(
    erasure: Annotated[str, typer.Argument(help="An erasure (era_…), or a customer id to look for.")],
    look_for: Annotated[
        list[str] | None, typer.Option("--look-for", help="Repeatable: an address, a number, a name.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Look for a person in every file of the home folder and in every row, decrypted. Ends with 1 where there is any.

    Of an erasure whose proof found something, what it looked for is looked for again.
    """
    found = asyncio.run(_prove(read_settings(home), erasure, look_for or []))
    emit([one.to_json() for one in found], as_json, lambda console: _tell_found(console, found))
    if found:
        raise typer.Exit(FAILED)


async def _erase(settings: Settings, customer: str, why: str, prove: bool) -> Erasure:
    async with open_database(settings) as database:
        eraser = Eraser(settings, database)
        erasure = await eraser.ask(customer, why=why)
        if not prove:
            return erasure
        with progress_bar() as bar:
            return await eraser.finish(erasure.id, _hearing(bar))


async def _replay(settings: Settings, manifest: Path, prove: bool) -> list[Erasure]:
    lines = list(erasure_manifest.read(manifest))
    async with open_database(settings) as database:
        eraser = Eraser(settings, database)
        with progress_bar() as bar:
            hear = _hearing(bar)
            async with database.session(readonly=True) as session:
                again = await erasure_manifest.back_again(session, database.keyring, lines, hear)
            done = [await eraser.ask(one, why="replayed after a restore") for one in again]
            return [await eraser.finish(one.id, hear) for one in done] if prove else done


async def _prove(settings: Settings, erasure: str, texts: list[str]) -> list[Found]:
    async with open_database(settings) as database:
        eraser = Eraser(settings, database)
        with progress_bar() as bar:
            if erasure.startswith("era_"):
                return await eraser.prove_again(erasure, texts, _hearing(bar))
            return await eraser.prove(erasure, texts, _hearing(bar))


def _dry(settings: Settings, customer: str, manifest: Path | None, replay: bool, as_json: bool) -> None:
    """Who would be erased, and nothing else."""
    if replay:
        who = asyncio.run(_would_replay(settings, manifest or settings.erasures_file))
    else:
        who = [customer] if asyncio.run(_is_there(settings, customer)) else []
    emit({"would_erase": who}, as_json, lambda console: console.print(f"Would be erased: {len(who)}", highlight=False))


async def _would_replay(settings: Settings, manifest: Path) -> list[str]:
    lines = list(erasure_manifest.read(manifest))
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await erasure_manifest.back_again(session, database.keyring, lines, lambda *_: None)


async def _is_there(settings: Settings, customer: str) -> bool:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        if await find_person(session, customer) is None:
            raise NobodyToErase("There is no such customer.", fix="Give the shop's id, or ours (cus_…).")
    return True


def _hearing(bar: Bar) -> Progress:
    task = bar.add_task("erasing", total=None)

    def hear(what: str, done: int, total: int | None) -> None:
        bar.update(task, description=what, completed=done, total=total)

    return hear


def _tell_all(done: list[Erasure], as_json: bool) -> None:
    emit([one.model_dump(mode="json") for one in done], as_json, lambda console: _count(console, done))
    if any(one.found for one in done):
        raise typer.Exit(FAILED)


def _count(console: Console, done: list[Erasure]) -> None:
    console.print(f"Erased again: {len(done)}", highlight=False)
    for one in done:
        _tell(console, one)


def _tell(console: Console, erasure: Erasure) -> None:
    rows = list(erasure.removed.items())
    console.print(table(("table", "rows"), rows, title=f"{erasure.id}: {erasure.status.value}"))
    if erasure.found:
        console.print(table(("where", "what", "as", "times"), [tuple(one.values()) for one in erasure.found]))
        note("Something was still found. Look there, then: penfriend prove-erasure " + erasure.id)


def _tell_found(console: Console, found: list[Found]) -> None:
    if not found:
        console.print("Nothing was found.")
        return
    console.print(table(("where", "what", "as", "times"), [(o.place, o.kind, o.form, o.count) for o in found]))
