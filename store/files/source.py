"""Where text comes from: a file of uncertain encoding, or lines somebody already has. Bounded memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, AnyStr, BinaryIO

from store.errors import InvalidInput, NotFound
from store.files.own import refuse_own

MAX_LINE = 1 << 20
"""Bytes of a line that are read; what is beyond cannot be a value and is skipped."""

BOM = "\ufeff"

Source = Path | Iterable[str]
"""A file, or text lines with or without their line ends."""


class FileMissing(NotFound):
    """There is no file at the path."""

    reason = "file_not_found"


class FileUnreadable(InvalidInput):
    """The file as a whole cannot be read, so no row of it can be named."""

    reason = "file_unreadable"


def open_file(path: Path) -> BinaryIO:
    """Raises: FileMissing, FileUnreadable; OwnFile for a file of the installation itself."""
    refuse_own(path)
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise FileMissing(f"There is no file at {path}.", fix="Check the path.") from None
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}.", fix="Name a file you may read.") from error


def _lines(file: IO[AnyStr], end: AnyStr) -> Iterator[AnyStr]:
    """The lines of `file` with their ends, at most `MAX_LINE` of each; the rest is skipped."""
    while line := file.readline(MAX_LINE):
        yield line if line.endswith(end) else line + end
        while len(line) == MAX_LINE and not line.endswith(end):
            line = file.readline(MAX_LINE)


def byte_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of `file` with their ends, at most `MAX_LINE` bytes of each; the rest is skipped."""
    return _lines(file, b"\n")


def _decode(line: bytes) -> str:
    """UTF-8, else Windows-1252, else Latin-1: exports of old shop systems mix them within one file."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def utf16(start: bytes) -> str | None:
    """The codec of a file in UTF-16, told by its mark or, without one, by the NULs beside its ASCII; else None."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[:4:2], start[1:4:2]
    if odd == b"\0\0" and b"\0" not in even:
        return "utf-16-le"
    return "utf-16-be" if even == b"\0\0" and b"\0" not in odd else None


def _utf16_lines(path: Path, codec: str) -> Iterator[str]:
    with path.open(encoding=codec, newline="\n", errors="replace") as file:
        yield from _lines(file, "\n")


def _file_lines(path: Path) -> Iterator[str]:
    """Files that were put together from several have a mark at the start of each."""
    yield from (line.removeprefix(BOM) for line in _read_lines(path))


def _read_lines(path: Path) -> Iterator[str]:
    with open_file(path) as file:
        start = file.read(4)
        if codec := utf16(start):
            yield from _utf16_lines(path, codec)
            return
        file.seek(0)
        yield from map(_decode, byte_lines(file))


def is_cut_short(source: Source) -> bool:
    """Whether a file ends without a line end: whole where its writer leaves the last one out, else a piece of it."""
    if not isinstance(source, Path):
        return False
    with open_file(source) as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 2))
        return not file.read().rstrip(b"\0").endswith((b"\n", b"\r"))


def text_lines(source: Source) -> Iterator[str]:
    """The lines of `source`, each with a line end, without a byte order mark.

    Raises: FileMissing, FileUnreadable.
    """
    if isinstance(source, Path):
        yield from _file_lines(source)
        return
    for line in source:
        text = line.removeprefix(BOM)
        yield text if text.endswith("\n") else text + "\n"
