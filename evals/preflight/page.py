"""What a reader and a mail client find in an HTML part, in one walk over the parsed document.

Parsed with Lexbor (selectolax), an HTML5 parser: what a pattern would take for text, a mail client might run.
Styles are read where css-inline puts them, in the tags; of style sheets only the dark-mode rules are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from evals.preflight.contrast import contrast_ratio
from evals.preflight.looks import Look, Spot, inside, top_of
from evals.text.keeping import once

HIDDEN_PIXELS = 2.0
"""Text this small is not meant to be read."""
HIDDEN_CONTRAST = 1.2
"""Text this close to its background is not meant to be read."""
_SILENT = frozenset(("head", "style", "script", "title", "noscript", "template"))
"""Elements whose own text is not shown."""
_NOTED = frozenset(("a", "area", "img", "table", "meta", "html"))
_INLINE = frozenset("a abbr b bdi code em font i ins del mark s small span strike strong sub sup tt u".split())
_CONDITION = "<!--[if "
_SETTINGS = re.compile(r"<(xml|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_MARKUP = re.compile(r"<[^>]*>")
_SPACERS = re.compile(r"(?:[^\S\n]|[\u00ad\u034f\u200b-\u200f\u2060\ufeff])+")
"""Characters that show nothing, as they fill up a preview line."""
_UNSEEN = "\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


Attributes = dict[str, str | None]
SPOKEN = frozenset(("alt", "title", "aria-label"))
"""Attributes that are read out or shown."""


class Run(NamedTuple):
    """A stretch of text in one look."""

    text: str
    look: Look
    link: int
    """Number of the link it stands in, -1 for none."""
    hides: str
    """How it is kept from the reader's eyes; empty when it can be seen."""
    first_in_body: bool = False
    """True for what stands before all other text: where a preview line is hidden."""


def _hides(look: Look) -> str:
    if look.hides:
        return look.hides
    if look.pixels <= HIDDEN_PIXELS:
        return f"a font of {look.pixels:g} px"
    return "the colour of its background" if contrast_ratio(look.color, look.background) < HIDDEN_CONTRAST else ""


@dataclass(slots=True)
class Link:
    """An anchor: where it leads, what a reader sees or hears of it."""

    href: str
    words: list[str] = field(default_factory=list)
    """Visible text, and the alt texts of images in it."""

    @property
    def name(self) -> str:
        """What a screen reader says."""
        return " ".join(" ".join(self.words).split())


class Image(NamedTuple):
    """A picture. `alt` is None where the attribute is missing; `decorative` when it is marked as such."""

    source: str
    alt: str | None
    decorative: bool


class Page:
    """A parsed HTML document. Lists are in document order."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tags: set[str] = set()
        self.attribute_names: set[str] = set()
        self.inline_styles: set[str] = set()
        self.spoken: set[str] = set()
        """Texts of attributes that are read out or shown."""
        self.root: Attributes = {}
        """Attributes of the html element."""
        self.frame: Attributes | None = None
        """Attributes of the body's first child, which remains where a client takes html and body away."""
        self.tables: list[Attributes] = []
        self.metas: list[Attributes] = []
        self.runs: list[Run] = []
        self.links: list[Link] = []
        self.images: list[Image] = []
        self.pieces: list[str] = []
        """Text that can be seen, with line breaks where boxes begin and end."""
        tree = LexborHTMLParser(source)
        self.styles = "\n".join(node.text() for node in tree.css("style"))
        title = tree.css_first("title")
        self.title = " ".join(title.text().split()) if title else ""
        if tree.root is not None:
            _Walk(self).visit(tree.root, top_of(self.styles), -1)

    @once
    def text(self) -> str:
        """Text that can be seen, without spacers, a line a box."""
        text = "".join(self.pieces)
        for char in _UNSEEN:
            text = text.replace(char, " ")
        return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))

    @once
    def preview(self) -> str:
        """The hidden words before all others, which inboxes show behind the subject; empty when there are none."""
        words = "".join(run.text for run in self.runs if run.first_in_body and run.hides)
        return _SPACERS.sub(" ", words).strip()

    @once
    def outlook_text(self) -> str:
        """Words that only Outlook for Windows would show: those inside conditional comments."""
        comments = {piece.partition("<![endif]")[0] for piece in self.source.split(_CONDITION)[1:]}
        inside = (piece.partition("]>")[2] for piece in comments)
        hinted = " ".join(sorted(body for body in inside if not body.startswith("<!-->")))
        return _words_of(hinted)


@lru_cache(maxsize=256)
def _words_of(markup: str) -> str:
    """The words in a piece of HTML for Outlook. Kept: a layout's e-mails share them."""
    return " ".join(unescape(_MARKUP.sub(" ", _SETTINGS.sub(" ", markup))).split())


class _Walk:
    """Fills a page. One visit an element; text is kept only where it holds more than spaces."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._began = False

    def visit(self, node: LexborNode, outer: Spot, link: int) -> None:
        """An element and everything in it; `link` is the number of the anchor it stands in, or -1."""
        page, tag, attributes = self._page, node.tag or "", node.attributes
        page.tags.add(tag)
        page.attribute_names.update(attributes)
        style = attributes.get("style") or ""
        if "bgcolor" in attributes or "hidden" in attributes:
            style = _style_text(style, attributes)
        spot = inside(outer, tag, attributes.get("class") or "", style)
        if tag in _NOTED or (page.frame is None and "body" in page.tags):
            link = self._note(tag, attributes, link)
        if style:
            page.inline_styles.add(style)
        if not SPOKEN.isdisjoint(attributes):
            page.spoken.update(text for name in SPOKEN if (text := attributes.get(name)))
        edge = "" if tag in _INLINE else "\n"
        page.pieces.append(edge)
        for child in node.iter(include_text=True):
            if child.tag == "-text":
                if tag not in _SILENT:
                    self._read(child.text_content or "", spot.look, link)
            elif child.tag != "-comment":
                self.visit(child, spot, link)
        page.pieces.append(edge)

    def _note(self, tag: str, attributes: Attributes, link: int) -> int:
        """Keep what rules ask for; the number of the link that stands around what follows."""
        page = self._page
        if tag in ("a", "area"):
            page.links.append(Link(attributes.get("href") or "", [attributes.get("alt") or ""]))
            link = len(page.links) - 1
        elif tag == "img":
            self._see(attributes, link)
        elif tag == "table":
            page.tables.append(attributes)
        elif tag == "meta":
            page.metas.append(attributes)
        elif tag == "html":
            page.root = attributes
        if page.frame is None and "body" in page.tags and tag != "body":
            page.frame = attributes
        return link

    def _see(self, attributes: Attributes, link: int) -> None:
        alt = attributes["alt"] or "" if "alt" in attributes else None
        marked = attributes.get("role") in ("presentation", "none") or attributes.get("aria-hidden") == "true"
        self._page.images.append(Image(attributes.get("src") or "", alt, marked))
        if link >= 0:
            self._page.links[link].words.append(alt or "")

    def _read(self, text: str, look: Look, link: int) -> None:
        if text.isspace():
            self._page.pieces.append(" ")
            return
        run = Run(text, look, link, _hides(look), not self._began)
        self._page.runs.append(run)
        if run.hides:
            return
        self._began = True
        self._page.pieces.append(text)
        if link >= 0:
            self._page.links[link].words.append(text)


def _style_text(style: str, attributes: Attributes) -> str:
    """The style attribute, behind what older attributes say (which it overrides)."""
    if "bgcolor" in attributes:
        style = f"background-color:{attributes['bgcolor']};{style}"
    return f"display:none;{style}" if "hidden" in attributes else style
