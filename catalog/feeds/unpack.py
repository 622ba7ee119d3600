"""Compressed feeds, unpacked into a file of bounded size: a few kilobytes can hold gigabytes of nothing."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol

from catalog.feeds.source import FeedUnreadable
from store.errors import Unavailable
from store.files.source import open_file

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
PIECE = 1 << 20
MAX_BYTES = 8 << 30
"""Of a feed unpacked."""
LAYERS = 3
"""A .gz file that came compressed, in an archive: more is somebody's joke."""
FREE = 64 * PIECE
MAX_RATIO = 200
"""Unpacked bytes a packed one may become, beyond the first 64 MiB: product feeds stay below 50."""

_OF_OFFICE = "[Content_Types].xml"
"""In each document of Excel, which is a zip file (ECMA-376, part 2)."""


class FeedTooLarge(FeedUnreadable):
    """More bytes than a feed may have, as it came or unpacked."""

    reason = "feed_too_large"


class FeedDamaged(Unavailable):
    """It broke off on the way, or cannot be unpacked."""

    reason = "feed_damaged"


def is_packed(path: Path) -> bool:
    """True for gzip and zip, whatever the file is called. Raises: FeedNotFound, FeedUnreadable."""
    with open_file(path) as file:
        return file.read(4).startswith((GZIP, ZIP))


@contextmanager
def opened(path: Path, limit: int = MAX_BYTES) -> Iterator[Path]:
    """The feed in `path` for the length of the block: itself, or unpacked in the folder for temporary files (`TMPDIR`).

    Raises: what `unpack` raises.
    """
    if not is_packed(path):
        yield path
        return
    with TemporaryDirectory(prefix="penfriend-feed-") as folder:
        yield unpack(path, Path(folder), limit)


def unpack(path: Path, folder: Path, limit: int) -> Path:
    """The feed in `path` unpacked, in files of `folder` that begin with the same name; `path` itself if it is plain.

    Raises: FeedTooLarge beyond `limit` bytes, FeedDamaged, FeedUnreadable for an archive of several files.
    """
    for layer in range(LAYERS):
        if not is_packed(path):
            return path
        target = folder / f"{path.name.partition('.')[0]}.{layer + 1}"
        try:
            _unpack_once(path, target, limit)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise FeedDamaged(
                f"The packed feed cannot be unpacked: {error}.", fix="Export it again, as one whole gzip or zip file."
            ) from error
        path = target
    raise FeedTooLarge(f"The feed is packed more than {LAYERS} times.", fix="Pack it once.")


def _unpack_once(path: Path, target: Path, limit: int) -> None:
    allowed = min(limit, max(FREE, path.stat().st_size * MAX_RATIO))
    with path.open("rb") as packed, target.open("wb") as file:
        if packed.read(2) == GZIP:
            packed.seek(0)
            with gzip.open(packed, "rb") as content:
                _copy(content, file, allowed)
            return
        with zipfile.ZipFile(packed) as archive, archive.open(_only_member(archive)) as member:
            _copy(member, file, allowed)


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith(("__MACOSX/", "."))
    ]
    if any(one.filename == _OF_OFFICE for one in members):
        raise FeedUnreadable("It is an Excel workbook, not a feed.", fix="Save it as CSV in UTF-8, and import that.")
    if len(members) != 1:
        raise FeedUnreadable(f"The archive holds {len(members)} files.", fix="Pack one feed into one archive.")
    return members[0]


class _Content(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _copy(content: _Content, file: BinaryIO, allowed: int) -> None:
    written = 0
    while piece := content.read(PIECE):
        written += len(piece)
        if written > allowed:
            raise FeedTooLarge(
                f"Unpacked, the feed has more than {allowed:,} bytes.", fix="Split it, or leave out what is no product."
            )
        file.write(piece)
