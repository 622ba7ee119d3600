"""What a file says elsewhere, by name: more of it than memory should hold, for as long as the file is read."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Any, Self

import orjson

CACHE_KIB = 16_384


class Lookup:
    """A private temporary database, which SQLite deletes when it is closed. For one thread at a time."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute("CREATE TABLE known (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def put(self, name: str, body: dict[str, Any]) -> None:
        """Keep `body`; the last under a name counts."""
        self._database.execute("INSERT OR REPLACE INTO known VALUES (?, ?)", (name, orjson.dumps(body)))

    def get(self, name: str) -> dict[str, Any] | None:
        """What was kept under the name."""
        row = self._database.execute("SELECT body FROM known WHERE name = ?", (name,)).fetchone()
        found: dict[str, Any] | None = None if row is None else orjson.loads(row[0])
        return found
