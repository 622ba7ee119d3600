"""Imports that began: found again by their file, moved forward with each batch."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import delete, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from memory.importers.formats import ImportFormat, Kind
from memory.importers.options import ImportOptions
from memory.importers.report import ImportFailure, ImportReport
from memory.importers.tables import ImportRow
from store import clock
from store.errors import Conflict, NotFound
from store.files.source import open_file
from store.ids import new_import_id
from store.upsert import table_of

KEPT = 100
"""Imports that are remembered, and those that may be at work."""
AT_WORK = timedelta(days=7)
"""Begun longer ago, one that has not ended was left by a process that was killed."""
BEGIN_LOCK = 7_365_292
"""Any constant: on PostgreSQL those who begin imports take turns."""
_PIECE = 1 << 20
_import = table_of(ImportRow)


class ImportNotFound(NotFound):
    """No import has this id."""

    reason = "import_not_found"


class ImportedElsewhere(Conflict):
    """Another process works on the same import at the same time."""

    reason = "imported_elsewhere"


def fingerprint(file: Path, kind: Kind, given: ImportFormat, options: ImportOptions) -> str:
    """The same for the same import. Raises: FileMissing, FileUnreadable."""
    digest = hashlib.sha256(f"{kind}\n{given}\n{options.canonical()}\n".encode())
    with open_file(file) as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


async def unfinished(session: AsyncSession, known_by: str) -> ImportReport | None:
    """The import that was cut short or failed, if there is one. Until this transaction ends nobody else looks: of one
    file that is sent twice at once, two would begin."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text(f"SELECT pg_advisory_xact_lock({BEGIN_LOCK})"))
    query = select(_import.c.report).where(_import.c.fingerprint == known_by, _import.c.status != "done")
    found = await session.scalar(query.order_by(_import.c.id.desc()).limit(1))
    return None if found is None else ImportReport.model_validate(found)


async def go_on(session: AsyncSession, report: ImportReport) -> ImportReport:
    """Another start of an import that did not come to its end."""
    report.resumed_from, report.status, report.failure, report.finished_at = report.position, "running", None, None
    values = {"status": report.status, "finished_at": None, "report": report.model_dump(mode="json")}
    mine = update(_import).where(_import.c.id == report.id, _import.c.position == report.position)
    await session.execute(mine.values(**values))
    return report


async def fail(session: AsyncSession, import_id: str, failure: ImportFailure) -> None:
    """It ended here; the same file goes on where it was."""
    report = await find(session, import_id)
    report.status, report.failure, report.finished_at = "failed", failure, clock.now()
    values = {"status": report.status, "finished_at": report.finished_at, "report": report.model_dump(mode="json")}
    await session.execute(update(_import).where(_import.c.id == import_id).values(**values))


async def find(session: AsyncSession, import_id: str) -> ImportReport:
    """One import, as far as it is. Raises: ImportNotFound."""
    found = await session.scalar(select(_import.c.report).where(_import.c.id == import_id))
    if found is None:
        raise ImportNotFound(
            f"There is no import {import_id}.",
            fix=f"`GET /v1/imports` lists the newest {KEPT}; older ones are forgotten.",
        )
    return ImportReport.model_validate(found)


async def newest(session: AsyncSession, before: str = "", limit: int = KEPT) -> list[ImportReport]:
    """Newest first, from after the id `before`, without their rows."""
    query = select(_import.c.report).order_by(_import.c.id.desc()).limit(limit)
    rows = await session.scalars(query.where(_import.c.id < before) if before else query)
    return [ImportReport.model_validate(row | {"issues": [], "notes": []}) for row in rows]


async def begin(session: AsyncSession, known_by: str, report: ImportReport) -> None:
    """Keep that an import begins, and forget the oldest."""
    report.id = new_import_id()
    values = report.model_dump(include={"id", "kind", "format", "status", "position", "started_at"})
    await session.execute(insert(_import).values(**values, fingerprint=known_by, report=report.model_dump(mode="json")))
    newest = select(_import.c.id).order_by(_import.c.id.desc()).limit(KEPT)
    ended = or_(_import.c.status != "running", _import.c.started_at < clock.now() - AT_WORK)
    # One at work without its row could not move, and would end with its file half read.
    await session.execute(delete(_import).where(_import.c.id.not_in(newest), ended))


async def move(session: AsyncSession, report: ImportReport, before: int) -> None:
    """Write how far it has come, in the transaction that brings it there. Raises: ImportedElsewhere."""
    mine = update(_import).where(_import.c.id == report.id, _import.c.position == before)
    moved = await session.execute(
        mine.values(
            position=report.position,
            status=report.status,
            finished_at=report.finished_at,
            report=report.model_dump(mode="json"),
        )
    )
    if cast(Any, moved).rowcount != 1:
        raise ImportedElsewhere(
            "Another process is importing the same file.", fix="Let one of them end; nothing comes in twice."
        )
