"""Files read and looked through in a process of its own: `python -m api.file_search_process`, see `api.file_search`.

Hears on stdin, as one JSON document, what is looked for and in which files; says on stdout, in lines of JSON, how far
it is and what it finds, by numbers of files: what stands in them, or in their names, never goes through the pipe.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from composer.processes import take_stdout
from store.evidence import Form, Search, Wanted

CHUNK_BYTES = 8 * 1024 * 1024
NICE = 5
"""Added to its niceness: whoever waits for an answer of the service goes first."""
SAID_EVERY_S = 0.1


def main() -> None:
    """Look through all that stdin names. Who is gone meanwhile, parent or file, is no error."""
    parent = take_stdout()
    # Ctrl-C in a terminal is for the parent, which then ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    with suppress(BrokenPipeError):
        try:
            order = json.load(sys.stdin.buffer)
            _look(Search(Wanted.from_json(order["wanted"])), order["files"], parent)
        except BrokenPipeError:
            raise
        # The parent is to know of any, and a traceback would quote what it broke on.
        except Exception as error:  # noqa: BLE001
            _say(parent, "broke", type(error).__name__)
    with suppress(BrokenPipeError):
        parent.close()


def _look(search: Search, files: list[list[str]], parent: BinaryIO) -> None:
    said = 0.0

    def at(number: int) -> None:
        # Also within a large file: it is how this process learns that its parent is gone.
        nonlocal said
        if time.monotonic() - said > SAID_EVERY_S:
            _say(parent, "at", number)
            said = time.monotonic()

    for number, (name, path) in enumerate(files):
        if search.in_bytes(os.fsencode(name)):
            _say(parent, "named", number)
        try:
            counted = in_file(search, Path(path), partial(at, number))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            _say(parent, "unreadable", number, error.strerror or type(error).__name__)
            return
        for (kind, form), count in sorted(counted.items()):
            _say(parent, "found", number, kind, form, count)
    _say(parent, "done")


def in_file(search: Search, path: Path, on_piece: Callable[[], None]) -> Counter[tuple[str, Form]]:
    """As `Search.in_bytes`, of a file as it lies on the disk: of each, the most in one piece. Raises OSError.

    Never of a file that this process has open in SQLite: see `api.file_search`.
    """
    counted: Counter[tuple[str, Form]] = Counter()
    for chunk in _chunks(path, search.overlap):
        on_piece()
        counted |= search.in_bytes(chunk)
    return counted


def _chunks(path: Path, overlap: int) -> Iterator[bytes]:
    """The file in pieces that overlap, so that a match at a border is whole in one of them. One that is gone holds
    nothing."""
    try:
        with path.open("rb") as file:
            before = b""
            while chunk := file.read(CHUNK_BYTES):
                yield before + chunk
                before = chunk[-overlap:]
    except FileNotFoundError:
        return


def _say(parent: BinaryIO, *what: str | int) -> None:
    parent.write(json.dumps(what).encode() + b"\n")
    parent.flush()


if __name__ == "__main__":
    main()
