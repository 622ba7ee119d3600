"""HTML by stencil: e-mails of one shape differ in their words alone, so all that stands around these is rendered once.

A shape is which words there are, not what they say: how many products and paragraphs, whether there is an offer. What
is rendered for it holds marks where the words go; an e-mail of that shape is the words put between the pieces. A
stencil is used only where it was seen to give the very bytes of a whole rendering, for words full of what has to be
escaped; a layout that does more with words than put them out, or ask whether there are any, gets none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple, NoReturn

from markupsafe import escape

Render = Callable[[Mapping[str, Any]], str]

SPACER = "preheader_spacer"
"""The one number that is no part of a shape: how often the preheader's invisible filling is repeated."""
_SHAPES = 256
"""Stencils kept for one frame, at some 40 KB each."""
_MARK = re.compile("\ue000(\\d+)\ue001|(\ue002)")
_FILLING = "\ue002"
_UNUSUAL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]|\A\s*\Z")
"""What an HTML parser does not hand on as it is."""
_ASKS_FOR_VALUES = re.compile(r"\[(?:href|src|alt|title)\b")
"""A style that depends on what an attribute says."""
_PROBE = "{0}&amp;<b>\"'\xa0é{0}"


class _Slot:
    """Stands for a word while a template is filled: it may be put out, or asked whether it is there, and no more."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def __html__(self) -> str:
        return self._mark

    def __bool__(self) -> bool:
        return True

    def _refuse(self, *_: object) -> NoReturn:
        raise _MoreThanPutOut

    __str__ = __format__ = __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = _refuse
    __getattr__ = __getitem__ = __contains__ = __len__ = __iter__ = __add__ = __radd__ = __mod__ = _refuse
    __hash__ = None  # type: ignore[assignment]


class _MoreThanPutOut(Exception):
    """A layout looked into a word: what it makes of it cannot be known beforehand."""


class Stencils:
    """What was rendered so far for one frame: the layout with one brand and language."""

    def __init__(self, render: Render, frame: Mapping[str, Any]) -> None:
        """`render` makes the whole HTML of `frame` and an e-mail's own values."""
        self._render = render
        self._frame = frame
        self._known: dict[Any, _Stencil | None] = {}

    def html(self, own: Mapping[str, Any]) -> str:
        """The HTML of one e-mail; `own` are its values: words, whether and how many, nested in lists and mappings."""
        words: list[str] = []
        shape = _shape({name: value for name, value in own.items() if name != SPACER}, words)
        if any(map(_UNUSUAL.search, words)):
            return self._whole(own)
        if shape not in self._known:
            if len(self._known) >= _SHAPES:
                self._known.pop(next(iter(self._known)))
            self._known[shape] = self._cut(own, len(words))
        stencil = self._known[shape]
        return self._whole(own) if stencil is None else stencil.filled(words, own[SPACER])

    def _whole(self, own: Mapping[str, Any]) -> str:
        return self._render({**self._frame, **own})

    def _cut(self, own: Mapping[str, Any], words: int) -> _Stencil | None:
        """The stencil of this e-mail's shape; None where there can be none."""
        try:
            bare, padded = (self._whole(_marked(own) | {SPACER: times}) for times in (0, 1))
        except (_MoreThanPutOut, TypeError):
            # A TypeError: what was done with a word is something that only a string can do.
            return None
        if _ASKS_FOR_VALUES.search(bare):
            return None
        stencil = _Stencil.of(*_with_filling(bare, padded))
        probes = [_PROBE.format(number) for number in range(words)]
        expected = self._whole(_worded(own, iter(probes)) | {SPACER: 2})
        return stencil if stencil.filled(probes, 2) == expected else None


class _Hole(NamedTuple):
    place: int
    """Among the pieces."""
    word: int
    written: Callable[[str], str]


class _Stencil(NamedTuple):
    """The HTML around the words of one shape."""

    pieces: list[str]
    """In order, empty where a word goes."""
    holes: list[_Hole]
    padding: int | None
    """The piece that is the preheader's filling; None where the layout has none."""
    filling: str

    @classmethod
    def of(cls, html: str, filling: str) -> _Stencil:
        """`html` with marks where words and the filling go."""
        pieces: list[str] = []
        holes: list[_Hole] = []
        padding, end = None, 0
        for mark in _MARK.finditer(html):
            pieces += [html[end : mark.start()], ""]
            end = mark.end()
            if mark[2]:
                padding = len(pieces) - 1
            else:
                holes.append(_Hole(len(pieces) - 1, int(mark[1]), _writing(html, mark.start())))
        return cls([*pieces, html[end:]], holes, padding, filling)

    def filled(self, words: list[str], padding: int) -> str:
        """With these words in the holes."""
        pieces = self.pieces.copy()
        for place, word, written in self.holes:
            pieces[place] = written(words[word])
        if self.padding is not None:
            pieces[self.padding] = self.filling * padding
        return "".join(pieces)


def _shape(value: Any, words: list[str]) -> Any:
    """Hashable: equal for values that differ in their words alone, which are added to `words` in order."""
    if isinstance(value, str):
        if value:
            words.append(value)
        return bool(value)
    if isinstance(value, Mapping):
        return tuple([(name, _shape(inner, words)) for name, inner in value.items()])
    if isinstance(value, list):
        return tuple([_shape(inner, words) for inner in value])
    # A number or truth is what it is, and none of the booleans that stand for words.
    return (value,)


def _marked(own: Mapping[str, Any]) -> dict[str, Any]:
    """The values with a slot in place of each word."""
    numbers = count()
    return _worded(own, (_Slot(f"\ue000{number}\ue001") for number in numbers))


def _worded(own: Mapping[str, Any], words: Iterator[Any]) -> dict[str, Any]:
    """The values with these words, in the order of `_shape`."""
    return {name: value if name == SPACER else _with_words(value, words) for name, value in own.items()}


def _with_words(value: Any, words: Iterator[Any]) -> Any:
    if isinstance(value, str):
        return next(words) if value else value
    if isinstance(value, Mapping):
        return {name: _with_words(inner, words) for name, inner in value.items()}
    return [_with_words(inner, words) for inner in value] if isinstance(value, list) else value


def _with_filling(bare: str, padded: str) -> tuple[str, str]:
    """The HTML without filling, with a mark where it goes, and one piece of it: what the two differ in."""
    longer = len(padded) - len(bare)
    if longer <= 0:
        return bare, ""
    at = next((place for place, (one, other) in enumerate(zip(bare, padded, strict=False)) if one != other), len(bare))
    return bare[:at] + _FILLING + bare[at:], padded[at : at + longer]


def _writing(html: str, at: int) -> Callable[[str], str]:
    """How a word is written at this place, as HTML is serialised (WHATWG HTML, 13.3)."""
    if html.rfind("<!--", 0, at) > html.rfind("-->", 0, at):
        return _in_comment
    return _in_attribute if html.rfind("<", 0, at) > html.rfind(">", 0, at) else _in_text


def _in_text(word: str) -> str:
    return word.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace("<", "&lt;").replace(">", "&gt;")


def _in_attribute(word: str) -> str:
    return word.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace('"', "&quot;")


def _in_comment(word: str) -> str:
    """Nothing in a comment is read as HTML: it stays as the template wrote it."""
    return str(escape(word))
