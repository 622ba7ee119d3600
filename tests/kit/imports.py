"""Exports of other systems for tests: the shipped fixtures, and imports of them into a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import col

from memory.importers import readers
from memory.importers.formats import HEAD_BYTES, Kind, detect
from memory.importers.importer import Wanted, import_file
from memory.importers.model import Found
from memory.importers.options import DEFAULTS, ImportOptions, load_mapping
from memory.importers.report import ImportReport
from memory.tables import Event
from store.database import Database
from store.files.issues import RowIssue

FIXTURES = Path(__file__).parents[1] / "fixtures" / "imports"
TILL = DEFAULTS.mapped(load_mapping(FIXTURES / "purchases.yaml"))


def rows(name: str | Path, kind: Kind, options: ImportOptions = DEFAULTS) -> list[Found | RowIssue]:
    """Everything the reader of a fixture, or of another file, yields."""
    file = FIXTURES / name
    return list(readers.read(file, kind, detect(file.read_bytes()[:HEAD_BYTES], kind), options))


def issues(found: list[Found | RowIssue]) -> list[RowIssue]:
    """What could not be read."""
    return [one for one in found if isinstance(one, RowIssue)]


async def bring(
    database: Database, name: str | Path, kind: Kind, options: ImportOptions = DEFAULTS, **more: Any
) -> ImportReport:
    """Import a fixture, or another file."""
    return await import_file(database, Wanted(FIXTURES / name, kind, options=options, **more))


async def bodies(database: Database, name: str = "") -> list[dict[str, Any]]:
    """The messages in memory, of one event's name."""
    query = select(col(Event.payload)).order_by(col(Event.at), col(Event.message_id))
    async with database.session(readonly=True) as session:
        found = (await session.execute(query.where(col(Event.name) == name) if name else query)).scalars()
        return [orjson.loads(payload) for payload in found]
