"""JSON as shops export it: one object a line, one array, pages of an API. Never held whole.

A file of lines is read by lines. Anything else, also two gigabytes on a single line, is cut into its items by
following its brackets, so that each item is parsed alone and a broken one costs only itself.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from store.files.issues import BrokenOff, RowIssue
from store.files.source import MAX_LINE, Source, open_file, text_lines, utf16

PIECE = 1 << 16
MAX_ITEM = 1 << 21
"""Characters of one item; what is longer is no record of a shop and is skipped."""
ENVELOPES = frozenset({"customers", "data", "included", "items", "orders", "products", "results"})
"""Keys of an outer object under which APIs put the items of a page."""

_TOKEN = re.compile(
    r'"(?:[^"\\\n]|\\.)*+(?:"|\\?\Z|(?=\n))|[{}\[\]]'
    # Comments are no JSON, and what is commented out is not for sale. The one in `https://` begins behind a colon.
    r"|(?<![^\s,{}\[\]])/(?:/[^\n]*+|\*(?:[^*]|\*(?!/))*+(?:\*/|\*?\Z)|\Z)",
    re.DOTALL,
)
_PAGE = re.compile(rf'"(?:{"|".join(sorted(ENVELOPES))})"\s*:\s*\[\s*(?:\{{|\])')
_FIX = "Write one JSON object a line, or an array of objects."


class Item(NamedTuple):
    """One object and the line it begins in."""

    line: int
    values: dict[str, Any]


Items = Iterator[Item | RowIssue]


def items(source: Source) -> Items:
    """Every item of a JSON file: of lines, of an array, or of the page objects of an API.

    Raises: FileMissing, FileUnreadable.
    """
    if _is_lines(source := _kept(source)):
        yield from _line_items(source)
    else:
        yield from _Cutter().items(_pieces(source))


def _kept(source: Source) -> Source:
    """A file, or lines that can be gone through twice."""
    return source if isinstance(source, Path) else list(source)


def item(text: str) -> Item | RowIssue:
    """`text` as one item, whatever its keys."""
    return _parsed(1, text)


def _is_lines(source: Source) -> bool:
    """Whether the file has an object a line: one of its first lines is a whole one, and no page of an API."""
    first = next((text for line in text_lines(source) if (text := line.strip()) and not text.startswith("//")), "")
    if first.startswith("[") or _PAGE.search(first, 0, PIECE):
        return False
    # A line that goes on below is one of a document that is written over several; a broken line is named as one.
    return len(first) > PIECE or not first.endswith(("{", "[", ",", ":"))


def _line_items(source: Source) -> Items:
    broken: RowIssue | None = None
    for number, line in enumerate(text_lines(source), start=1):
        # Who cut an array into lines leaves its commas behind.
        text = line if len(line) > MAX_LINE else line.strip().removesuffix(",")
        if not text or text.startswith("//"):
            continue
        if broken is not None:
            yield broken
        found = _parsed(number, text)
        open_ = text.startswith("{") and not text.endswith(("}", "\n"))
        broken = found if open_ and isinstance(found, RowIssue) else None
        if broken is None:
            yield found
    if broken is not None:
        yield BrokenOff(line=broken.line, reason=f"The JSON breaks off here. {broken.reason}", fix=broken.fix)


def _parsed(line: int, text: str) -> Item | RowIssue:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if len(text) >= MAX_LINE:
            return RowIssue(
                line=line,
                reason=f"The line is longer than {MAX_LINE >> 20} MiB; no more of it was read.",
                fix="Shorten its texts: nobody reads a description that long.",
            )
        return RowIssue(line=line, reason=f"Not JSON: {error}.", fix=_FIX)
    if not isinstance(document, dict):
        return RowIssue(line=line, reason="Not a JSON object.", fix=_FIX)
    return Item(line, document)


def _pieces(source: Source) -> Iterator[str]:
    """Text in pieces of bounded length, whatever its lines. JSON is UTF-8 (RFC 8259), or names itself by its mark."""
    if not isinstance(source, Path):
        yield from text_lines(source)
        return
    with open_file(source) as file:
        start = file.read(PIECE)
        decoder = codecs.getincrementaldecoder(utf16(start) or "utf-8-sig")(errors="replace")
        while start:
            yield decoder.decode(start)
            start = file.read(PIECE)
        yield decoder.decode(b"", final=True)


class _Cutter:
    """Follows brackets and strings through the pieces; holds no more than the item it is in."""

    def __init__(self) -> None:
        self._open: list[str] = []
        """The brackets that are open, outermost first."""
        self._depth: int | None = None
        """How many brackets were open where the item began; None between items."""
        self._key = ""
        """The last string seen: before a bracket, the key of what it holds."""
        self._parts: list[str] = []
        """The text of the item so far, and its length; a page of an API looks like an item until its list begins."""
        self._size = 0
        self._line = 1
        self._began = 1
        self._rest = ""

    def items(self, pieces: Iterator[str]) -> Items:
        for piece in pieces:
            yield from self._take(self._rest + piece)
        yield from self._take(self._rest, final=True)
        if self._open:
            yield BrokenOff(line=self._line, reason="The JSON breaks off here.", fix="Export it again, whole.")

    def _take(self, text: str, final: bool = False) -> Items:
        """Go through `text`; what is left of a string at its end waits for the next piece."""
        begin = counted = 0
        end = len(text)
        for token in _TOKEN.finditer(text):
            mark = token[0]
            if token.end() == end and not final and _is_open(mark):
                end = token.start()
                break
            if mark[0] == "/":
                continue
            if len(mark) > 1 or mark == '"':
                self._key = mark[1:-1]
            elif mark in "{[":
                if self._enters(mark):
                    begin = token.start()
                    self._began = self._line + text.count("\n", counted, begin)
            elif self._leaves():
                self._keep(text[begin : token.end()])
                yield self._item()
        if self._depth is not None:
            self._keep(text[begin:end])
        self._line += text.count("\n", counted, end)
        self._rest = text[end:]

    def _enters(self, mark: str) -> bool:
        """Open a bracket: whether an item begins with it."""
        level = len(self._open)
        if mark == "[" and self._depth is not None and level == self._depth + 1 and self._key in ENVELOPES:
            # What looked like an item is the page around the items.
            self._depth, self._parts, self._size = None, [], 0
        listed = level == 0 or self._open[-1] == "["
        self._open.append(mark)
        if mark == "{" and listed and self._depth is None:
            self._depth = level
            return True
        return False

    def _leaves(self) -> bool:
        """Close a bracket: whether an item ends with it."""
        if self._open:
            self._open.pop()
        if self._depth is None or len(self._open) > self._depth:
            return False
        self._depth = None
        return True

    def _keep(self, text: str) -> None:
        self._size += len(text)
        if self._size <= MAX_ITEM:
            self._parts.append(text)
        else:
            self._parts.clear()

    def _item(self) -> Item | RowIssue:
        text, size = "".join(self._parts), self._size
        self._parts, self._size = [], 0
        if size > MAX_ITEM:
            return RowIssue(
                line=self._began, reason=f"The object has {size} characters.", fix=f"Keep one within {MAX_ITEM}."
            )
        return _parsed(self._began, text)


def _is_open(mark: str) -> bool:
    """Whether a token at the end of a piece is the beginning of a string or of a comment only."""
    if mark[0] == "/":
        return len(mark) <= MAX_ITEM and (not mark.startswith("/*") or not mark.endswith("*/") or len(mark) < 4)
    if mark[0] != '"' or len(mark) > MAX_ITEM:
        return False
    return len(mark) == 1 or mark[-1] != '"' or (len(mark) - 1 - len(mark[:-1].rstrip("\\"))) % 2 == 1
