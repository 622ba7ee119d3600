"""Which format a feed has."""

from __future__ import annotations

import pytest

from api.imports import FormatName, feed_format
from catalog.feeds.report import FeedFormat


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'<?xml version="1.0"?><rss>', FeedFormat.GOOGLE_XML),
        (b"\xef\xbb\xbf  <rss>", FeedFormat.GOOGLE_XML),
        (b'{"id": "p1"}\n', FeedFormat.NDJSON),
        (b"id\ttitle\tlink\np1\tTea, green\thttps://x\n", FeedFormat.GOOGLE_TSV),
        (b"id,title,link\np1,a\tb,https://x\n", FeedFormat.CSV),
        (b"id;title;link\n", FeedFormat.CSV),
    ],
)
def test_the_first_bytes_tell_the_format(head: bytes, expected: FeedFormat) -> None:
    assert feed_format("auto", head) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tsv", FeedFormat.GOOGLE_TSV),
        ("csv", FeedFormat.CSV),
        ("xml", FeedFormat.GOOGLE_XML),
        ("ndjson", FeedFormat.NDJSON),
    ],
)
def test_a_named_format_goes_over_what_the_bytes_look_like(name: FormatName, expected: FeedFormat) -> None:
    assert feed_format(name, b"<xml>") is expected
