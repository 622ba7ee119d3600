"""TSV and CSV, Google's or anybody's, with the names of Google Merchant or those of a mapping."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.feeds.mapping import check_columns, mapped
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import REQUIRED, BrokenOff, RawRow, RawRows, column_name, put
from catalog.feeds.source import FeedUnreadable
from store.files import delimited, issues
from store.files.delimited import Record
from store.files.source import Source, is_cut_short


class Table(delimited.Table):
    """A delimited feed (`store.files.delimited`), and what is wrong with its rows in a feed's words."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._source = source

    def rows(self) -> Iterator[tuple[int, list[str]] | RowIssue]:
        """Each row's line and cells; rows that cannot be read; where the table breaks off within its last row."""
        before: tuple[int, list[str]] | RowIssue | None = None
        others_whole: bool | None = None
        for row in super().rows():
            if before is not None:
                others_whole = others_whole is not False and (isinstance(before, RowIssue) or self._is_whole(before))
                yield before
            before = row if isinstance(row, tuple) else _ours(row)
        if before is not None:
            yield self._last(before) if others_whole else before

    def _is_whole(self, row: tuple[int, list[str]]) -> bool:
        return len(row[1]) >= len(self.columns)

    def _last(self, row: tuple[int, list[str]] | RowIssue) -> tuple[int, list[str]] | RowIssue:
        """The last row, of a table whose other rows are all whole. Programs that trim a file take its last tabs too."""
        if isinstance(row, RowIssue) or self._is_whole(row) or self.delimiter == "\t" or not is_cut_short(self._source):
            return row
        return BrokenOff(
            line=row[0],
            reason=f"The table breaks off here, after {len(row[1])} of {len(self.columns)} cells.",
            fix="Export the feed again, whole.",
        )

    def records(self) -> Iterator[Record | RowIssue]:
        """The rows under the names of the header."""
        for record in super().records():
            yield record if isinstance(record, Record) else _ours(record)


def _ours(issue: issues.RowIssue) -> RowIssue:
    if isinstance(issue, RowIssue):
        return issue
    return BrokenOff.of(issue) if isinstance(issue, issues.BrokenOff) else RowIssue.of(issue)


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
