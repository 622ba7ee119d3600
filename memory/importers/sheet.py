"""Rows of a delimited export, complete ones only, by names in lower case; and the orders they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from memory.importers.cells import BadCell, text
from memory.importers.model import Found, OrderIssue, Rows
from memory.importers.spool import MAX_ROWS, Spool, SpooledRow
from store.files.delimited import Record, Table
from store.files.issues import RowIssue
from store.files.source import FileUnreadable

Row = dict[str, str]
Made = TypeVar("Made")
CUT = "cut short"
"""Marks a row that is not whole in its group."""


def rows_of(file: Path, needed: Iterable[tuple[str, ...]], system: str) -> Iterator[Record | RowIssue]:
    """The rows, under the names of the header in lower case. A short row has `CUT` set.

    `needed`: of each of these groups of columns there must be one.
    Raises: FileMissing, FileUnreadable when the header lacks them.
    """
    table = Table(file)
    columns = [column.casefold() for column in table.columns]
    missing = [" or ".join(names) for names in needed if not set(names) & set(columns)]
    if missing:
        raise FileUnreadable(
            f"The file has no column {', '.join(missing)}.",
            pointer="line 1",
            fix=f"Export it from {system} again, with all columns; or give a mapping file.",
        )
    for row in table.rows():
        if isinstance(row, RowIssue):
            yield row
            continue
        line, cells = row
        values: Row = {}
        for column, cell in zip(columns, cells, strict=False):
            if column and not values.get(column):
                values[column] = cell
        if len(cells) < len(columns):
            values[CUT] = "yes"
        yield Record(line, values)


def each(rows: Iterable[Record | RowIssue], read: Callable[[int, Row], Found | RowIssue]) -> Rows:
    """What `read` makes of each row by itself."""
    for row in rows:
        if isinstance(row, RowIssue):
            yield row
        elif CUT in row.values:
            yield cut_short(row.line)
        else:
            yield reading(row.line, read, row.line, row.values)


def grouped(
    rows: Iterable[Record | RowIssue], name: Callable[[Row], str], read: Callable[[list[SpooledRow]], Rows]
) -> Rows:
    """What `read` makes of all rows of one `name` together; rows that cannot be read come first.

    An order that lacks one of its rows is no order: it is left out as a whole.
    """
    with Spool() as spool:
        for row in rows:
            if isinstance(row, RowIssue):
                yield row
            elif group := name(row.values):
                spool.add(group, row.line, {column: cell for column, cell in row.values.items() if _is_filled(cell)})
            else:
                yield cut_short(row.line) if CUT in row.values else nameless(row.line)
        for members in spool.groups():
            order_id = name(members[0].values)
            for found in _whole(members, read):
                yield of_order(found, order_id) if isinstance(found, RowIssue) else found


def of_order(issue: RowIssue, order_id: object) -> OrderIssue:
    """The issue with the order it is about."""
    return OrderIssue(**issue.model_dump() | {"order_id": text(order_id) or None})


def each_row(rows: Iterable[SpooledRow], read: Callable[[SpooledRow], Made]) -> Iterator[Made]:
    """What `read` makes of the rows of one order; a cell that cannot be used is known by its own row's line."""
    for row in rows:
        try:
            yield read(row)
        except BadCell as error:
            error.line = row.line
            raise


def _is_filled(cell: object) -> bool:
    return not cell.isspace() and cell != "" if isinstance(cell, str) else cell is not None


def _whole(members: list[SpooledRow], read: Callable[[list[SpooledRow]], Rows]) -> Rows:
    short = next((row for row in members if CUT in row.values), None)
    if short is not None:
        yield cut_short(short.line)
    elif len(members) > MAX_ROWS:
        yield RowIssue(
            line=members[0].line,
            field="order_id",
            reason=f"More than {MAX_ROWS:,} rows have the id of this order.",
            fix="Give every order an id of its own.",
        )
    else:
        try:
            yield from read(members)
        except BadCell as error:
            yield issue_of(members[0].line, error)


def reading(line: int, read: Callable[..., Found | RowIssue], *arguments: Any) -> Found | RowIssue:
    """What `read` answers, or what is wrong with the row."""
    try:
        return read(*arguments)
    except BadCell as error:
        return issue_of(line, error)


def issue_of(line: int, error: BadCell) -> RowIssue:
    """What is wrong, as the report has it."""
    return RowIssue(line=error.line or line, field=error.pointer, reason=error.message, fix=error.fix or "")


def cut_short(line: int) -> RowIssue:
    """A row with fewer cells than the header."""
    return RowIssue(
        line=line,
        reason="The row has fewer cells than the header: the file may have been cut off here.",
        fix="Export it again, whole.",
    )


def nameless(line: int) -> RowIssue:
    """A row of no order."""
    return RowIssue(
        line=line, field="order_id", reason="The row has no order id.", fix="Write the id of its order into every row."
    )
