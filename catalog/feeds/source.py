"""What may be wrong with a feed as a whole. Reading files is in `store.files`."""

from __future__ import annotations

from store.files.source import FileMissing, FileUnreadable


class FeedNotFound(FileMissing):
    """There is no feed at the address."""

    reason = "feed_not_found"


class FeedUnreadable(FileUnreadable):
    """The feed as a whole cannot be read, so no row of it can be named."""

    reason = "feed_unreadable"
