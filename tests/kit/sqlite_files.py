"""Files of a SQLite database that is open are SQLite's alone: whoever opens one beside it takes its locks away."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

SUFFIXES = (".db", "-wal", "-shm", "-journal")
_DESCRIPTORS = "/dev/fd"
_watches: list[list[str]] = []
"""What each watch has seen."""
_hooked: list[bool] = []
"""An audit hook stays for good, and does nothing while nobody watches."""


class OpenedBeside(AssertionError):
    """This process has the file open already."""


@contextmanager
def left_to_sqlite() -> Iterator[None]:
    """Within the block no code of this process opens a database's file while the process has it open, be it to read.

    Closing it would drop the locks of all the connections there are (https://sqlite.org/howtocorrupt.html, 2.2). Raises
    OpenedBeside at the place, and again at the end of the block, as it may have been caught.
    """
    if not _hooked:
        sys.addaudithook(_look)
        _hooked.append(True)
    seen: list[str] = []
    _watches.append(seen)
    try:
        yield
    finally:
        _watches.remove(seen)
    if seen:
        raise OpenedBeside(f"opened while SQLite has them open: {sorted(set(seen))}")


def _look(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or not _watches:
        return
    path = arguments[0]
    if not isinstance(path, str | bytes | os.PathLike) or not os.fsdecode(path).endswith(SUFFIXES):
        return
    if (which := _file(partial(os.stat, path))) is None or which not in _open_files():
        return
    for seen in _watches:
        seen.append(os.fsdecode(path))
    raise OpenedBeside(f"{os.fsdecode(path)} is open in SQLite, and is opened beside it.")


def _open_files() -> set[tuple[int, int] | None]:
    """Of this process, as the system knows them: SQLite opens its files where Python does not see it."""
    return {_file(partial(os.fstat, int(one.name))) for one in Path(_DESCRIPTORS).iterdir()}


def _file(status: Callable[[], os.stat_result]) -> tuple[int, int] | None:
    """Device and inode of a file, whatever it is called."""
    try:
        found = status()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
