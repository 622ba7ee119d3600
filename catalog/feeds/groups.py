"""Products and their parts brought together, whatever the order they come in, in bounded memory.

Shopify's bulk results are not grouped by default since API version 2026-01 (shopify.dev/changelog, "Bulk operations
group objects default changed to false"): a variant may stand gigabytes behind its product. So parts wait in a private
temporary database on disk, which SQLite deletes when it is closed, and come out product by product.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Any, NamedTuple

import orjson

from catalog.feeds.report import RowIssue
from store.errors import Unavailable

BATCH = 500
BATCH_BYTES = 1 << 18
MAX_PARTS = 10_000
"""Of one product: Shopify allows 2,048 variants and 250 media. What is beyond is left out and said."""
CACHE_KIB = 32_768

_RESOLVED = """
SELECT COALESCE(a.root, b.root, c.root, d.root) AS root, part.number
FROM part
LEFT JOIN node a ON a.name = part.owner
LEFT JOIN node b ON b.name = a.owner
LEFT JOIN node c ON c.name = b.owner
LEFT JOIN node d ON d.name = c.owner
ORDER BY root, rank, part.number
"""
"""Four steps up: level → inventory item → variant → product, and the product's second name."""


class NoTemporarySpace(Unavailable):
    """The feed's parts cannot be kept on disk while it is read."""

    reason = "no_temporary_space"


class Part(NamedTuple):
    """One line or row of the feed that says something about a product."""

    rank: int
    line: int
    body: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Everything about one product, lowest rank first, then in the feed's order."""

    known: bool
    """False where the product itself is not in the feed; then there is one part."""
    parts: list[Part]
    issue: RowIssue | None = None


@contextmanager
def _on_disk() -> Iterator[None]:
    """Raises: NoTemporarySpace where SQLite cannot write or read its temporary file."""
    try:
        yield
    except sqlite3.Error as error:
        raise NoTemporarySpace(
            f"The feed cannot be sorted on disk: {error}.", fix="Free space, or name another folder in TMPDIR."
        ) from error


class Groups:
    """Collects parts, then yields them as groups in the order in which the products came. Use as a context.

    Raises, from whatever is called: NoTemporarySpace.
    """

    def __init__(self) -> None:
        # The reading moves between worker threads, one at a time.
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._bytes = 0
        self._products = 0
        self._nodes: list[tuple[str, int | None, str | None]] = []
        self._parts: list[tuple[str, int, int, bytes]] = []
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA temp_store = FILE",
            f"PRAGMA cache_size = -{CACHE_KIB}",
            "CREATE TABLE node (name TEXT PRIMARY KEY, root INTEGER, owner TEXT) WITHOUT ROWID",
            "CREATE TABLE part (number INTEGER PRIMARY KEY, owner TEXT, rank INTEGER, line INTEGER, body BLOB)",
        ):
            self._database.execute(statement)

    def __enter__(self) -> Groups:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def root(self, *names: str) -> None:
        """A product comes that goes by `names`. The first product of a name keeps it."""
        self._products += 1
        for name in names:
            self._node(name, self._products, None)

    def child(self, name: str, owner: str) -> None:
        """What goes by `name` belongs to what goes by `owner`, which may come later."""
        self._node(name, None, owner)

    def part(self, owner: str, rank: int, line: int, body: object) -> None:
        """Keep `body`, anything JSON holds, for the group of `owner`."""
        kept = orjson.dumps(body)
        self._parts.append((owner, rank, line, kept))
        self._bytes += len(kept)
        if len(self._parts) >= BATCH or self._bytes >= BATCH_BYTES:
            self._flush()

    def __iter__(self) -> Iterator[Group]:
        self._flush()
        for root, rows in groupby(self._ordered(), key=lambda row: row[0]):
            if root is None:
                yield from (Group(False, [self._load(number)]) for _, number in rows)
                continue
            parts: list[Part] = []
            beyond = 0
            for _, number in rows:
                if len(parts) < MAX_PARTS:
                    parts.append(self._load(number))
                else:
                    beyond += 1
            yield Group(True, parts, _beyond(parts[0], beyond) if beyond else None)

    def _ordered(self) -> Iterator[tuple[int | None, int]]:
        """Root and number of every part, group by group."""
        with _on_disk():
            yield from self._database.execute(_RESOLVED)

    def _node(self, name: str, root: int | None, owner: str | None) -> None:
        self._nodes.append((name, root, owner))
        if len(self._nodes) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        with _on_disk():
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR IGNORE INTO node VALUES (?, ?, ?)", self._nodes)
            self._database.executemany("INSERT INTO part (owner, rank, line, body) VALUES (?, ?, ?, ?)", self._parts)
            self._database.execute("COMMIT")
        self._nodes, self._parts, self._bytes = [], [], 0

    def _load(self, number: int) -> Part:
        with _on_disk():
            found = self._database.execute("SELECT rank, line, body FROM part WHERE number = ?", (number,))
            rank, line, body = found.fetchone()
        return Part(rank, line, orjson.loads(body))


def _beyond(first: Part, count: int) -> RowIssue:
    return RowIssue(
        line=first.line,
        reason=f"The product has {count} variants and images more than the {MAX_PARTS} that are read.",
        fix="Divide it into several products.",
    )
