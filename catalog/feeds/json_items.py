"""The items of a JSON feed (`store.files.json_items`), and what is wrong with them in a feed's words."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.feeds.report import RowIssue
from catalog.feeds.rows import BrokenOff
from store.files import issues, json_items
from store.files.json_items import Item
from store.files.source import Source


def items(source: Source) -> Iterator[Item | RowIssue]:
    """Every item: of lines, of an array, or of the page objects of an API. Raises: FileMissing, FileUnreadable."""
    return map(_ours, json_items.items(source))


def item(text: str) -> Item | RowIssue:
    """`text` as one item, whatever its keys."""
    return _ours(json_items.item(text))


def _ours(found: Item | issues.RowIssue) -> Item | RowIssue:
    if isinstance(found, Item):
        return found
    return BrokenOff.of(found) if isinstance(found, issues.BrokenOff) else RowIssue.of(found)
