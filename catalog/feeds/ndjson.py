"""NDJSON: one JSON object a line, Google Merchant names as keys, `attributes` as an object."""

from __future__ import annotations

import orjson

from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRow, RawRows, column_name, put
from catalog.feeds.source import Source, text_lines


def _row(number: int, line: str) -> RawRow | RowIssue:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return RowIssue(line=number, reason=f"Not JSON: {error}.", fix="Write one JSON object a line.")
    if not isinstance(document, dict):
        return RowIssue(line=number, reason="Not a JSON object.", fix="Write one JSON object a line.")
    values: dict[str, object] = {}
    for key, value in document.items():
        put(values, column_name(key), value)
    return RawRow(number, values)


def read(source: Source) -> RawRows:
    """Rows of an NDJSON feed; empty lines are skipped.

    Raises: FeedNotFound, FeedUnreadable.
    """
    for number, line in enumerate(text_lines(source), start=1):
        if line.strip():
            yield _row(number, line)
