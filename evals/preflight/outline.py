"""Pages of one layout read once: what differs between two e-mails is their words and where their links lead.

Parsing and walking an HTML part takes longer than all rules on it. But the e-mails of a campaign have the same tags in
the same order, and what HTML makes of tags does not depend on the words between them (HTML living standard, 13.2.6:
tree construction tells character tokens apart only by whether they are white space). So the words, the addresses of
links and pictures and their alt texts and titles are taken out, what is left is parsed once, and the words are put
back into what was found. A page of which this cannot be said for sure is parsed as it is.

What is left of one page also tells where the words of the next one stand: between the same pieces of markup.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from html.entities import html5

from evals.preflight.page import Link, Page

OPEN, VALUE, CLOSE = "\ue000", "\ue003", "\ue001"
"""Around the number of words, or of an attribute's value, that were taken out: private characters, which no e-mail of
ours may hold."""
_SPACES = " \t\n\f"
"""White space as HTML knows it. What else Python takes for it (U+00A0) is text there."""
_TITLE = re.compile(r"(?<=<title>)[^<>]+(?=</title>)")
_LINK, _PICTURE = re.compile(r"<a\s[^<>]*"), re.compile(r"<img\s[^<>]*")
_LABELLED = re.compile(r"<div\s(?:[^<>]*\s)?aria-label=[^<>]*")
"""The body's first element is labelled with the subject, which is another in every e-mail."""
_WORDS = re.compile(r">(\s*)([^\s<>][^<>]*)(?=<)")
_VALUE = re.compile(r" (href|src|alt|title|aria-label)=\"([^\"]+)\"")
_REFERENCE = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]*;)|#[1-9]\d{1,4};|#x[1-9A-Fa-f][0-9A-Fa-f]{1,4};)?")
_WORDS_SLOT, _VALUE_SLOT = re.compile(f"{OPEN}(\\d+){CLOSE}"), re.compile(f"{VALUE}(\\d+){CLOSE}")
_SLOT = re.compile(f"[{OPEN}{VALUE}](\\d+){CLOSE}")
_CUT = re.compile(f"([{OPEN}{VALUE}])(\\d+){CLOSE}")
_BREAKS = re.compile(r"[^\S\n]*\n\s*")
_COMMENT = "<\ue002>"
"""Stands for a comment while words are taken out."""
_UNSURE = ("\x00", "\r", OPEN, VALUE, CLOSE, _COMMENT)
"""Characters that a parser reads in a way of its own, and our marks."""
_OTHERWISE = frozenset("pre textarea listing frameset plaintext script noscript template select svg math".split())
"""Elements in which what stands between tags is more than words, or tags are no tags."""


_ODD = f"<>\x00\r{OPEN}{VALUE}{CLOSE}"
_ORDINARY = {
    OPEN: re.compile(rf"[^\s{_ODD}][^{_ODD}]*"),
    VALUE: re.compile(rf"[^\"{_ODD}]+"),
}
"""What `_outline` takes out whole, wherever it stands."""
_COUNTS, _ALIKE = 64, 8
"""Layouts kept: so many numbers of tags, so many layouts of each."""


def page_of(source: str) -> Page:
    """A page as `Page(source)` finds it, in a fraction of the time where one of its layout was read before."""
    tags = source.count("<")
    for layout in _layouts.get(tags, ()):
        said = layout.words_in(source)
        if said is not None:
            return _filled(layout.model, source, said)
    if any(mark in source for mark in _UNSURE):
        return Page(source)
    taken: list[str] = []
    outline = _outline(source, taken)
    model = _model(outline, len(taken))
    if model is None:
        return Page(source)
    _keep(_layout_of(outline, model), tags)
    return _filled(model, source, taken)


@dataclass(frozen=True, slots=True)
class _Gap:
    """Where words or a value stand in a layout: before which piece of markup, of which the first mark ends them."""

    number: int
    ordinary: re.Pattern[str]
    mark: str
    spaces: int
    """How many stand between the words and the mark."""
    piece: str


@dataclass(frozen=True, slots=True)
class _Layout:
    """An outline, cut where words were taken out of it."""

    model: Page
    start: str
    gaps: Sequence[_Gap]

    def words_in(self, source: str) -> list[str] | None:
        """What `_outline` takes out of a source; None when this is not its outline, or that is not sure."""
        if not source.startswith(self.start):
            return None
        at, taken = len(self.start), [""] * len(self.gaps)
        for gap in self.gaps:
            end = source.find(gap.mark, at) - gap.spaces
            words = source[at:end] if end > at and source.startswith(gap.piece, end) else ""
            said = _said(words) if gap.ordinary.fullmatch(words) else ""
            if not said:
                return None
            taken[gap.number] = said
            at = end + len(gap.piece)
        return taken if at == len(source) else None


_layouts: dict[int, deque[_Layout]] = {}
"""By their number of tags, the latest first."""


def _keep(layout: _Layout, tags: int) -> None:
    if len(_layouts) >= _COUNTS and tags not in _layouts:
        _layouts.clear()
    _layouts.setdefault(tags, deque(maxlen=_ALIKE)).appendleft(layout)


def _layout_of(outline: str, model: Page) -> _Layout:
    start, *rest = _CUT.split(outline)
    gaps = [
        _Gap(
            number=int(number),
            ordinary=_ORDINARY[kind],
            mark='"' if kind == VALUE else "<",
            spaces=0 if kind == VALUE else len(piece) - len(piece.lstrip(_SPACES)),
            piece=piece,
        )
        for kind, number, piece in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    ]
    return _Layout(model, start, gaps)


def _outline(source: str, taken: list[str]) -> str:
    """The source without its words, which are put into `taken`. Of the head only the title has any."""
    head, end, body = source.rpartition("</style>")
    first, *others = body.split("<!--")
    comments, rests = [], [first]
    for other in others:
        comment, close, rest = other.partition("-->")
        comments.append(f"<!--{comment}{close}")
        rests.append(rest)
    bare = _without_words(_COMMENT.join(rests), taken).split(_COMMENT)
    pieces = (piece for pair in zip(bare, (*comments, ""), strict=True) for piece in pair)
    return "".join((_TITLE.sub(lambda match: _taken(match[0], taken), head), end, *pieces))


def _without_words(body: str, taken: list[str]) -> str:
    """A body without comments. Patterns for each kind of thing: one for all takes five times as long."""
    for pattern in (_LINK, _PICTURE, _LABELLED):
        body = pattern.sub(lambda tag: _VALUE.sub(lambda value: _with_value(value, taken), tag[0]), body)
    return _WORDS.sub(lambda match: f">{match[1]}{_words_taken(match[2], taken)}", body)


def _with_value(value: re.Match[str], taken: list[str]) -> str:
    return f' {value[1]}="{_taken(value[2], taken, VALUE)}"'


def _words_taken(words: str, taken: list[str]) -> str:
    core = words.rstrip(_SPACES)
    return _taken(core, taken) + words[len(core) :]


def _taken(text: str, taken: list[str], mark: str = OPEN) -> str:
    """Takes a text out and gives what stands for it; the text itself where it may be more than words."""
    said = _said(text)
    if not said:
        return text
    taken.append(said)
    return f"{mark}{len(taken) - 1}{CLOSE}"


def _said(text: str) -> str:
    """A text as it is read; empty where it may be more than words."""
    said = _decoded(text) if "&" in text else text
    return "" if not said or said.isspace() or said[0] in _SPACES or said[-1] in _SPACES else said


@lru_cache(maxsize=1024)
def _decoded(text: str) -> str:
    """A text with its character references resolved; empty where parsers may resolve them in more than one way."""
    references = _REFERENCE.finditer(text)
    plain = all(match[0] != "&" and (match[1] is None or match[1] in html5) for match in references)
    return unescape(text) if plain else ""


@lru_cache(maxsize=128)
def _model(outline: str, taken: int) -> Page | None:
    """An outline as a page; None when words do not come up as words, or values not as what they are the values of."""
    page = Page(outline)
    page.pieces = [_BREAKS.sub("\n", "".join(page.pieces))]
    texts = [page.title, *(run.text for run in page.runs)]
    values = [*(link.href for link in page.links), *(image.source for image in page.images)]
    alts = {image.alt for image in page.images}
    values += [*filter(None, (image.alt for image in page.images)), *(page.spoken - alts)]
    found = Counter(int(number) for text in texts for number in _WORDS_SLOT.findall(text))
    found.update(int(match[1]) for match in map(_VALUE_SLOT.fullmatch, values) if match)
    fixed = [page.styles, page.outlook_text, *page.inline_styles, *map(str, (page.root, *page.tables, *page.metas))]
    sure = found == Counter(range(taken)) and not any(map(_SLOT.search, fixed))
    return page if sure and page.tags.isdisjoint(_OTHERWISE) else None


def _filled(model: Page, source: str, taken: Sequence[str]) -> Page:
    """The page of a model with the words of one e-mail."""

    def fill(text: str) -> str:
        return _SLOT.sub(lambda match: taken[int(match[1])], text) if CLOSE in text else text

    page = copy(model)
    page.source = source
    page.title = " ".join(fill(model.title).split())
    if model.frame:
        page.frame = {name: value and fill(value) for name, value in model.frame.items()}
    page.spoken = set(map(fill, model.spoken))
    page.runs = [run._replace(text=fill(run.text)) for run in model.runs]
    page.links = [Link(fill(link.href), list(map(fill, link.words))) for link in model.links]
    page.images = [
        image._replace(source=fill(image.source), alt=image.alt and fill(image.alt)) for image in model.images
    ]
    page.pieces = list(map(fill, model.pieces))
    return page
