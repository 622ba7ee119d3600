"""`competitor.mention` and `brand.forbidden`: names and words the brand does not want in its mouth."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from evals.passage import Passage
from evals.rules import Finding, rule
from evals.text.canonical import fold
from evals.world import World

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
MIN_FUZZY = 8
"""Letters from which one slip is forgiven, so that "Northpeek" is still Northpeak."""


@lru_cache(maxsize=1024)
def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text).replace("&", "and"))


@rule("competitor.mention", needs=lambda world: bool(world.snapshot.brand.competitors))
def competitor(passage: Passage, world: World) -> Iterable[Finding]:
    """A rival's name, with or without its spaces and hyphens, or one letter off."""
    for name in world.snapshot.brand.competitors:
        for span in _runs_like(passage, _squeezed(name), world):
            yield Finding(span, f"It names a competitor, {name}.")


def _runs_like(passage: Passage, wanted: str, world: World) -> Iterable[tuple[int, int]]:
    tokens, plural, initial = passage.tokens, f"{wanted}s", wanted[:1]
    for at in [at for at, token in enumerate(tokens) if token.word[:1] == initial]:
        token = tokens[at]
        may_slip = len(wanted) >= MIN_FUZZY and token.surface[0].isupper()
        if not may_slip and not plural.startswith(token.word.removesuffix("'s")):
            continue
        joined = ""
        for last in range(at, min(at + 4, len(tokens))):
            word = tokens[last].word.removesuffix("'s")
            between = passage.text[tokens[last - 1].end : tokens[last].start] if last > at else ""
            joined += ("and" if "&" in between else "") + word
            if len(joined) > len(wanted) + 1:
                break
            if _is_like(joined, wanted, token.surface, at == last) and not _is_own(
                passage, token.start, tokens[last].end, world
            ):
                yield token.start, tokens[last].end


def _is_like(joined: str, wanted: str, surface: str, single: bool) -> bool:
    if joined in (wanted, wanted + "s"):
        return surface[0].isupper() or len(wanted) >= MIN_FUZZY or not single
    fuzzy = len(wanted) >= MIN_FUZZY and surface[0].isupper() and abs(len(joined) - len(wanted)) <= 1
    return fuzzy and Levenshtein.distance(joined, wanted, score_cutoff=1) <= 1


def _is_own(passage: Passage, start: int, end: int, world: World) -> bool:
    named = any(mention.start <= start and end <= mention.end and mention.strength for mention in passage.mentions)
    return named or _squeezed(passage.text[start:end]) == _squeezed(world.snapshot.brand.name)


@lru_cache(maxsize=64)
def _forbidden(words: tuple[str, ...]) -> tuple[re.Pattern[str], frozenset[str]]:
    """The forbidden words with their common inflections, longest first; and what they begin with."""
    split = [re.split(r"[\s-]+", fold(word)) for word in sorted(words, key=len, reverse=True)]
    parts = "|".join(r"[\s-]+".join(map(re.escape, part)) for part in split)
    return re.compile(rf"\b(?:{parts})(?:s|es|er|est|ed|ly|n|en)?\b"), frozenset(part[0] for part in split)


@rule("brand.forbidden", needs=lambda world: bool(world.snapshot.brand.forbidden_words))
def forbidden(passage: Passage, world: World) -> Iterable[Finding]:
    """Words the brand does not use, in their common inflections."""
    pattern, beginnings = _forbidden(world.snapshot.brand.forbidden_words)
    text = folded_in_place(passage.text)
    for match in pattern.finditer(text) if any(beginning in text for beginning in beginnings) else ():
        yield Finding(match.span(), f"The brand does not say “{match.group()}”.")


def folded_in_place(text: str) -> str:
    """The text folded letter by letter, so that positions stay."""
    lowered = text.lower()
    if text.isascii():
        return lowered
    return _NOT_ASCII.sub(lambda char: fold(char[0])[:1] or char[0], lowered if len(lowered) == len(text) else text)
