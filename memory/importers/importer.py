"""The way in for a whole export: read, make into messages, remember, report. Memory does not grow with the file.

Batches of some thousand messages are remembered in one transaction with the position reached, so an import that was
killed goes on with the next batch. And since a message has the same id whenever it is made, nothing comes in twice even
where it begins anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from memory.importers import readers, runs
from memory.importers.formats import HEAD_BYTES, ImportFormat, Kind, detect
from memory.importers.left_out import Rejects, check_list, listed
from memory.importers.messages import Body, Sender, Sent, sent_of
from memory.importers.model import Found, Note, Order, Rows
from memory.importers.options import DEFAULTS, ImportOptions
from memory.importers.report import ImportReport
from memory.importers.revisions import revised
from memory.importers.sheet import of_order
from memory.ingest import Rejection, ingest
from memory.lines import Enrich
from store import clock
from store.database import Database
from store.files import packed
from store.files.issues import RowIssue
from store.files.source import open_file

BATCH = 1_000
"""Rows of a batch at most: an order is two messages or three."""
BATCH_LINES = 5_000
"""Lines of its orders, about: wholesalers order hundreds of things at once."""

Progress = Callable[[str, int], None]
"""Called with what is being done, and how many rows are."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be imported, and how."""

    file: Path
    kind: Kind
    format: ImportFormat | None = None
    """None reads it off the file."""
    options: ImportOptions = DEFAULTS
    dry_run: bool = False
    rejected_to: Path | None = None
    """Where all rows that were left out are listed, as CSV; those of an earlier start of the same import stay."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An import that is known of, and of which everything that can be told beforehand is in order."""

    wanted: Wanted
    """Its file unpacked."""
    report: ImportReport


async def import_file(
    database: Database,
    wanted: Wanted,
    *,
    enrich: Enrich | None = None,
    progress: Progress = lambda stage, rows: None,
) -> ImportReport:
    """Bring an export of customers, orders or events into memory, in transactions of its own.

    A bad row is reported with its line, reason and fix, all others are taken. An import of the same file that was cut
    short is gone on with. A dry run does all of it and keeps nothing: what an earlier batch would have made known is
    news to the next one. gzip and zip are unpacked.
    Raises: FileMissing, FileUnreadable and its kinds, FileDamaged, WrongFormat, ImportedElsewhere, DatabaseUnavailable
    and its kinds.
    """
    check_list(wanted.rejected_to, wanted.file)
    async with unpacked(wanted.file) as plain:
        begun = await begin(database, replace(wanted, file=plain))
        return await carry_out(database, begun, enrich=enrich, progress=progress)


@asynccontextmanager
async def unpacked(file: Path) -> AsyncIterator[Path]:
    """What is in `file`, for the length of the block.

    Raises: FileMissing, FileUnreadable and its kinds, FileDamaged.
    """
    content = packed.opened(file)
    plain = await asyncio.to_thread(content.__enter__)
    try:
        yield plain
    finally:
        await asyncio.to_thread(content.__exit__, None, None, None)


async def begin(database: Database, wanted: Wanted) -> Begun:
    """Look at a file that is not packed, and find the import of it that was cut short, or keep that one begins.

    Raises: FileMissing, FileUnreadable, WrongFormat.
    """
    given = readers.check_format(wanted.kind, await asyncio.to_thread(_format, wanted))
    report = ImportReport(id="", kind=wanted.kind, format=given, started_at=clock.now())
    if not wanted.dry_run:
        report = await _begun(database, wanted, report)
    return Begun(wanted, report)


async def carry_out(
    database: Database,
    begun: Begun,
    *,
    enrich: Enrich | None = None,
    progress: Progress = lambda stage, rows: None,
) -> ImportReport:
    """The import itself. Raises: FileUnreadable, ImportedElsewhere, DatabaseUnavailable and its kinds."""
    wanted, report = begun.wanted, begun.report
    source = readers.source_of(report.format, wanted.options)
    sender = Sender(source, report.format.value, database.keyring, report.started_at, wanted.options.as_of)
    with listed(wanted.rejected_to, wanted.kind, append=report.resumed_from > 0) as rejects:
        work = _Work(database, report, sender, rejects, enrich, wanted.dry_run)
        return await work.run(readers.read(wanted.file, wanted.kind, report.format, wanted.options), progress)


def _format(wanted: Wanted) -> ImportFormat:
    if wanted.format is not None:
        return wanted.format
    with open_file(wanted.file) as file:
        return detect(file.read(HEAD_BYTES), wanted.kind)


async def _begun(database: Database, wanted: Wanted, fresh: ImportReport) -> ImportReport:
    """The import that was cut short, or a fresh one."""
    known_by = await asyncio.to_thread(runs.fingerprint, wanted.file, wanted.kind, fresh.format, wanted.options)
    async with database.session() as session:
        found = await runs.unfinished(session, known_by)
        if found is not None:
            return await runs.go_on(session, found)
        await runs.begin(session, known_by, fresh)
    return fresh


def _next_batch(rows: Rows) -> list[Found | RowIssue]:
    batch: list[Found | RowIssue] = []
    lines = 0
    for found in islice(rows, BATCH):
        batch.append(found)
        lines += len(found.lines) if isinstance(found, Order) else 1
        if lines >= BATCH_LINES:
            break
    return batch


class _Work:
    """One import at work."""

    def __init__(
        self,
        database: Database,
        report: ImportReport,
        sender: Sender,
        rejects: Rejects,
        enrich: Enrich | None,
        dry_run: bool,
    ) -> None:
        self._database = database
        self._report = report
        self._sender = sender
        self._rejects = rejects
        self._enrich = enrich
        self._dry_run = dry_run

    async def run(self, rows: Rows, progress: Progress) -> ImportReport:
        """Every batch, and the end."""
        progress("reading", self._report.position)
        # What an earlier start has done is read again, for the rows of one order may stand anywhere, and left aside.
        todo = islice(rows, self._report.position, None)
        while batch := await asyncio.to_thread(_next_batch, todo):
            await self._take(batch)
            progress("remembering", self._report.position)
        await self._finish()
        return self._report

    async def _take(self, batch: Sequence[Found | RowIssue]) -> None:
        before = self._report.position
        # Counted in a copy: a transaction that fails leaves the report as the database has it.
        report = self._report.model_copy(update={"issues": [*self._report.issues], "notes": [*self._report.notes]})
        sent = list(self._sent(batch, report))
        async with self._database.session() as session:
            for issue in await self._remember(session, sent, report):
                self._reject(report, issue)
            report.position = before + len(batch)
            if self._dry_run:
                await session.rollback()
            else:
                await runs.move(session, report, before)
        self._report = report

    def _sent(self, batch: Sequence[Found | RowIssue], report: ImportReport) -> Iterator[Sent]:
        for found in batch:
            if isinstance(found, Note):
                report.note([found])
                continue
            made = found if isinstance(found, RowIssue) else sent_of(found, self._sender)
            if isinstance(made, RowIssue):
                self._reject(report, of_order(made, found.order_id) if isinstance(found, Order) else made)
                continue
            report.note(made.notes)
            yield made

    def _reject(self, report: ImportReport, issue: RowIssue) -> None:
        report.reject(issue)
        self._rejects(issue)

    async def _remember(self, session: AsyncSession, sent: Sequence[Sent], report: ImportReport) -> list[RowIssue]:
        """Ingest; the rows of which something was refused, each once."""
        messages: list[Body] = [message for one in sent for message in one.messages]
        rows = [one for one in sent for _ in one.messages]
        messages += await revised(session, sent, self._sender)
        done = await ingest(session, messages, enrich=self._enrich)
        report.accepted += done.accepted
        report.duplicates += done.duplicates
        refused: dict[int, RowIssue] = {}
        for rejection in done.rejected:
            # What follows from a row is refused for the same reason as the row.
            row = rows[rejection.index] if rejection.index < len(rows) else None
            refused.setdefault(row.line if row else 0, _refused(row, rejection))
        return list(refused.values())

    async def _finish(self) -> None:
        self._report.status, self._report.finished_at = "done", clock.now()
        if not self._dry_run:
            async with self._database.session() as session:
                await runs.move(session, self._report, self._report.position)


def _refused(row: Sent | None, rejection: Rejection) -> RowIssue:
    field = rejection.pointer.removeprefix("/") if rejection.pointer else None
    line, order = (row.line, row.order) if row else (0, None)
    issue = RowIssue(line=line, field=field, reason=rejection.message, fix=rejection.fix or "")
    return of_order(issue, order.order_id) if order else issue
