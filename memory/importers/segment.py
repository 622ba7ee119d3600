"""Events that are Segment's messages already: one a line of NDJSON."""

from __future__ import annotations

from pathlib import Path

import orjson

from memory.importers.model import Message, Rows
from memory.importers.options import ImportOptions
from store.files.issues import RowIssue
from store.files.source import byte_lines, open_file


def events(file: Path, options: ImportOptions) -> Rows:
    """The messages, unread. Raises: FileMissing, FileUnreadable."""
    with open_file(file) as opened:
        for number, line in enumerate(byte_lines(opened), start=1):
            if not line.strip():
                continue
            try:
                yield Message(number, orjson.loads(line))
            except orjson.JSONDecodeError as error:
                yield RowIssue(line=number, reason=f"Not JSON: {error}.", fix="Write one JSON object a line.")
