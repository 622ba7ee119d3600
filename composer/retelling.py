"""Which turn of phrase fits the sentence that describes a product, and how much of it is told.

A small model keeps to a sentence whose words it may copy in their order, and errs where it has to build one: "with a
cup after supper" for "for the cup after supper". So it is asked for no more than a frame around the words as they
are, and only for a frame that they fit. Where none fits, the template quotes the sentence itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from composer.grounding import number_of

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*")
_ARTICLE = re.compile(r"an? ", re.IGNORECASE)
_MADE = re.compile(
    r"(?:[\w-]+ed|[\w-]*(?:thrown|sewn|woven|spun|cut|cast|built|bound|blown|grown))"
    r" (?:in|at|by|from|with|over|on|for|near) ",
    re.IGNORECASE,
)
"""A description without its subject: "Hand-thrown in Stoke …", but not "Hand-rolled green tea …"."""
_HAS = re.compile(r"^[^,;:]*? with (?=an? |two |three |four )")
_DOES = re.compile(r"^(?:(?! (?:with|for|from|at|on) )[^;:])*? (?:that|which) (?=[a-z]+s\b)")
_APART = re.compile(r", (?!(?:which|and|or|so|but)\b)")
"""What follows it may be about the product: "a raised rim, flat in the middle" tells of no rim."""
_NO_VERBS = frozenset("is was has this its as us".split())
VARIANTS = 3
"""Turns of phrase of `pitch.meet`."""


class Frame(NamedTuple):
    """A prompt by name, and what it is told of the product."""

    prompt: str
    about: str
    variant: int = 0


def frames_for(name: str, about: str) -> tuple[Frame, ...]:
    """Those that fit, in a fixed order; none for a sentence that is best left as it is.

    `name` as it is said, without its article; `about` one sentence.
    """
    if number_of(name.casefold()) is not False or "," in name:
        # "the Skillet, 20 cm, is": the model says "the Skillet", and nobody knows which.
        return ()
    if says_name(name, about):
        return tuple(_without_name(about))
    if _ARTICLE.match(about):
        return (Frame("pitch.plain", about), *(Frame("pitch.meet", about, variant) for variant in range(VARIANTS)))
    return (Frame("pitch.plain", about),) if _MADE.match(about) else ()


def says_name(name: str, about: str) -> bool:
    """Whether a sentence begins by saying the whole name: "the Fig Leaf Candle is a fig leaf candle" says it twice."""
    words = [word.casefold() for word in _WORD.findall(name)]
    first = [word.casefold() for word in _WORD.findall(about)][: len(words) + 4]
    return set(words) <= {part for word in first for part in (word, *word.split("-"))}


def _without_name(about: str) -> list[Frame]:
    """`smells of the bark.` of `A candle that smells of the bark.`; empty where no clause can stand alone."""
    does, has = _DOES.match(about), _HAS.match(about)
    if does and about[does.end() :].split()[0] not in _NO_VERBS:
        return [Frame("pitch.does", about[does.end() :])]
    if has and not _APART.search(about, has.end()):
        return [Frame("pitch.has", about[has.end() :])]
    return []
