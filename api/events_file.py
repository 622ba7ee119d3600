"""Events from a file: one Segment message a line, in transactions of a thousand, so that a stop loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from pydantic import BaseModel

from composer.responses import emails_known
from memory.ingest import ingest
from memory.lines import Enrich
from store.database import Database
from store.errors import NotFound

BATCH = 1_000
ISSUES_KEPT = 1_000


class EventsFileNotFound(NotFound):
    """There is no file at the path."""

    reason = "events_file_not_found"


class LineIssue(BaseModel):
    """A line that was left out, and why."""

    line: int
    reason: str
    fix: str | None


class EventsReport(BaseModel):
    """accepted + duplicates + rejected = all lines that are not empty."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    issues: list[LineIssue] = []
    """The first 1,000."""

    def reject(self, line: int, reason: str, fix: str | None) -> None:
        """Count a line that was left out."""
        self.rejected += 1
        if len(self.issues) < ISSUES_KEPT:
            self.issues.append(LineIssue(line=line, reason=reason, fix=fix))


Line = tuple[int, bytes]


async def import_events(
    database: Database,
    file: Path,
    enrich: Enrich,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda lines: None,
) -> EventsReport:
    """Remember the events of an NDJSON file; bad lines are reported and left out. `progress` hears lines read.

    Importing a file again changes nothing: events are known by their `messageId`, or by their content.
    Raises EventsFileNotFound, OSError.
    """
    report = EventsReport()
    with _open(file) as opened:
        lines = enumerate(opened, start=1)
        while batch := await asyncio.to_thread(_next, lines):
            await _take(database, batch, report, enrich, dry_run)
            progress(batch[-1][0])
    return report


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise EventsFileNotFound(f"There is no file {file}.", fix="Check the path.") from error


def _next(lines: Iterator[Line]) -> list[Line]:
    return list(islice(lines, BATCH))


async def _take(database: Database, batch: list[Line], report: EventsReport, enrich: Enrich, dry_run: bool) -> None:
    numbers: list[int] = []
    messages: list[Any] = []
    for number, line in batch:
        if not line.strip():
            continue
        try:
            messages.append(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            report.reject(number, f"Not JSON: {error}.", "Write one JSON object a line.")
            continue
        numbers.append(number)
    async with database.session() as session:
        done = await ingest(session, messages, enrich=enrich, emails=emails_known)
        if dry_run:
            await session.rollback()
    report.accepted += done.accepted
    report.duplicates += done.duplicates
    for rejection in done.rejected:
        where = f" (at {rejection.pointer})" if rejection.pointer else ""
        report.reject(numbers[rejection.index], rejection.message + where, rejection.fix)
