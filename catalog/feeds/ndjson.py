"""NDJSON, or an array: objects with Google Merchant names as keys, `attributes` as an object."""

from __future__ import annotations

from catalog.feeds.json_items import item, items
from catalog.feeds.mapping import FeedMapping, mapped
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRow, RawRows, column_name, put
from store.files.json_items import Item
from store.files.source import Source


def _values(item: Item, mapping: FeedMapping | None) -> dict[str, object]:
    if mapping is not None:
        return mapped(mapping, item.values)
    values: dict[str, object] = {}
    for key, value in item.values.items():
        put(values, column_name(key), value)
    return values


def read_one(text: str) -> RawRow | RowIssue:
    """The row of one product's JSON, by Google Merchant's names."""
    found = item(text)
    return found if isinstance(found, RowIssue) else RawRow(found.line, _values(found, None))


def read(source: Source, options: FeedOptions = DEFAULTS) -> RawRows:
    """Rows of a JSON feed, by Google Merchant's names or by those of the mapping in `options`.

    Raises: FeedNotFound, FeedUnreadable.
    """
    for found in items(source):
        yield found if isinstance(found, RowIssue) else RawRow(found.line, _values(found, options.mapping))
