"""Compressed feeds: `store.files.packed`, told of as feeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.feeds.source import FeedUnreadable
from store.errors import Unavailable
from store.files import packed
from store.files.packed import MAX_BYTES, Called


class FeedTooLarge(FeedUnreadable):
    """More bytes than a feed may have, as it came or unpacked."""

    reason = "feed_too_large"


class FeedDamaged(Unavailable):
    """It broke off on the way, or cannot be unpacked."""

    reason = "feed_damaged"


_FEED = Called("feed", FeedUnreadable, FeedTooLarge, FeedDamaged)


@contextmanager
def opened(path: Path, limit: int = MAX_BYTES) -> Iterator[Path]:
    """The feed in `path` for the length of the block. Raises: what `unpack` raises."""
    with packed.opened(path, limit, _FEED) as plain:
        yield plain


def unpack(path: Path, folder: Path, limit: int) -> Path:
    """The feed in `path` unpacked, in files of `folder` that begin with the same name; `path` itself if it is plain.

    Raises: FeedTooLarge beyond `limit` bytes, FeedDamaged, FeedUnreadable for an archive of several files.
    """
    return packed.unpack(path, folder, limit, _FEED)
