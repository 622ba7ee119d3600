"""TSV and CSV, anybody's: the delimiter is read off the header, quoted line breaks are kept.

A quote that never closes would swallow the rest of the file (RFC 4180 knows no bound). Here a row has one: where it
runs on too long, to the end of the file, or over lines that are rows themselves, its first line is reported and
reading goes on with the second.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from store.files.issues import RowIssue
from store.files.source import FileUnreadable, Source, text_lines

DELIMITERS = "\t,;|"
MAX_ROW_LINES = 1_000
MAX_ROW_CHARS = 1 << 20
MAX_COLUMNS = 2_000
_NOTHING = " \t\r\n\x1a"
"""What a cell may hold that says nothing: old systems end their files with a Ctrl-Z."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row under the names of its own header."""

    line: int
    values: dict[str, str]


class _RowTooLong(Exception):
    """Raised through the csv reader while a quote stays open."""


class _Lines(Iterator[str]):
    """Numbered lines that can be given back; it knows which of them the row being read has taken."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._waiting: deque[tuple[int, str]] = deque()
        self._number = 0
        self.taken: list[tuple[int, str]] = []
        self._chars = 0
        self.ended = False

    def __next__(self) -> str:
        if len(self.taken) >= MAX_ROW_LINES or self._chars > MAX_ROW_CHARS:
            raise _RowTooLong
        if self._waiting:
            number, line = self._waiting.popleft()
        else:
            number, line = self._fresh()
        self.taken.append((number, line))
        self._chars += len(line)
        return line

    def _fresh(self) -> tuple[int, str]:
        try:
            line = next(self._lines)
        except StopIteration:
            self.ended = True
            raise
        self._number += 1
        # Old systems leave NULs in their exports; the csv module refuses them.
        return self._number, line.replace("\0", "") if "\0" in line else line

    def begin(self) -> None:
        """A new row begins."""
        self.taken = []
        self._chars = 0

    def give_back(self) -> int:
        """Take only the first line for read; the others come again. The number of the first."""
        first, *others = self.taken
        self._waiting.extendleft(reversed(others))
        self.ended = False
        self.begin()
        return first[0]


class Table:
    """A delimited file: its columns as the header spells them, and its rows.

    Raises: FileMissing, FileUnreadable when it has no header.
    """

    def __init__(self, source: Source) -> None:
        self._lines = _Lines(text_lines(source))
        header = self._header()
        self.delimiter = max(DELIMITERS, key=header.count)
        self.columns = [cell.strip().removeprefix("\ufeff").strip() for cell in self._split(header)][:MAX_COLUMNS]

    def _header(self) -> str:
        """The first line with something in it; Excel's `sep=;` above it is skipped."""
        for line in self._lines:
            self._lines.begin()
            if line.strip().lstrip("\ufeff") and not line.lstrip("\ufeff").casefold().startswith("sep="):
                return line
        raise FileUnreadable("The file is empty.", fix="Send a header line and one line a row.")

    def _split(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self.delimiter), [])
        except csv.Error as error:
            raise FileUnreadable(
                f"The header cannot be read: {error}.", pointer="line 1", fix="Begin with one line of column names."
            ) from error

    def rows(self) -> Iterator[tuple[int, list[str]] | RowIssue]:
        """Each row's line and cells, not more cells than columns; rows that cannot be read."""
        reader = csv.reader(self._lines, delimiter=self.delimiter)
        while True:
            self._lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (_RowTooLong, csv.Error) as error:
                yield self._broken(error)
                continue
            if self._swallowed(cells):
                yield self._unclosed()
            elif any(cell.strip(_NOTHING) for cell in cells):
                yield self._fitted(self._lines.taken[0][0], cells)

    def records(self) -> Iterator[Record | RowIssue]:
        """The rows under the names of the header; the first of two columns of one name that has a value counts."""
        for row in self.rows():
            if isinstance(row, RowIssue):
                yield row
                continue
            line, cells = row
            values: dict[str, str] = {}
            for column, cell in zip(self.columns, cells, strict=False):
                if column and not values.get(column):
                    values[column] = cell
            yield Record(line, values)

    def _fitted(self, line: int, cells: list[str]) -> tuple[int, list[str]] | RowIssue:
        width = len(self.columns)
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            return RowIssue(
                line=line,
                reason=f"The row has {len(cells)} cells, the header {width}.",
                fix="Put cells that contain the delimiter into double quotes.",
            )
        return line, cells

    def _broken(self, error: Exception) -> RowIssue:
        if isinstance(error, csv.Error) and len(self._lines.taken) < 2:
            line = self._lines.taken[0][0] if self._lines.taken else 1
            return RowIssue(
                line=line, reason=f"The row cannot be read: {error}.", fix="Check its quotes and its length."
            )
        return self._unclosed()

    def _unclosed(self) -> RowIssue:
        return RowIssue(
            line=self._lines.give_back(),
            reason="A double quote in this row is never closed: it was left out, reading went on with the next line.",
            fix='Close the quote; write a quote inside a cell twice: "24"" screen".',
        )

    def _swallowed(self, cells: list[str]) -> bool:
        """Whether a row of several lines has taken in others."""
        taken = self._lines.taken
        if len(taken) < 2:
            # Within quotes the line end is kept: the last line of the file ended with its quote open.
            return bool(cells) and self._lines.ended and cells[-1].endswith("\n")
        if self._lines.ended and cells[-1].endswith("\n"):
            return True
        width = len(self.columns)
        # Where this row has an address, so have those it swallowed; a table in a description has none.
        linked = any("://" in line for _, line in taken)
        alike = sum(line.count(self.delimiter) >= width - 1 and ("://" in line or not linked) for _, line in taken[1:])
        if len(cells) != width:
            return width > 1 and alike > 0
        # The cells fit, by chance, where two stray quotes pair up over rows that lie between them.
        return width > 3 and len(taken) > 3 and alike >= len(taken) - 2
