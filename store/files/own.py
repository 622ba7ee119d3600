"""The installation's own files: no feed, import or list is read from one, and none is written over.

Whoever opens and closes the file of a SQLite database beside its connections takes the locks of all of them away
(https://sqlite.org/howtocorrupt.html, 2.2). So a path is compared with what is ours before it is opened.
"""

from __future__ import annotations

import os
from pathlib import Path

from store.errors import InvalidInput

SUFFIXES = ("", "-wal", "-shm", "-journal")
_own: set[Path] = set()


class OwnFile(InvalidInput):
    """A path that was given to be read or written is one of Penfriend's own."""

    reason = "own_file"


def protect(path: Path) -> None:
    """From now on nothing in this process takes `path`, or what is below it, for a file of somebody else."""
    _own.add(_whole(path))


def protect_database(path: Path) -> None:
    """The file of a SQLite database, and those that SQLite keeps beside it."""
    whole = _whole(path)
    _own.update(whole.with_name(whole.name + suffix) for suffix in SUFFIXES)


def refuse_own(path: Path) -> None:
    """Raises: OwnFile for a path that leads to one of ours, by whatever name. Opens nothing."""
    whole = _whole(path)
    if whole in _own or not _own.isdisjoint(whole.parents) or _is_linked(path):
        raise OwnFile(
            f"{path} is one of Penfriend's own files.",
            fix="Name the file of the shop that is meant.",
        )


def _whole(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _is_linked(path: Path) -> bool:
    """Whether it is one of ours under another name in the file system: a hard link."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return False
    if found.st_nlink < 2:
        return False
    return any(_same(one, found) for one in _own)


def _same(own: Path, found: os.stat_result) -> bool:
    try:
        return os.path.samestat(own.stat(), found)
    except OSError:
        return False
