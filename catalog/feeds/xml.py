"""Google Merchant XML, RSS 2.0 or Atom, read piece by piece: no document is ever held whole.

defusedxml refuses DTDs, entities and external references, so no feed can make the reader fetch or explode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRow, RawRows, column_name, put
from catalog.feeds.source import Source, open_feed

ITEM_TAGS = frozenset({"item", "entry"})
PIECE = 1 << 16


def _pieces(source: Source) -> Iterator[str | bytes]:
    """Bytes for a file, so that the parser heeds the encoding the XML declares; text as it is."""
    if not isinstance(source, Path):
        yield from (line if line.endswith("\n") else line + "\n" for line in source)
        return
    with open_feed(source) as file:
        while piece := file.readline(PIECE):
            yield piece


def _local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _detail(element: Element) -> tuple[str, str] | None:
    """Google's `product_detail`: an attribute's name and value."""
    parts = {_local(child.tag): _text(child) for child in element}
    name, value = parts.get("attribute_name"), parts.get("attribute_value")
    return (f"custom:{name}", value) if name and value else None


def _values(item: Element) -> dict[str, object]:
    values: dict[str, object] = {}
    for child in item:
        column = column_name(_local(child.tag))
        if column == "product_detail":
            detail = _detail(child)
            if detail:
                put(values, *detail)
        elif column == "link" and child.get("href"):
            put(values, "link", child.get("href", ""))
        elif not len(child):
            put(values, column, _text(child))
    return values


class _Items:
    """Follows the parser's events and lets go of every item once it was read."""

    def __init__(self) -> None:
        self._stack: list[tuple[Element, int]] = []

    def take(self, events: Iterable[tuple[str, Element]], line: int) -> Iterator[RawRow]:
        for event, element in events:
            if event == "start":
                self._stack.append((element, line))
                continue
            _, began = self._stack.pop()
            if _local(element.tag) in ITEM_TAGS:
                yield RawRow(began, _values(element))
                if self._stack:
                    self._stack[-1][0].remove(element)


def _parser() -> XMLPullParser[Element]:
    # XMLPullParser takes its parser only through this keyword; defusedxml's own iterparse does the same, but
    # it reads whole blocks and so cannot tell in which line an item began.
    return XMLPullParser(("start", "end"), _parser=DefusedXMLParser(forbid_dtd=True))


def read(source: Source, options: FeedOptions = DEFAULTS) -> RawRows:
    """Items of an XML feed. What follows a break in the XML cannot be read: the last issue says where it was.

    Raises: FeedNotFound, FeedUnreadable.
    """
    parser, items, line, found = _parser(), _Items(), 1, 0
    try:
        for piece in _pieces(source):
            parser.feed(piece)
            for row in items.take(cast("Iterable[tuple[str, Element]]", parser.read_events()), line):
                found += 1
                yield row
            line += piece[-1:] in ("\n", b"\n")
        parser.close()
    except (ParseError, DefusedXmlException, ValueError) as error:
        yield RowIssue(
            line=line,
            reason=f"The XML breaks off here ({error}); {found} items before it were read, none after it.",
            fix="Export the feed again, as well-formed XML without a DTD.",
        )
