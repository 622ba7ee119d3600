"""Looking for a person in files, those of the database among them.

They are read by a process of its own, `api.file_search_process`. POSIX locks belong to a process: when it closes any
descriptor of a file, all locks it has on that file are gone, those of SQLite's connections with them
(https://sqlite.org/howtocorrupt.html, 2.2). The next process to close the database would think itself the last one
and delete the write-ahead log under us, with every transaction that we commit to it from then on. So nothing of ours
ever opens the files of a SQLite database that it is connected to: copies are made by SQLite (`api.own_shop`).
"""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

from composer.processes import python, same_modules
from store.errors import Unavailable
from store.evidence import Found, Progress, Search

COMMAND = python("api.file_search_process")


class FilesNotSearched(Unavailable):
    """A file cannot be read, or the process that reads them cannot go on."""

    reason = "files_not_searched"


async def search_files(
    search: Search, files: Sequence[tuple[str, Path]], progress: Progress, *, command: Sequence[str] = COMMAND
) -> list[tuple[Path, Found]]:
    """Look through (name, path) of files as they lie on the disk. One that is gone meanwhile holds nothing.

    `command` starts a process that speaks as `api.file_search_process` does. Raises FilesNotSearched.
    """
    found: list[tuple[Path, Found]] = []
    named: set[int] = set()
    """Files whose names say what is looked for: they are not told."""
    if not files:
        return found

    def shown(number: int) -> str:
        return f"file {number + 1}" if number in named else _printable(files[number][0])

    async with aclosing(_told(search, files, command)) as told:
        async for what, *about in told:
            match what:
                case "at":
                    progress("looking through files", about[0], len(files))
                case "named":
                    named.add(number := about[0])
                    found.append(
                        (files[number][1], Found(f"the name of {shown(number)}", "name of a file", "utf-8", 1))
                    )
                case "found":
                    number, kind, form, count = about
                    found.append((files[number][1], Found(shown(number), kind, form, count)))
                case "unreadable":
                    raise _unreadable(shown(about[0]), about[1])
                case "broke":
                    raise FilesNotSearched(f"The process that looks through files broke ({about[0]}).")
                case "done":
                    return found
    raise FilesNotSearched(
        "The process that looks through files ended before it was done.",
        fix="Try again; if it lasts, see in the system's log whether it was killed for want of memory.",
    )


def files_below(folder: Path) -> list[tuple[str, Path]]:
    """Every file below `folder`, by name relative to it."""
    return [(str(path.relative_to(folder)), path) for path in sorted(folder.rglob("*")) if path.is_file()]


async def _told(
    search: Search, files: Sequence[tuple[str, Path]], command: Sequence[str]
) -> AsyncGenerator[list[Any], None]:
    """What the process says, in order; with the last of it, or with whoever listens, it is gone."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=same_modules())
    except OSError as error:
        raise FilesNotSearched(
            f"The process that looks through files cannot be started: {error.strerror}.", fix="Try again."
        ) from error
    try:
        await _order(process, {"wanted": search.wanted.to_json(), "files": [[name, str(path)] for name, path in files]})
        assert process.stdout is not None
        while (line := await process.stdout.readline()).endswith(b"\n"):
            yield json.loads(line)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        # And not `wait`: what is left in the pipe would keep it open.
        await process.communicate()


async def _order(process: Process, order: dict[str, Any]) -> None:
    assert process.stdin is not None
    # On stdin, and not as an argument: whoever may list processes reads those.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(await asyncio.to_thread(_as_document, order))
        await process.stdin.drain()
    process.stdin.close()


def _as_document(order: dict[str, Any]) -> bytes:
    # The standard library's: names of files need not be text (PEP 383), and it carries them over.
    return json.dumps(order).encode()


def _printable(name: str) -> str:
    return os.fsencode(name).decode(errors="replace")


def _unreadable(shown: str, why: str) -> FilesNotSearched:
    return FilesNotSearched(
        f"Not every file can be looked through: {shown} cannot be read ({why}).",
        fix="Let this user read it, or take it out of the home folder.",
    )
