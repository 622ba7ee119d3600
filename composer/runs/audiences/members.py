"""Who is meant, in order and once each, however many they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Self

from pydantic import BaseModel

from composer import chance
from store import clock

ISSUES_KEPT = 20


class BadRow(BaseModel):
    """A line of a file that names nobody."""

    line: int
    reason: str
    fix: str


class Members:
    """Customer ids in the order they were named. Kept on disk, as SQLite does with a database of no name: a list of
    millions takes no more memory than a short one. Ends with `close`, or with its `with` block."""

    def __init__(self, as_of: datetime | None = None) -> None:
        """`as_of` is the moment a rule was judged at; None is now."""
        self.as_of = as_of or clock.now()
        self.duplicates = 0
        """How often somebody was named again."""
        self.rejected = 0
        """Lines that name nobody; the first of them are in `issues`."""
        self.issues: list[BadRow] = []
        # What takes long happens in a thread, the rest on the event loop; never both at once.
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(
            "CREATE TABLE member (position INTEGER PRIMARY KEY, customer TEXT NOT NULL UNIQUE, "
            "step TEXT NOT NULL DEFAULT '', occasion TEXT NOT NULL DEFAULT '')"
        )

    def __len__(self) -> int:
        return int(self._file.execute("SELECT count(*) FROM member").fetchone()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, customers: Iterable[str]) -> None:
        """Whoever is not named yet."""
        self.add_each((customer, "", "") for customer in customers)

    def add_each(self, members: Iterable[tuple[str, str, str]]) -> None:
        """Whoever is not named yet, each with the step and the occasion that are theirs; empty: the run's."""
        rows = list(members)
        before = self._file.total_changes
        self._file.execute("BEGIN")
        self._file.executemany("INSERT OR IGNORE INTO member (customer, step, occasion) VALUES (?, ?, ?)", rows)
        self._file.execute("COMMIT")
        self.duplicates += len(rows) - (self._file.total_changes - before)

    def reject(self, row: BadRow) -> None:
        """A line that names nobody."""
        self.rejected += 1
        if len(self.issues) < ISSUES_KEPT:
            self.issues.append(row)

    def remove(self, customers: Iterable[str]) -> None:
        """Leave these out, where they are named."""
        self._file.execute("BEGIN")
        self._file.executemany("DELETE FROM member WHERE customer = ?", ((customer,) for customer in customers))
        self._file.execute("COMMIT")

    def keep(self, limit: int, draw: str = "") -> None:
        """Keep at most so many: those whose hashes with the word `draw` are the smallest. Microseconds for each."""
        self._file.create_function(
            "drawn", 1, lambda customer: chance.seed("audience", draw, customer), deterministic=True
        )
        self._file.execute(
            "DELETE FROM member WHERE customer NOT IN "
            "(SELECT customer FROM member ORDER BY drawn(customer), customer LIMIT ?)",
            (limit,),
        )

    def sample(self, size: int) -> list[str]:
        """At most `size` of them, evenly spaced."""
        step = max(1, len(self) // size)
        rows = self._file.execute(
            "SELECT customer FROM (SELECT customer, row_number() OVER (ORDER BY position) - 1 AS number FROM member) "
            "WHERE number % ? = 0 LIMIT ?",
            (step, size),
        )
        return [customer for (customer,) in rows]

    def batches(self, size: int) -> Iterator[list[str]]:
        """All of them in order, so many at a time."""
        for rows in self.each(size):
            yield [customer for customer, _, _ in rows]

    def each(self, size: int) -> Iterator[list[tuple[str, str, str]]]:
        """The same, each with the step and the occasion that are theirs."""
        after = 0
        query = "SELECT position, customer, step, occasion FROM member WHERE position > ? ORDER BY position LIMIT ?"
        while rows := self._file.execute(query, (after, size)).fetchall():
            after = rows[-1][0]
            yield [(customer, step, occasion) for _, customer, step, occasion in rows]

    def close(self) -> None:
        """Forget them."""
        self._file.close()
