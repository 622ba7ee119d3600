"""The way in for a whole feed: read, check, write in chunks, report. Memory does not grow with the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from typeid import TypeID

from catalog import products
from catalog.feeds import delimited, ndjson, xml
from catalog.feeds.normalise import to_product
from catalog.feeds.report import FeedFormat, ImportReport, RowIssue
from catalog.feeds.rows import RawRow, RawRows
from catalog.feeds.source import Source
from catalog.model import Product
from catalog.tables import ImportReportRow, RowIssueRow
from store import clock

CHUNK = 500

Progress = Callable[[int, int | None], None]
"""Called with what is done so far, and the total where it is known."""

READERS: dict[FeedFormat, Callable[[Source], RawRows]] = {
    FeedFormat.GOOGLE_TSV: delimited.read,
    FeedFormat.CSV: delimited.read,
    FeedFormat.GOOGLE_XML: xml.read,
    FeedFormat.NDJSON: ndjson.read,
}


class _Feed:
    """A feed half read: the products of its next chunk, and the report so far.

    Its memory grows only by the ids it has seen (about 100 bytes a product), to tell duplicates.
    """

    def __init__(self, rows: RawRows, report: ImportReport, currency: str | None) -> None:
        self._rows = rows
        self._report = report
        self._currency = currency
        self._lines: dict[str, int] = {}
        self.seen = 0

    def next_chunk(self) -> list[Product] | None:
        """Products of the next 500 rows; None at the end."""
        chunk = list(islice(self._rows, CHUNK))
        if not chunk:
            return None
        self.seen += len(chunk)
        return list(self._accepted(chunk))

    def _accepted(self, rows: list[RawRow | RowIssue]) -> Iterator[Product]:
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
            yield found

    def _first_of_its_id(self, product: Product, line: int) -> Product | RowIssue:
        first = self._lines.setdefault(product.id, line)
        if first == line:
            return product
        return RowIssue(
            line=line,
            product_id=product.id,
            field="id",
            reason=f"The id was already used in line {first}.",
            fix="Give every product, also every variant, an id of its own.",
        )


async def import_feed(
    session: AsyncSession,
    source: Source,
    format: FeedFormat | str,  # noqa: A002 the word users know
    *,
    currency: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a feed into the product table and keep its report. Never commits.

    `source`: a path, or text lines. `currency` (ISO 4217) is taken for prices that name none. A bad row is
    reported with its line, field, reason and fix; all others are imported. `progress` hears rows read.
    Raises: FeedNotFound, FeedUnreadable when the feed as a whole cannot be read.
    """
    known = FeedFormat(format)
    report = ImportReport(id=str(TypeID(prefix="imp")), format=known, started_at=clock.now())
    feed = _Feed(READERS[known](source), report, currency)
    # Reading and checking is work for a thread: a feed may be large, and the loop has other guests.
    while (chunk := await asyncio.to_thread(feed.next_chunk)) is not None:
        done = await products.upsert(session, chunk)
        report.imported += done.imported
        report.changed += done.changed
        report.unchanged += done.unchanged
        if progress:
            progress(feed.seen, None)
    report.finished_at = clock.now()
    await _keep(session, report)
    return report


async def _keep(session: AsyncSession, report: ImportReport) -> None:
    """Write the report and its issues: what was wrong with last Tuesday's feed has an answer."""
    await session.execute(insert(ImportReportRow), [report.model_dump(exclude={"rejected", "mended"})])
    issues = [(True, issue) for issue in report.rejected] + [(False, issue) for issue in report.mended]
    rows = [
        {"report_id": report.id, "number": number, "rejected": rejected, **issue.model_dump()}
        for number, (rejected, issue) in enumerate(issues)
    ]
    if rows:
        await session.execute(insert(RowIssueRow), rows)
