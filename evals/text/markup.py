"""What a reader and a mail client find in an HTML part: text, links, images, language."""

from __future__ import annotations

from functools import cached_property
from html.parser import HTMLParser

_SILENT = frozenset(("style", "script", "head", "title"))
_BLOCKS = frozenset(("p", "div", "tr", "td", "table", "h1", "h2", "h3", "h4", "li", "br", "section", "body"))


class Page(HTMLParser):
    """A parsed HTML document. Lists are in document order."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language = ""
        self.title = ""
        self.links: list[tuple[str, str]] = []
        """(href, visible text) of each anchor."""
        self.images: list[tuple[str, str | None]] = []
        """(src, alt) of each image; alt is None where the attribute is missing."""
        self._silent: list[str] = []
        self._pieces: list[str] = []
        self._anchor: list[str] | None = None
        self.feed(source)
        self.close()

    @cached_property
    def text(self) -> str:
        """Text outside head, style and script, one line a block element."""
        lines = (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        return "\n".join(line for line in lines if line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.language = values.get("lang") or ""
        if tag in _SILENT:
            self._silent.append(tag)
        if tag == "img":
            self.images.append((values.get("src") or "", values.get("alt") if "alt" in values else None))
        if tag == "a":
            self._anchor = []
            self.links.append((values.get("href") or "", ""))
        if tag in _BLOCKS:
            self._pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            self._silent.remove(tag)
        if tag == "a" and self._anchor is not None and self.links:
            self.links[-1] = (self.links[-1][0], " ".join("".join(self._anchor).split()))
            self._anchor = None
        if tag in _BLOCKS:
            self._pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if "title" in self._silent:
            self.title += data
        if self._silent:
            return
        self._pieces.append(data)
        if self._anchor is not None:
            self._anchor.append(data)
