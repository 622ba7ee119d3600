"""Compressed files, unpacked into a file of bounded size: a few kilobytes can hold gigabytes of nothing."""

from __future__ import annotations

import errno
import gzip
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import BinaryIO, Protocol

from store.errors import PenfriendError
from store.files.scratch import new_folder
from store.files.source import FileUnreadable, open_file

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
PIECE = 1 << 20
MAX_BYTES = 8 << 30
"""Of a file unpacked."""
LAYERS = 3
"""A .gz file that came compressed, in an archive: more is somebody's joke."""
FREE = 64 * PIECE
MAX_RATIO = 200
"""Unpacked bytes a packed one may become in all its layers, beyond the first 64 MiB: tables of a shop stay below 50."""

_BROKEN = (
    *(EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError),
    # Names that are no UTF-8; members that begin before the file does, and what bzip2 cannot read.
    *(ValueError, OSError),
)
_OF_OFFICE = "[Content_Types].xml"
"""In each document of Excel, which is a zip file (ECMA-376, part 2)."""


class FileTooLarge(FileUnreadable):
    """More bytes than a file may have, as it came or unpacked."""

    reason = "file_too_large"


class FileDamaged(FileUnreadable):
    """It broke off on the way, or cannot be unpacked."""

    reason = "file_damaged"


@dataclass(frozen=True, slots=True)
class Called:
    """What a packed file is called in what is said of it, and the errors that say it."""

    name: str
    unreadable: type[FileUnreadable] = FileUnreadable
    too_large: type[FileUnreadable] = FileTooLarge
    damaged: type[PenfriendError] = FileDamaged


EXPORT = Called("export")


def is_packed(path: Path) -> bool:
    """True for gzip and zip, whatever the file is called. Raises: FileMissing, FileUnreadable."""
    with open_file(path) as file:
        return file.read(4).startswith((GZIP, ZIP))


@contextmanager
def opened(path: Path, limit: int = MAX_BYTES, called: Called = EXPORT) -> Iterator[Path]:
    """The content of `path` for the length of the block: itself, or unpacked among temporary files (`TMPDIR`).

    Raises: what `unpack` raises.
    """
    if not is_packed(path):
        yield path
        return
    folder = new_folder(Path(gettempdir()), "penfriend-packed-")
    try:
        yield unpack(path, folder, limit, called)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpack(path: Path, folder: Path, limit: int, called: Called = EXPORT) -> Path:
    """The content of `path`, in files of `folder` that begin with the same name; `path` itself if it is plain.

    Raises, of `called`: too_large beyond `limit` bytes, damaged, unreadable for an archive of several files.
    """
    allowed = None
    for layer in range(LAYERS):
        if not is_packed(path):
            return path
        # By the size of what came: layers that multiply would let 25 kB become gigabytes.
        allowed = allowed or min(limit, max(FREE, path.stat().st_size * MAX_RATIO))
        target = folder / f"{path.name.partition('.')[0]}.{layer + 1}"
        try:
            _unpack_once(path, target, allowed, called)
        except _BROKEN as error:
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise
            raise called.damaged(
                f"The packed {called.name} cannot be unpacked: {error}.",
                fix="Export it again, as one whole gzip or zip file.",
            ) from error
        path = target
    raise called.too_large(f"The {called.name} is packed more than {LAYERS} times.", fix="Pack it once.")


def _unpack_once(path: Path, target: Path, allowed: int, called: Called) -> None:
    with path.open("rb") as packed, target.open("wb") as file:
        if packed.read(2) == GZIP:
            packed.seek(0)
            with gzip.open(packed, "rb") as content:
                _copy(content, file, allowed, called)
            return
        with zipfile.ZipFile(packed) as archive, archive.open(_only_member(archive, called)) as member:
            _copy(member, file, allowed, called)


def _only_member(archive: zipfile.ZipFile, called: Called) -> zipfile.ZipInfo:
    members = [
        one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith(("__MACOSX/", "."))
    ]
    if any(one.filename == _OF_OFFICE for one in members):
        raise called.unreadable(
            f"It is an Excel workbook, no {called.name}.", fix="Save it as CSV in UTF-8, and import that."
        )
    if len(members) != 1:
        raise called.unreadable(
            f"The archive holds {len(members)} files.", fix=f"Pack one {called.name} into one archive."
        )
    return members[0]


class _Content(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _copy(content: _Content, file: BinaryIO, allowed: int, called: Called) -> None:
    written = 0
    while piece := content.read(PIECE):
        written += len(piece)
        if written > allowed:
            raise called.too_large(
                f"Unpacked, the {called.name} has more than {allowed:,} bytes.",
                fix="Split it, or leave out what is not needed.",
            )
        file.write(piece)
