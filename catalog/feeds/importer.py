"""The way in for a whole feed: read, check, stage, judge, apply, report. Memory does not grow with the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from catalog.feeds import delimited, ndjson, reports, staging, xml
from catalog.feeds.guard import Guard, judge
from catalog.feeds.normalise import to_product
from catalog.feeds.report import FeedFormat, ImportReport, Mode, RowIssue
from catalog.feeds.rows import RawRow, RawRows
from catalog.feeds.seen import Seen
from catalog.feeds.source import Source
from catalog.feeds.staging import Row, Staging
from catalog.model import Product
from store import clock
from store.database import Database

CHUNK = 500

Progress = Callable[[int, int | None], None]
"""Called with what is done so far, and the total where it is known."""

READERS: dict[FeedFormat, Callable[[Source], RawRows]] = {
    FeedFormat.GOOGLE_TSV: delimited.read,
    FeedFormat.CSV: delimited.read,
    FeedFormat.GOOGLE_XML: xml.read,
    FeedFormat.NDJSON: ndjson.read,
}


class _Reading:
    """A feed half read: the products of its next chunk, and what was wrong with its rows."""

    def __init__(self, rows: RawRows, report: ImportReport, currency: str | None, seen: Seen) -> None:
        self._rows = rows
        self._report = report
        self._currency = currency
        self._seen = seen

    def next_chunk(self) -> list[Row] | None:
        """Products of the next 500 rows, each with an id of its own; None at the end."""
        chunk = list(islice(self._rows, CHUNK))
        if not chunk:
            return None
        self._report.rows += len(chunk)
        return list(self._accepted(chunk))

    def _accepted(self, rows: list[RawRow | RowIssue]) -> Iterator[Row]:
        for row in rows:
            if isinstance(row, RowIssue):
                self._report.reject(row)
                continue
            found, mended = to_product(row, self._currency)
            if isinstance(found, Product):
                found = self._first_of_its_id(found, row.line)
            if isinstance(found, RowIssue):
                self._report.reject(found)
                continue
            self._report.mend(mended)
            yield Row(row.line, found)

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


async def stage(
    database: Database,
    report: ImportReport,
    source: Source,
    *,
    currency: str | None,
    progress: Progress | None = None,
) -> float | None:
    """Read all of `source`, whose format is in `report`; stage what it would change and count it there.

    Returns the factor by which prices would rise, for the guard. Raises: FeedNotFound, FeedUnreadable.
    """
    staged, seen = Staging(database, report), Seen()
    assert report.format is not None
    reading = _Reading(READERS[report.format](source), report, currency, seen)
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
    return staged.price_factor()


async def begin_import(database: Database, format: FeedFormat | str, mode: Mode = "upsert") -> ImportReport:  # noqa: A002
    """Keep that an import begins now, so that it can be asked for. What died before it is cleared away."""
    await clear_away_the_dead(database)
    report = ImportReport(id=reports.new_id(), format=FeedFormat(format), mode=mode, started_at=clock.now())
    async with database.session() as session:
        await reports.begin(session, report)
    return report


async def clear_away_the_dead(database: Database) -> None:
    """Imports whose process was killed: say so in their reports, and let go of what they had staged."""
    async with database.session() as session:
        dead = await reports.bury(session)
    for import_id in dead:
        await staging.discard(database, import_id)


async def import_feed(
    database: Database,
    source: Source,
    format: FeedFormat | str,  # noqa: A002 the word users know
    *,
    currency: str | None = None,
    mode: Mode = "upsert",
    guard: Guard | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a feed into the product table and keep its report, in transactions of its own.

    `source`: a path, or text lines. `currency` (ISO 4217) is taken for prices that name none. A bad row is
    reported with its line, field, reason and fix; all others are imported, all of them or, if anything breaks, none.
    With `mode="full"` the feed is all the shop has, but for what its scheduled feeds bring. `guard` may hold the
    import back (`status="held"`): nothing is applied then. `progress` hears rows read.
    Raises: FeedNotFound, FeedUnreadable when the feed as a whole cannot be read; DatabaseUnavailable and its kinds.
    """
    report = await begin_import(database, format, mode)
    return await run_import(
        database, report, source, currency=currency, guard=guard, dry_run=dry_run, progress=progress
    )


async def run_import(
    database: Database,
    report: ImportReport,
    source: Source,
    *,
    currency: str | None = None,
    guard: Guard | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """The work of an import that has begun: see `import_feed`."""
    try:
        async with reports.watched(database, report):
            factor = await stage(database, report, source, currency=currency, progress=progress)
            report.warnings = judge(report, factor, guard) if guard else []
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
