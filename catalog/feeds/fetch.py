"""The bytes of a feed, if they are others than last time: from a path, or over HTTP (RFC 9110, 13).

What a source calls its version (ETag, Last-Modified; for a file its size and time) spares the reading; the hash of the
content spares the import where a server calls the same feed new every time.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from catalog.feeds.download import Downloader, Progress, Tags
from catalog.feeds.feed import Feed, is_url
from catalog.feeds.source import FeedNotFound, FeedUnreadable
from catalog.feeds.unpack import unpack
from store.errors import Unavailable
from store.files.packed import MAX_BYTES
from store.files.scratch import new_folder


class FeedChanging(Unavailable):
    """The file was written to while it was read."""

    reason = "feed_changing"


class NoRoomForFeed(Unavailable):
    """The disk refuses to keep the feed while it is read."""

    reason = "no_room_for_feed"


READS = 1
"""Version of how feeds are read. Another one means that a feed which has not changed makes other products now."""


class Validators(BaseModel):
    """What tells whether a feed is still the one that was judged last; nothing of it is known at first."""

    model_config = ConfigDict(frozen=True)

    reads: int = 0
    """Under which version of reading it was judged; 0 before there was one."""
    etag: str | None = None
    last_modified: str | None = None
    mtime_ns: int | None = None
    size: int | None = None
    """Bytes, of a file."""
    sha256: str | None = None
    """Of the unpacked bytes."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of asking. `path` is None where the feed is still the one that is known."""

    path: Path | None
    validators: Validators
    read: tuple[int, int] | None = None
    """Time and size of the file that was read, for a feed at a path."""


class Fetcher:
    """Fetches feeds into files of `folder`, which are gone again when they were read."""

    def __init__(self, folder: Path, downloader: Downloader, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._downloader = downloader
        self._max_bytes = max_bytes

    @asynccontextmanager
    async def fetch(self, feed: Feed, known: Validators, progress: Progress | None = None) -> AsyncIterator[Fetched]:
        """The feed for the length of the block. Raises: what `Downloader.get`, `unpack` and `open_feed` raise, and
        FeedChanging where a file was written to during the block."""
        known = known if known.reads == READS else Validators()
        with _disk_errors(self._folder):
            folder = await asyncio.to_thread(new_folder, self._folder, "feed-")
        try:
            with _disk_errors(self._folder):
                found = await self._look(feed, known, folder, progress)
            yield found
            if found.read and found.path and await asyncio.to_thread(_stat, Path(feed.source)) != found.read:
                raise FeedChanging(
                    f"{feed.source} was written to while it was read.", fix="Put a finished file in its place."
                )
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _look(self, feed: Feed, known: Validators, folder: Path, progress: Progress | None) -> Fetched:
        if is_url(feed.source):
            return await self._from_url(feed, known, folder, progress)
        return await asyncio.to_thread(self._from_path, Path(feed.source), known, folder)

    async def _from_url(self, feed: Feed, known: Validators, folder: Path, progress: Progress | None) -> Fetched:
        target = folder / "feed"
        tags = await self._downloader.get(
            feed.source, feed.headers, Tags(known.etag, known.last_modified), target, progress
        )
        if tags is None:
            return Fetched(None, known)
        plain = await asyncio.to_thread(unpack, target, folder, self._max_bytes)
        now = Validators(
            reads=READS,
            etag=tags.etag,
            last_modified=tags.last_modified,
            sha256=await asyncio.to_thread(_digest, plain),
        )
        return Fetched(None if now.sha256 == known.sha256 else plain, now)

    def _from_path(self, path: Path, known: Validators, folder: Path) -> Fetched:
        read = _stat(path)
        if read == (known.mtime_ns, known.size):
            return Fetched(None, known)
        plain = unpack(path, folder, self._max_bytes)
        now = Validators(reads=READS, mtime_ns=read[0], size=read[1], sha256=_digest(plain))
        return Fetched(None if now.sha256 == known.sha256 else plain, now, read)


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoRoomForFeed(
            f"The feed cannot be kept in {folder}: {error.strerror}.", fix="Free some space."
        ) from error


def _stat(path: Path) -> tuple[int, int]:
    """Raises: FeedNotFound, FeedUnreadable."""
    try:
        found = path.stat()
    except FileNotFoundError:
        raise FeedNotFound(f"There is no feed at {path}.", fix="Check the path.") from None
    except OSError as error:
        raise FeedUnreadable(f"{path} cannot be read: {error.strerror}.", fix="Name a file you may read.") from error
    if not stat.S_ISREG(found.st_mode):
        raise FeedUnreadable(f"{path} is no file.", fix="Name the feed itself.")
    return found.st_mtime_ns, found.st_size


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
