"""Rows of one order brought together, wherever in the file they stand, in bounded memory.

People sort exports, and Shopify's bulk results are not grouped by default (shopify.dev/changelog): a line may stand
gigabytes behind its order. So rows wait in a private temporary database on disk, which SQLite deletes when it is
closed, and come out group by group, in the order of each group's first row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from store.errors import Unavailable

CACHE_KIB = 32_768
ROWS_A_PART = 200
MAX_ROWS = 5_000
"""Of one group: no order has more lines."""

_SCHEMA = (
    "CREATE TABLE grouping (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE part (number INTEGER PRIMARY KEY, grouping INTEGER NOT NULL, body BLOB NOT NULL)",
)
_KEEP = "INSERT INTO part (grouping, body) SELECT id, ? FROM grouping WHERE name = ?"
_IN_ORDER = "SELECT grouping, body FROM part ORDER BY grouping, number"
"""Groups are numbered as they come."""


class NoTemporarySpace(Unavailable):
    """The rows cannot be kept on disk while the file is read."""

    reason = "no_temporary_space"


class SpooledRow(NamedTuple):
    """One row and the line it begins in."""

    line: int
    values: dict[str, Any]


class Spool:
    """Takes rows one by one, gives them back in groups. For one thread at a time."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute("PRAGMA temp_store = FILE")
        for statement in _SCHEMA:
            self._database.execute(statement)
        self._database.execute("BEGIN")
        self._name: str | None = None
        self._rows: list[tuple[int, dict[str, Any]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, name: str, line: int, values: dict[str, Any]) -> None:
        """Keep a row of the group `name`. Raises: NoTemporarySpace."""
        if name != self._name or len(self._rows) >= ROWS_A_PART:
            self._write()
            self._name = name
        self._rows.append((line, values))

    def _write(self) -> None:
        if not self._rows:
            return
        try:
            self._database.execute("INSERT OR IGNORE INTO grouping (name) VALUES (?)", (self._name,))
            self._database.execute(_KEEP, (orjson.dumps(self._rows), self._name))
        except sqlite3.Error as error:
            raise NoTemporarySpace("The temporary folder is full.", fix="Free some space and repeat.") from error
        self._rows = []

    def groups(self) -> Iterator[list[SpooledRow]]:
        """Every group, its rows in the order they came; of one group at most `MAX_ROWS` and one."""
        self._write()
        parts = self._database.execute(_IN_ORDER)
        for _, bodies in groupby(parts, key=lambda part: part[0]):
            rows: list[SpooledRow] = []
            for _, body in bodies:
                if len(rows) <= MAX_ROWS:
                    rows += (SpooledRow(line, values) for line, values in orjson.loads(body))
            yield rows[: MAX_ROWS + 1]
