"""The list of all rows that an import left out: a CSV file that a later start of the same import goes on with."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from memory.importers.formats import Kind
from store.errors import InvalidInput
from store.files.issues import RowIssue
from store.files.own import refuse_own

COLUMNS = ("line", "field", "reason", "fix")
OF_ORDERS = ("line", "order_id", "field", "reason", "fix")


class Rejects(Protocol):
    """Takes every row that was left out."""

    def __call__(self, issue: RowIssue) -> None: ...


def check_list(path: Path | None, imported: Path) -> None:
    """Raises: OwnFile; InvalidInput where the list would be written over what is imported."""
    if path is None:
        return
    refuse_own(path)
    if path.exists() and imported.exists() and path.samefile(imported):
        raise InvalidInput(
            f"{path} is the file that is imported.", pointer="--rejected-to", fix="Name another file for the list."
        )


@contextmanager
def listed(path: Path | None, kind: Kind, *, append: bool) -> Iterator[Rejects]:
    """What takes the rows, for the length of the block; without `path` they are kept nowhere.

    A list that is gone on with keeps the columns it has: an older version wrote fewer, and every program reads rows of
    two shapes in one file wrongly.
    """
    if path is None:
        yield lambda issue: None
        return
    names = OF_ORDERS if kind == "orders" else COLUMNS
    begun = _columns_of(path) if append else None
    with path.open("a" if begun else "w", encoding="utf-8", newline="", buffering=1) as file:
        writer = csv.writer(file)
        if not begun:
            writer.writerow(names)
        yield lambda issue: writer.writerow([getattr(issue, name, None) or "" for name in begun or names])


def _columns_of(path: Path) -> tuple[str, ...] | None:
    """None where there is no list of ours yet."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = tuple(next(csv.reader(file), ()))
    except (FileNotFoundError, UnicodeDecodeError, csv.Error):
        return None
    return found if found in (COLUMNS, OF_ORDERS) else None
