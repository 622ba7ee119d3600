"""`penfriend lessons`: what reviews taught."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import BaseModel
from rich.console import Console

from api import audit
from api.console import Home, Json, emit, progress_bar, table
from api.databases import open_database
from api.settings import Settings, read_settings
from composer.lessons import reading
from composer.lessons.model import UNFIT, Kind, Lesson
from store.files.own import refuse_own

WIDTH = 70


class Exported(BaseModel):
    """What became of an export."""

    file: Path
    cases: int


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(no_args_is_help=True, help="What reviews taught: examples, cases, preferences.")
    group.command("list")(list_)
    group.command("export")(export)
    group.command("remove")(remove)
    app.add_typer(group, name="lessons")


def list_(
    kind: Annotated[Kind | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show what reviews taught, the newest first."""
    found = asyncio.run(_read(read_settings(home), kind, limit))
    emit([lesson.model_dump(mode="json") for lesson in found], as_json, lambda console: _show(console, found))


def export(file: Path, home: Home = None, as_json: Json = False) -> None:
    """Write the cases as labelled JSON lines, without names: `penfriend check FILE` judges them by today's checks,
    and so does a suite of `penfriend eval`."""
    done = asyncio.run(_export(read_settings(home), file))
    emit(done, as_json, lambda console: console.print(f"{done.cases} cases in {done.file}.", highlight=False))


def remove(lesson_id: str, home: Home = None, as_json: Json = False) -> None:
    """Take a lesson out: it has no effect from the next e-mail on. Its review stands."""
    lesson = asyncio.run(_remove(read_settings(home), lesson_id))
    emit(lesson, as_json, lambda console: console.print(f"{lesson.id} has no effect any more.", highlight=False))


async def _read(settings: Settings, kind: Kind | None, limit: int) -> list[Lesson]:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await reading.lessons(session, kind=kind, limit=limit)


async def _export(settings: Settings, file: Path) -> Exported:
    written = 0
    async with open_database(settings) as database, database.session(readonly=True) as session:
        refuse_own(file)
        with file.open("wb") as lines, progress_bar() as bar:
            task = bar.add_task("writing cases", total=None)
            async for row in reading.cases(session):
                lines.write(orjson.dumps(row) + b"\n")
                written += 1
                bar.advance(task)
    return Exported(file=file, cases=written)


async def _remove(settings: Settings, lesson_id: str) -> Lesson:
    async with open_database(settings) as database, database.session() as session:
        lesson = await reading.remove(session, lesson_id, audit.actor())
        await audit.append(session, "lesson.remove", lesson.id)
        return lesson


def _show(console: Console, found: list[Lesson]) -> None:
    rows = [(one.id, one.kind.value, one.flow, _said(one), _state(one)) for one in found]
    console.print(table(("id", "kind", "flow", "what", "now"), rows))


def _said(lesson: Lesson) -> str:
    match lesson.kind:
        case Kind.EXAMPLE:
            return str(lesson.body["text"])[:WIDTH]
        case Kind.CASE:
            return f"{len(lesson.body['cases'])} labelled {lesson.body['cases'][0]['label']}"
        case Kind.PREFERENCE:
            return f"{'for' if lesson.body['good'] else 'against'} {lesson.body['dimension']} {lesson.body['arm']}"


def _state(lesson: Lesson) -> str:
    if lesson.removed_at is not None:
        return "removed"
    return "in use" if lesson.unfit is None else f"not used: {UNFIT[lesson.unfit]}"
