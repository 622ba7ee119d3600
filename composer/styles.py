"""Styles of a subject and of a call to action, read off a text in any language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from composer.names import TOKEN
from prompts.model import CtaStyle, SubjectStyle

_QUESTION = re.compile(r"[?？؟]")
_NUMBER = re.compile(r"\d")
_SHORT_CTA_WORDS = 2
_MARKS = " ,;:.-–—|/("
"""What a title is cut at."""


def subject_style(subject: str, titles: Sequence[str] = ()) -> SubjectStyle:
    """`question`, `name` (theirs), `number`, `product` (names a pick) or `plain`: the first that is true.

    A number in the name of a pick is none. Read off the text, because a model writes it.
    """
    if _QUESTION.search(subject):
        return "question"
    if TOKEN in subject:
        return "name"
    if _NUMBER.search(_without(subject, titles)):
        return "number"
    return "product" if names_one(subject, titles) else "plain"


def cta_style(cta: str, titles: Sequence[str] = ()) -> CtaStyle | Literal[""]:
    """Of the call to action: `product` (names a pick), `short` (up to two words), `long`; empty where there is none."""
    if not cta.strip():
        return ""
    if names_one(cta, titles):
        return "product"
    return "short" if len(cta.split()) <= _SHORT_CTA_WORDS else "long"


def names_one(text: str, titles: Sequence[str]) -> bool:
    """Whether a title stands in it, or its first two words do: long titles are cut in subjects."""
    said = text.casefold()
    return any(start in said for title in titles if (start := " ".join(_words(title)[:2]).rstrip(_MARKS)))


def _without(text: str, titles: Sequence[str]) -> str:
    """The text less the names of picks, each as far as it stands there."""
    said = text.casefold()
    for title in titles:
        words = _words(title)
        starts = (" ".join(words[:end]).rstrip(_MARKS) for end in range(len(words), 0, -1))
        said = said.replace(next((start for start in starts if start and start in said), "\0"), " ")
    return said


def _words(title: str) -> list[str]:
    return title.casefold().split()
