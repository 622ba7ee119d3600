"""What a reader and a mail client find in an HTML part: text, links, images, language.

Parsed with Lexbor (selectolax): the standard library's parser takes as long for one e-mail as all block checks.
"""

from __future__ import annotations

from functools import cached_property

from selectolax.lexbor import LexborHTMLParser

_SILENT = ["style", "script", "head", "title"]


class Page:
    """A parsed HTML document. Lists are in document order."""

    def __init__(self, source: str) -> None:
        tree = LexborHTMLParser(source)
        root = tree.css_first("html")
        title = tree.css_first("title")
        self.language = (root.attributes.get("lang") or "") if root else ""
        self.title = title.text() if title else ""
        self.links: list[tuple[str, str]] = [
            (node.attributes.get("href") or "", " ".join(node.text().split())) for node in tree.css("a")
        ]
        """(href, visible text) of each anchor."""
        self.images: list[tuple[str, str | None]] = [
            (node.attributes.get("src") or "", _alt(node.attributes)) for node in tree.css("img")
        ]
        """(src, alt) of each image; alt is None where the attribute is missing."""
        self._tree = tree

    @cached_property
    def text(self) -> str:
        """Text outside head, style and script, one line an element."""
        self._tree.strip_tags(_SILENT)
        body = self._tree.body
        lines = (" ".join(line.split()) for line in (body.text(separator="\n") if body else "").split("\n"))
        return "\n".join(line for line in lines if line)


def _alt(attributes: dict[str, str | None]) -> str | None:
    """An empty alt is an answer (decoration); a missing one is not."""
    return attributes["alt"] or "" if "alt" in attributes else None
