"""The ids a feed has brought so far, on disk: a feed of millions of products is read in a few megabytes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

_CACHE_KIB = 8_192
"""Ids of about 100,000 products stay in memory; SQLite moves what is beyond to a file of its own."""
_IDS = 500


class Seen:
    """Which ids came, and in which line first. In a private SQLite database that vanishes with `close`."""

    def __init__(self) -> None:
        # Used by one thread after another, never by two at once.
        self._connection = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        # Never committed: nobody else reads it, and it ends with the import.
        self._connection.execute("BEGIN")

    def add(self, product_id: str, line: int) -> int | None:
        """Note an id. The line of its first appearance if it came before, else None."""
        if self._connection.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (product_id, line)).rowcount:
            return None
        first: int = self._connection.execute("SELECT line FROM seen WHERE id = ?", (product_id,)).fetchone()[0]
        return first

    def among(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that came."""
        found: set[str] = set()
        for start in range(0, len(ids), _IDS):
            some = ids[start : start + _IDS]
            marks = ",".join("?" * len(some))
            found |= {row[0] for row in self._connection.execute(f"SELECT id FROM seen WHERE id IN ({marks})", some)}  # noqa: S608
        return found

    def close(self) -> None:
        """Let go of the memory and of the file."""
        self._connection.close()
