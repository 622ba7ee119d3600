"""TSV and CSV, Google's or anybody's: the delimiter is read off the header, quoted line breaks are kept."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from catalog.feeds.report import RowIssue
from catalog.feeds.rows import REQUIRED, RawRow, RawRows, column_name, put
from catalog.feeds.source import FeedUnreadable, Source, text_lines

DELIMITERS = "\t,;|"


def _header(lines: Iterator[str]) -> tuple[str, int]:
    """The first line with something in it, and its number."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            return line, number
    raise FeedUnreadable("The feed is empty.", fix="Send a header line and one line a product.")


def _columns(header: str, delimiter: str) -> list[str]:
    columns = [column_name(cell) for cell in next(csv.reader([header], delimiter=delimiter))]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise FeedUnreadable(
            f"The feed has no column {', '.join(missing)}; it has {', '.join(filter(None, columns))[:300]}.",
            pointer="line 1",
            fix="Name the columns as Google Merchant does: id, title, link, price, availability …",
        )
    return columns


def _row(line: int, columns: list[str], cells: list[str]) -> RawRow | RowIssue:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        return RowIssue(
            line=line,
            reason=f"The row has {len(cells)} cells, the header {len(columns)}.",
            fix="Put cells that contain the delimiter into double quotes.",
        )
    values: dict[str, object] = {}
    for column, cell in zip(columns, cells, strict=False):
        if column:
            put(values, column, cell)
    return RawRow(line, values)


def read(source: Source) -> RawRows:
    """Rows of a delimited feed.

    Raises: FeedNotFound, FeedUnreadable when the header is missing or lacks id, title or link.
    """
    lines = text_lines(source)
    header, before = _header(lines)
    delimiter = max(DELIMITERS, key=header.count)
    columns = _columns(header, delimiter)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RowIssue(line=line, reason=f"The row cannot be read: {error}.", fix="Check its quotes.")
            continue
        if any(cell.strip() for cell in cells):
            yield _row(line, columns, cells)
