"""The way in for a whole feed: read, check, stage, judge, apply, report. Memory does not grow with the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from catalog.feeds import readers, reports, staging
from catalog.feeds.costing import cost_of
from catalog.feeds.detect import HEAD_BYTES, detect
from catalog.feeds.guard import Guard, Signs, judge
from catalog.feeds.normalise import to_product
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import FeedFormat, ImportReport, Mode, RowIssue
from catalog.feeds.rows import BrokenOff, LeftOut, RawRow, RawRows
from catalog.feeds.seen import Seen
from catalog.feeds.source import FeedUnreadable
from catalog.feeds.staging import Row, Staging
from catalog.feeds.unpack import opened
from catalog.model import Product
from store import clock
from store.database import Database
from store.files.source import Source, open_file

CHUNK = 500
KEPT = 1_000
"""Imports by hand that are remembered."""

Progress = Callable[[int, int | None], None]
"""Called with what is done so far, and the total where it is known."""


class _Reading:
    """A feed half read: the products of its next chunk, and what was wrong with its rows."""

    def __init__(self, rows: RawRows, report: ImportReport, options: FeedOptions, seen: Seen) -> None:
        self._rows = rows
        self._report = report
        self._options = options
        self._seen = seen
        self.broken_off = False

    def next_chunk(self) -> list[Row] | None:
        """Products of the next 500 rows, each with an id of its own; None at the end."""
        chunk = list(islice(self._rows, CHUNK))
        if not chunk:
            return None
        self._report.rows += len(chunk)
        return list(self._accepted(chunk))

    def _accepted(self, rows: list[RawRow | RowIssue]) -> Iterator[Row]:
        for row in rows:
            if isinstance(row, LeftOut):
                self._report.mend([row])
                continue
            if isinstance(row, RowIssue):
                self.broken_off |= isinstance(row, BrokenOff)
                self._report.reject(row)
                continue
            found, mended = to_product(row, self._options)
            if isinstance(found, Product):
                found = self._first_of_its_id(found, row.line)
            if isinstance(found, RowIssue):
                self._report.reject(found)
                continue
            self._report.mend(mended)
            cost, issue = cost_of(row, found, self._options)
            self._report.mend([issue] if issue else [])
            yield Row(row.line, found, cost)

    def _first_of_its_id(self, product: Product, line: int) -> Product | RowIssue:
        first = self._seen.add(product.id, line)
        if first is None:
            return product
        return RowIssue(
            line=line,
            product_id=product.id,
            field="id",
            reason=f"The id was already used in line {first}.",
            fix="Give every product, also every variant, an id of its own.",
        )


def _format_of(source: Source, options: FeedOptions) -> FeedFormat:
    if not isinstance(source, Path):
        raise FeedUnreadable("The format of text lines cannot be told.", pointer="/format", fix="Name the format.")
    with open_file(source) as file:
        return detect(file.read(HEAD_BYTES), mapped=options.mapping is not None)


async def stage(
    database: Database,
    report: ImportReport,
    source: Source,
    options: FeedOptions,
    progress: Progress | None = None,
) -> Signs:
    """Read all of `source`, stage what it would change, and count it in `report`, with the format if it had none.

    Returns what the guard wants to know beside the counts. Raises: FeedNotFound, FeedUnreadable.
    """
    if isinstance(source, Path):
        return await _stage_file(database, report, source, options, progress)
    return await _stage_plain(database, report, source, options, progress)


async def _stage_file(
    database: Database, report: ImportReport, path: Path, options: FeedOptions, progress: Progress | None
) -> Signs:
    """See `stage`; a file may be packed."""
    packed = opened(path)
    plain = await asyncio.to_thread(packed.__enter__)
    try:
        return await _stage_plain(database, report, plain, options, progress)
    finally:
        await asyncio.to_thread(packed.__exit__, None, None, None)


async def _stage_plain(
    database: Database, report: ImportReport, source: Source, options: FeedOptions, progress: Progress | None
) -> Signs:
    if report.format is None:
        report.format = await asyncio.to_thread(_format_of, source, options)
    staged, seen = Staging(database, report), Seen()
    reading = _Reading(readers.read(source, report.format, options), report, options, seen)
    try:
        await staged.begin()
        # Reading and checking is work for a thread: a feed may be large, and the loop has other guests.
        while (chunk := await asyncio.to_thread(reading.next_chunk)) is not None:
            await staged.add(chunk)
            if progress:
                progress(report.rows, None)
        if report.mode == "full":
            await staged.add_missing(seen)
    finally:
        seen.close()
    return Signs(staged.price_factor(), reading.broken_off)


async def begin_import(database: Database, format: FeedFormat | None = None, mode: Mode = "upsert") -> ImportReport:  # noqa: A002
    """Keep that an import begins now, so that it can be asked for. What died before it is cleared away."""
    await clear_away_the_dead(database)
    report = ImportReport(id=reports.new_id(), format=format, mode=mode, started_at=clock.now())
    async with database.session() as session:
        await reports.begin(session, report)
        await reports.prune(session, None, KEPT)
    return report


async def clear_away_the_dead(database: Database) -> None:
    """Imports whose process was killed: say so in their reports, and let go of what they had staged."""
    async with database.session(readonly=True) as session:
        dead = await reports.silent(session)
    if not dead:
        return
    async with database.session() as session:
        await reports.bury(session, dead)
    for import_id in dead:
        await staging.discard(database, import_id)


async def import_feed(
    database: Database,
    source: Source,
    format: FeedFormat | None = None,  # noqa: A002 the word users know
    *,
    options: FeedOptions = DEFAULTS,
    mode: Mode = "upsert",
    guard: Guard | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a feed into the product table and keep its report, in transactions of its own.

    `source`: a path, or text lines. Without a `format` it is read off the first bytes of the file. A bad row is
    reported with its line, field, reason and fix; all others are imported, all of them or, if anything breaks, none.
    With `mode="full"` the feed is all the shop has, but for what its scheduled feeds bring. `guard` may hold the
    import back (`status="held"`): nothing is applied then. `progress` hears rows read.
    Raises: FeedNotFound, FeedUnreadable when the feed as a whole cannot be read; DatabaseUnavailable and its kinds.
    """
    report = await begin_import(database, format, mode)
    return await run_import(database, report, source, options, guard, dry_run=dry_run, progress=progress)


async def run_import(
    database: Database,
    report: ImportReport,
    source: Source,
    options: FeedOptions,
    guard: Guard | None = None,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """The work of an import that has begun: see `import_feed`."""
    try:
        async with reports.watched(database, report):
            signs = await stage(database, report, source, options, progress)
            report.warnings = judge(report, signs, guard) if guard else []
            report.status = "held" if report.warnings else "done"
            async with database.session() as session:
                if report.status == "done" and not dry_run:
                    await staging.apply(session, report)
                await reports.save(session, report)
    finally:
        await staging.discard(database, report.id)
    if dry_run:
        async with database.session() as session:
            await reports.forget(session, report.id)
    return report
