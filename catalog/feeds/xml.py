"""Google Merchant XML, RSS 2.0 or Atom, cut into its items: each is parsed alone, and a broken one costs only itself.

Memory is bounded by the size of one item. A DTD is refused, so no entity can grow and nothing is ever fetched (the
parser never sees what stands outside the items). What shops get wrong and XML does not forgive is mended before the
parser sees it: bare ampersands, HTML's entities, control characters, bytes of another encoding than the declared one.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from catalog.feeds.mapping import FeedMapping, mapped
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import BrokenOff, RawRow, RawRows, column_name, put
from catalog.feeds.source import FeedUnreadable
from store.files.source import Source, open_file, text_lines, utf16

MAX_ITEM = 1 << 21
"""Characters of one item; what is longer cannot be a product and is skipped."""
MAX_FIELDS = 500
PROLOG = 1 << 16
PIECE = 1 << 16

_BEGIN = re.compile(r"<(item|entry)(?=[\s>/])")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})""")
_PREFIX = re.compile(r"(</?)[A-Za-z_][\w.-]*:(?=[A-Za-z_])")
_ATTRIBUTE_PREFIX = re.compile(r"(\s)[A-Za-z_][\w.-]*:([A-Za-z_][\w.-]*\s*=\s*[\"'])")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_AMPERSAND = re.compile(r"&(?:#\d{1,7};|#x[0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]{1,31});)?")
_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_OWN_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


class _Piece(NamedTuple):
    """The text of one item and the line it begins in."""

    line: int
    text: str


def _pieces(source: Source) -> Iterator[str]:
    """Text in pieces that end with a line or with a tag, so that a feed of one line is read in pieces as well."""
    if not isinstance(source, Path) or _is_utf16(source):
        yield from text_lines(source)
        return
    declared, rest = _declared(source), b""
    with open_file(source) as file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        while piece := file.readline(PIECE):
            text = rest + piece
            end = len(text) if text.endswith(b"\n") or len(text) > MAX_ITEM else text.rfind(b">") + 1
            rest = text[end:]
            yield _decoded(text[:end], declared)
        yield _decoded(rest, declared)


def _decoded(text: bytes, declared: str | None) -> str:
    """In the declared encoding; what calls itself UTF-8 and is not, is read as the old systems' Windows-1252."""
    try:
        return text.decode(declared or "utf-8", errors="replace" if declared else "strict")
    except UnicodeDecodeError:
        return text.decode("cp1252", errors="replace")


def _is_utf16(source: Path) -> bool:
    with open_file(source) as file:
        return utf16(file.read(4)) is not None


def _declared(source: Path) -> str | None:
    """The codec of a declared encoding; None where it is UTF-8, unknown, or one whose lines cannot be told apart."""
    with open_file(source) as file:
        found = _ENCODING.match(file.read(512).lstrip())
    try:
        codec = codecs.lookup(found[1].decode("ascii")).name if found else "utf-8"
        return None if codec in ("utf-8", "ascii") or b"\n<".decode(codec) != "\n<" else codec
    except (LookupError, UnicodeDecodeError):
        return None


class _Cutter:
    """Cuts lines into items; holds no more than the item it is in."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._began = 0
        self._tag: str | None = None
        self._root: str | None = None
        self._tail = ""
        self.found = 0

    def pieces(self, texts: Iterator[str]) -> Iterator[_Piece | RowIssue]:
        number, prolog = 1, ""
        for line in texts:
            if not self.found and self._tag is None and len(prolog) < PROLOG:
                prolog += line
                if "<!DOCTYPE" in prolog or "<!ENTITY" in prolog:
                    yield _issue(number, "The XML has a DTD, which is not read.", "Export it without <!DOCTYPE …>.")
                    return
                self._root = self._root or _root(prolog)
            self._tail = (self._tail + line)[-200:]
            yield from self._line(number, line)
            number += line.endswith("\n")
        yield from self._end(number)

    def _line(self, number: int, line: str) -> Iterator[_Piece | RowIssue]:
        position = 0
        never: set[str | None] = set()
        while True:
            if self._tag is None:
                begin = _BEGIN.search(line, position)
                if begin is None:
                    return
                self._tag, self._began, position = begin[1], number, begin.start()
            end = None if self._tag in never else self._close(line, position)
            if end is None:
                never.add(self._tag)
            again = _BEGIN.search(line, position + 1 if not self._parts else position)
            if again is not None and again[1] == self._tag and (end is None or again.start() < end):
                # A new item begins within this one: its end was lost, and must not take the next one along.
                yield self._lost()
                position = again.start()
                self._began, self._parts, self._size = number, [], 0
                continue
            if end is None:
                self._keep(line[position:])
                return
            self._keep(line[position:end])
            yield self._whole()
            position = end

    def _close(self, line: str, position: int) -> int | None:
        """Where the item ends in this line."""
        mark = f"</{self._tag}"
        found = line.find(mark, position)
        while found >= 0:
            end = line.find(">", found)
            if end < 0:
                return None
            if not line[found + len(mark) : end].strip():
                return end + 1
            found = line.find(mark, found + 1)
        return None

    def _keep(self, text: str) -> None:
        self._size += len(text)
        if self._size <= MAX_ITEM:
            self._parts.append(text)
        else:
            self._parts.clear()

    def _whole(self) -> _Piece | RowIssue:
        text, size = "".join(self._parts), self._size
        self._parts, self._size, self._tag = [], 0, None
        self.found += 1
        if size > MAX_ITEM:
            return _issue(self._began, f"The item has {size} characters.", f"Keep an item within {MAX_ITEM}.")
        return _Piece(self._began, text)

    def _lost(self) -> RowIssue:
        return _issue(self._began, "The item is never closed; the next one begins within it.", "Close the item.")

    def _end(self, number: int) -> Iterator[RowIssue]:
        if self._tag is not None:
            yield self._break(self._began)
        elif self._root is None or f"</{self._root}" not in self._tail:
            yield self._break(number)

    def _break(self, line: int) -> BrokenOff:
        return BrokenOff(
            line=line,
            reason=f"The XML breaks off here; {self.found} items before it were read, none after it.",
            fix="Export the feed again, whole.",
        )


def _root(prolog: str) -> str | None:
    """The name of the outermost element, once its tag has been read."""
    found = re.search(r"<([A-Za-z_][\w.:-]*)[\s>]", prolog)
    return found[1] if found else None


def _issue(line: int, reason: str, fix: str) -> RowIssue:
    return RowIssue(line=line, reason=reason, fix=fix)


def _mended(text: str) -> str:
    """An item the parser will take: no namespaces, no illegal characters, every ampersand an entity XML knows."""
    text = _ILLEGAL.sub(" ", text)
    kept: list[str] = []
    position = 0
    for cdata in _CDATA.finditer(text):
        kept += (_plain(text[position : cdata.start()]), cdata[0])
        position = cdata.end()
    return "".join((*kept, _plain(text[position:])))


def _plain(text: str) -> str:
    text = _ATTRIBUTE_PREFIX.sub(r"\1\2", _PREFIX.sub(r"\1", text)) if ":" in text else text
    return _AMPERSAND.sub(_entity, text) if "&" in text else text


def _entity(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return found[0] if len(found[0]) > 1 else "&amp;"
    if name in _OWN_ENTITIES:
        return found[0]
    text = html.unescape(found[0])
    # One that HTML does not know either stays as the text it is.
    return f"&amp;{name};" if text == found[0] else html.escape(text)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2]


def _text(element: Element) -> str:
    return " ".join(filter(None, (part.strip() for part in element.itertext())))


def _detail(element: Element) -> tuple[str, str] | None:
    """Google's `product_detail`: an attribute's name and value."""
    parts = {_local(child.tag): _text(child) for child in element}
    name, value = parts.get("attribute_name"), parts.get("attribute_value")
    return (f"custom:{name}", value) if name and value else None


def _values(item: Element) -> dict[str, object]:
    values: dict[str, object] = {}
    for child in item[:MAX_FIELDS]:
        column = column_name(_local(child.tag))
        if column == "product_detail":
            detail = _detail(child)
            if detail:
                put(values, *detail)
        elif column == "link" and child.get("href"):
            put(values, "link", child.get("href", ""))
        elif not len(child) or column == "description":
            # Only a description may hold elements: XHTML. Others are groups, like a shipping price.
            put(values, column, _text(child))
    return values


def _own_names(item: Element) -> dict[str, object]:
    return {_local(child.tag): _text(child) for child in reversed(item[:MAX_FIELDS]) if not len(child)}


def _row(piece: _Piece, mapping: FeedMapping | None) -> RawRow | RowIssue:
    try:
        item = fromstring(_mended(piece.text), forbid_dtd=True)
    except ParseError as error:
        line, what = piece.line + error.position[0] - 1, str(error).partition(":")[0]
        reason = f"The item is no well-formed XML: {what} in line {line}."
        return _issue(piece.line, reason, "Close every element and quote.")
    except (DefusedXmlException, ValueError) as error:
        return _issue(piece.line, f"The item cannot be read: {error}.", "Export it as plain XML.")
    return RawRow(piece.line, mapped(mapping, _own_names(item)) if mapping else _values(item))


_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+)?html\b", re.IGNORECASE)


def read(source: Source, options: FeedOptions = DEFAULTS) -> RawRows:
    """Items of an XML feed, by Google Merchant's names or by those of the mapping in `options`.

    Raises: FeedNotFound, FeedUnreadable.
    """
    pieces = _pieces(source)
    first = next(pieces, "")
    if _PAGE.match(first):
        raise FeedUnreadable(
            "It is a web page, not a feed.",
            pointer="line 1",
            fix="Check the address in a browser: a page to sign in or of an error came in its place.",
        )
    for piece in _Cutter().pieces(chain([first], pieces)):
        yield piece if isinstance(piece, RowIssue) else _row(piece, options.mapping)
