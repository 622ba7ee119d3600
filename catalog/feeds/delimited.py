"""TSV and CSV, Google's or anybody's, with the names of Google Merchant or those of a mapping."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.feeds.mapping import check_columns, mapped
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import REQUIRED, RawRow, RawRows, column_name, put
from catalog.feeds.source import FeedUnreadable
from store.files import delimited
from store.files.delimited import Record
from store.files.source import Source


class Table(delimited.Table):
    """A delimited feed (`store.files.delimited`), and what is wrong with its rows in a feed's words."""

    def rows(self) -> Iterator[tuple[int, list[str]] | RowIssue]:
        """Each row's line and cells; rows that cannot be read."""
        for row in super().rows():
            yield row if isinstance(row, tuple) else RowIssue.of(row)

    def records(self) -> Iterator[Record | RowIssue]:
        """The rows under the names of the header."""
        for record in super().records():
            yield record if isinstance(record, Record) else RowIssue.of(record)


def _canonical(table: Table) -> Iterator[RawRow | RowIssue]:
    columns = [column_name(cell) for cell in table.columns]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise FeedUnreadable(
            f"The feed has no column {', '.join(missing)}; it has {', '.join(filter(None, columns))[:300]}.",
            pointer="line 1",
            fix="Name the columns as Google Merchant does: id, title, link, price …; or give a mapping file.",
        )
    for row in table.rows():
        if isinstance(row, RowIssue):
            yield row
            continue
        values: dict[str, object] = {}
        for column, cell in zip(columns, row[1], strict=False):
            if column:
                put(values, column, cell)
        yield RawRow(row[0], values)


def read(source: Source, options: FeedOptions = DEFAULTS) -> RawRows:
    """Rows of a delimited feed, by Google Merchant's names or by those of the mapping in `options`.

    Raises: FileMissing, FileUnreadable when the header is missing or lacks what a product needs.
    """
    table = Table(source)
    if options.mapping is None:
        yield from _canonical(table)
        return
    check_columns(options.mapping, table.columns)
    for record in table.records():
        yield record if isinstance(record, RowIssue) else RawRow(record.line, mapped(options.mapping, record.values))
