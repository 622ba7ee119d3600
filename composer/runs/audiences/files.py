"""Customer ids out of a file: CSV, NDJSON or Parquet, a row at a time."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO

import orjson
from pydantic import TypeAdapter, ValidationError

from composer.runs.audiences.members import BadRow, Members
from composer.runs.audiences.model import CustomerKey, Filed
from store.errors import InvalidInput
from store.files.delimited import Table
from store.files.issues import RowIssue
from store.files.source import FileUnreadable, byte_lines, utf16

COLUMNS = ("customer", "customer_id", "external_id", "id")
"""Where the ids are when nobody says, the first of them that is there."""
PARQUET = b"PAR1"
PARQUET_ROWS = 10_000
BATCH = 5_000
_KEY: TypeAdapter[str] = TypeAdapter(CustomerKey)

Found = Iterator[str | BadRow]


class AudienceFileUnreadable(InvalidInput):
    """The file as a whole names nobody: no column of ids, another format, every row wrong."""

    reason = "audience_file_unreadable"


def add_filed(file: BinaryIO, audience: Filed, members: Members) -> None:
    """Add whom the file names; rows that name nobody are kept as issues. Blocks: call it in a thread.

    `file` is binary and can seek. Memory does not grow with it. Raises AudienceFileUnreadable.
    """
    found = customers_in(file, audience.column)
    while batch := list(_take(found, members)):
        members.add(batch)
    if not members and members.rejected:
        first = members.issues[0]
        raise AudienceFileUnreadable(
            f"No row of {audience.name} names a customer: {first.reason}", pointer=f"line {first.line}", fix=first.fix
        )


def _take(found: Found, members: Members) -> Iterator[str]:
    taken = 0
    while taken < BATCH and (one := next(found, None)) is not None:
        if isinstance(one, BadRow):
            members.reject(one)
            continue
        taken += 1
        yield one


def customers_in(file: BinaryIO, column: str = "") -> Found:
    """The id of each row, or what is wrong with it. Raises AudienceFileUnreadable."""
    start = file.read(4)
    file.seek(0)
    if start == PARQUET:
        return _parquet(file, column)
    lines = _lines(file, utf16(start))
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("["):
        raise AudienceFileUnreadable(
            "The file is a JSON array.", pointer="line 1", fix="Write one id, or one object, on each line (NDJSON)."
        )
    lines = chain([first], lines)
    return _ndjson(lines, column) if first.lstrip().startswith(("{", '{"')) else _delimited(lines, column)


def _lines(file: BinaryIO, codec: str | None) -> Iterator[str]:
    """Decoded; what is no text becomes U+FFFD, which no id may hold."""
    if codec is not None:
        with io.TextIOWrapper(file, encoding=codec, errors="replace") as text:
            yield from text
        return
    for number, line in enumerate(byte_lines(file)):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", errors="replace")


def _delimited(lines: Iterator[str], column: str) -> Found:
    try:
        table = Table(lines)
    except FileUnreadable as error:
        raise AudienceFileUnreadable("The file is empty.", fix="Send a header line and one id a line.") from error
    wanted = _column(table.columns, column)
    for row in table.records():
        if isinstance(row, RowIssue):
            yield BadRow(line=row.line or 0, reason=row.reason, fix=row.fix or "")
        else:
            yield _customer(row.line, row.values.get(wanted, ""))


def _ndjson(lines: Iterator[str], column: str) -> Found:
    names: Sequence[str] = [column] if column else COLUMNS
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield BadRow(line=number, reason=f"Not JSON: {error}.", fix="Write one JSON object a line.")
            continue
        if isinstance(document, dict):
            document = next((document[name] for name in names if document.get(name) is not None), None)
        yield _customer(number, document)


def _parquet(file: BinaryIO, column: str) -> Found:
    parquet = _pyarrow()
    try:
        opened = parquet.ParquetFile(file)
    except (OSError, ValueError) as error:
        raise AudienceFileUnreadable(
            f"The Parquet file cannot be read: {error}", fix="Write the file again, whole."
        ) from error
    wanted = _column(opened.schema_arrow.names, column)
    number = 0
    for batch in opened.iter_batches(batch_size=PARQUET_ROWS, columns=[wanted]):
        for value in batch.column(0).to_pylist():
            number += 1
            yield _customer(number, value)


def _pyarrow() -> Any:
    """Loaded here: it is an extra, and costs a fifth of a second."""
    try:
        return importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise AudienceFileUnreadable(
            "Reading Parquet needs pyarrow, which is not installed.",
            fix="Run `pip install 'penfriend[bulk]'`, or send CSV or NDJSON.",
        ) from error


def _column(columns: Sequence[str], wanted: str) -> str:
    names = [wanted] if wanted else COLUMNS
    by_plain = {name.strip().casefold(): name for name in reversed(columns)}
    found = next((by_plain[name.casefold()] for name in names if name.casefold() in by_plain), None)
    if found is None:
        raise AudienceFileUnreadable(
            f"The file has no column {' or '.join(names)}; it has {', '.join(columns)[:300] or 'none'}.",
            pointer="line 1",
            fix="Name the column that holds your customer ids `customer`, or say which it is (`column`).",
        )
    return found


def _customer(line: int, value: object) -> str | BadRow:
    """The id as text; whole numbers that a spreadsheet made fractions of are whole again."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    try:
        if "\ufffd" not in text:
            return _KEY.validate_python(text)
    except ValidationError:
        pass  # Told below, as for what is no text at all.
    return BadRow(
        line=line,
        reason="There is no customer id in this row." if not text else "The id has characters that no id can have.",
        fix="Write the shop's own customer id, 1 to 255 characters of UTF-8.",
    )
