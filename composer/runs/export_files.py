"""An export on disk: whole or not there, whenever the process that writes it is killed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import IO

from pydantic import BaseModel

from composer.runs.export import Exported, messages
from store.database import Database
from store.errors import Unavailable
from store.files.own import refuse_own

PART = ".part"
"""What is being written has this behind its name; a repeated export begins it anew."""
Pages = AsyncIterator[list[Exported]]
Progress = Callable[[int], None]
"""Hears how many recipients a page had."""


class ExportNotWritten(Unavailable):
    """The disk does not take the export."""

    reason = "export_not_written"
    retryable = False


class ExportReport(BaseModel):
    """What was written."""

    run: str
    out: str
    recipients: int = 0
    statuses: dict[str, int] = {}
    """Recipients by status; `withdrawn` is an e-mail that may not go out now."""


async def write_lines(pages: Pages, file: IO[bytes], progress: Progress) -> Counter[str]:
    """A line for each recipient; recipients by status."""
    statuses: Counter[str] = Counter()
    async for page in pages:
        file.writelines(one.line() for one in page)
        statuses.update(one.status for one in page)
        progress(len(page))
    return statuses


async def write_file(pages: Pages, path: Path, progress: Progress) -> Counter[str]:
    """As `write_lines`, to a file that is put in place when it is whole. Raises ExportNotWritten, OwnFile."""
    refuse_own(path)
    part = path.with_name(path.name + PART)
    try:
        with part.open("wb") as file:
            statuses = await write_lines(pages, file, progress)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise _not_written(path, error) from error
    return statuses


async def write_folder(database: Database, pages: Pages, folder: Path, progress: Progress) -> Counter[str]:
    """A file `ID.eml` for each e-mail that may go out, each put in place when it is whole. Raises ExportNotWritten."""
    statuses: Counter[str] = Counter()
    try:
        async for page in pages:
            _place(folder, await messages(database, page))
            statuses.update(one.status for one in page)
            progress(len(page))
    except OSError as error:
        raise _not_written(folder, error) from error
    return statuses


def _place(folder: Path, messages_: Sequence[tuple[str, bytes]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for email_id, message in messages_:
        part = folder / f"{email_id}.eml{PART}"
        part.write_bytes(message)
        part.replace(folder / f"{email_id}.eml")


def _not_written(path: Path, error: OSError) -> ExportNotWritten:
    return ExportNotWritten(f"{path} cannot be written: {error.strerror}.", fix="Choose another place with --out.")
