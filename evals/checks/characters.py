"""Characters that hide, garble or disguise text.

Unicode TR36 and TR39 describe the attacks; the emoji exceptions follow TR51 (a joiner or variation selector
is legal inside an emoji, tag characters only in subdivision flags, which no shop needs).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.world import World

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060-\u2064\ufeff\u180e\u115f\u1160\u3164\uffa0]")
_BIDI = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_TAGS = re.compile("[\U000e0000-\U000e007f\ue000-\uf8ff]+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MOJIBAKE = re.compile("\ufffd|â€|Ã[\u0080-\u00bf©¨¤¶¼±³º¡]|Â[\u00a0-\u00bf]|ï»¿")
_EMOJI_BASE = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f]")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
MAX_MARKS = 2


def _invisible_spans(source: str) -> Iterator[re.Match[str]]:
    """Zero-width characters that do not join two emoji."""
    for match in _INVISIBLE.finditer(source):
        around = source[match.start() - 1 : match.start()], source[match.end() : match.end() + 1]
        if not (match.group() == "\u200d" and all(_EMOJI_BASE.match(char) for char in around)):
            yield match


def _in_canonical(passage: Passage, start: int, end: int) -> tuple[int, int]:
    """A source range as a range of the canonical text."""
    origin = passage.canonical.origin
    if origin is None:
        return start, end
    first = next((at for at, place in enumerate(origin) if place >= start), len(origin))
    last = next((at for at, place in enumerate(origin) if place >= end), len(origin))
    return first, last


@rule("chars.garbled", when=has(Sign.EXOTIC, Sign.UNPRINTED, marks="âãï"))
def garbled(passage: Passage, world: World) -> Iterable[Finding]:
    """Characters that hide, reverse, disguise or garble letters."""
    yield from _control(passage)
    if not passage.source.isascii():
        for look in (_invisible, _bidi, _tags, _broken, _mixed_script):
            yield from look(passage)


def _invisible(passage: Passage) -> Iterable[Finding]:
    """Zero-width characters outside emoji: stripped."""
    spans = list(_invisible_spans(passage.source))
    if spans:
        drop = {match.start() for match in spans}
        cleaned = "".join(char for at, char in enumerate(passage.source) if at not in drop)
        yield Finding(
            _in_canonical(passage, *spans[0].span()),
            "It holds characters nobody can see, which can hide words from filters and readers.",
            repaired=cleaned,
        )


def _bidi(passage: Passage) -> Iterable[Finding]:
    """Characters that turn the reading direction around."""
    if match := _BIDI.search(passage.source):
        yield Finding(_in_canonical(passage, *match.span()), "It holds characters that reverse the reading direction.")


def _tags(passage: Passage) -> Iterable[Finding]:
    """Tag and private-use characters: invisible letters."""
    if match := _TAGS.search(passage.source):
        yield Finding(_in_canonical(passage, *match.span()), "It holds hidden tag or private-use characters.")


def _control(passage: Passage) -> Iterable[Finding]:
    """Control characters other than the line feed and the tab."""
    if match := _CONTROL.search(passage.source):
        yield Finding(_in_canonical(passage, *match.span()), "It holds control characters.")


def _broken(passage: Passage) -> Iterable[Finding]:
    """Mojibake (text decoded with the wrong character set) and stacked combining marks."""
    if match := _MOJIBAKE.search(passage.source):
        yield Finding(_in_canonical(passage, *match.span()), "Its letters were garbled on the way.")
    marks = 0
    for at, char in enumerate(unicodedata.normalize("NFC", passage.source)):
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks > MAX_MARKS:
            yield Finding(_in_canonical(passage, at, at + 1), "Letters carry piles of accents.")
            return


def _mixed_script(passage: Passage) -> Iterable[Finding]:
    """A word whose letters come from two alphabets: a lookalike."""
    for token in passage.tokens:
        scripts = set() if token.surface.isascii() else {_script(char) for char in token.surface if char.isalpha()}
        if len(scripts & set(_SCRIPTS)) > 1:
            yield Finding((token.start, token.end), f"“{token.surface}” mixes letters of two alphabets.")


def _script(char: str) -> str:
    return unicodedata.name(char, "?").split(" ")[0]
