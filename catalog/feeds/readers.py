"""Which reader reads which format. All yield rows by our names, and what they could not read."""

from __future__ import annotations

from collections.abc import Callable

from catalog.feeds import delimited, klaviyo, ndjson, shopify_bulk, shopify_csv, woocommerce_csv, woocommerce_rest, xml
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import FeedFormat
from catalog.feeds.rows import RawRows
from store.files.source import Source

Reader = Callable[[Source, FeedOptions], RawRows]

READERS: dict[FeedFormat, Reader] = {
    FeedFormat.GOOGLE_TSV: delimited.read,
    FeedFormat.CSV: delimited.read,
    FeedFormat.GOOGLE_XML: xml.read,
    FeedFormat.NDJSON: ndjson.read,
    FeedFormat.SHOPIFY_JSONL: shopify_bulk.read,
    FeedFormat.SHOPIFY_CSV: shopify_csv.read,
    FeedFormat.WOOCOMMERCE_CSV: woocommerce_csv.read,
    FeedFormat.WOOCOMMERCE_JSON: woocommerce_rest.read,
    FeedFormat.KLAVIYO_JSON: klaviyo.read,
}
PLAIN: dict[FeedFormat, FeedFormat] = {
    FeedFormat.SHOPIFY_CSV: FeedFormat.CSV,
    FeedFormat.WOOCOMMERCE_CSV: FeedFormat.CSV,
    FeedFormat.SHOPIFY_JSONL: FeedFormat.NDJSON,
    FeedFormat.WOOCOMMERCE_JSON: FeedFormat.NDJSON,
    FeedFormat.KLAVIYO_JSON: FeedFormat.NDJSON,
}
"""What a system's export is to whoever says with a mapping what stands where in it."""


def read(source: Source, feed_format: FeedFormat, options: FeedOptions = DEFAULTS) -> RawRows:
    """The rows of a feed, one at a time; memory does not grow with it. A mapping comes before what the format knows.

    Raises, when the first row is asked for: FeedNotFound, FeedUnreadable when the feed as a whole cannot be read.
    """
    wanted = feed_format if options.mapping is None else PLAIN.get(feed_format, feed_format)
    return READERS[wanted](source, options)
