"""What a product's facts deny: a false field ("hood: false"), or a part that is "not included".

Claims are families of words; a shop's own field names are no family. A text that gives a thing what its facts deny by
name contradicts them, whatever the word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from evals.checks.bind import bound_picks
from evals.licences import ProductView, spaced, stems_in
from evals.passage import Passage
from evals.rules import Finding
from evals.text.canonical import fold
from evals.text.keeping import kept_with
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.text.tokens import Token
from evals.world import World, union

_NOT_INCLUDED = re.compile(
    r"\b(?:not included|sold separately|without|non (?:fourni|inclus|compris)|vendue? séparément"
    r"|nicht (?:enthalten|inklusive|dabei)|separat erhältlich|no incluid|se vende aparte)",
    re.IGNORECASE,
)
_INCLUDED = frozenset(
    "included including includes comes inside with fourni fournie inclus incluse compris comprise avec enthalten "
    "inklusive dabei mit incluido incluida incluye con".split()
)
_BARE = frozenset(
    stem(word)
    for word in "contains contain has have with is are required needed safe free proof resistant friendly able ready "
    "made added enthalt mit fest geeignet frei contient avec sans contiene con sin apto apta returnable in for".split()
)
"""Words of a field's name that say nothing by themselves ("contains_nuts")."""
_FREE = frozenset("free without no zero frei ohne sans sin libre libres".split())
MIN_LETTERS = 4


def denied_claims(passage: Passage, world: World) -> Iterator[Finding]:
    """Words of the text that the picks it is about deny by name."""
    if passage.name not in ("pitch", "whole", "subject", "preheader", "closing", "opening"):
        return
    watched = _watched(world)
    for token in passage.tokens if watched else ():
        if stem(token.word) not in watched or passage.is_in_name(token.start, token.end):
            continue
        picks = bound_picks(passage, world, token.start, token.end)
        denied = passage.is_negated(token.start, token.end, whole_clause=True) or passage.is_set_aside(token.start)
        if _is_denied(passage, token, picks) and not denied:
            yield Finding((token.start, token.end), f"The facts deny “{token.surface}”.", source="a false field")


@kept_with
def _watched(world: World) -> frozenset[str]:
    """Words that any of the picks denies."""
    return union(_false_words(pick) | _parts_apart(pick) for pick in world.picks)


def _is_denied(passage: Passage, token: Token, picks: Sequence[ProductView]) -> bool:
    word = stem(token.word)
    start, end = passage.clause_at(token.start, token.end)
    included = not _INCLUDED.isdisjoint(other.word for other in passage.tokens_in(start, end))
    words = {other.word for other in passage.tokens_in(start, end)}
    picks = [pick for pick in picks if word not in _free_of(pick) or not words.isdisjoint(_FREE)]
    before = {other.word for other in passage.tokens_in(start, token.start)[-2:]}
    if not before.isdisjoint(_FREE) and not any(word in _free_of(pick) for pick in picks):
        return False  # "libre de parfum", of what holds none
    denied = any(word in _false_words(pick) or (included and word in _parts_apart(pick)) for pick in picks)
    return denied and not any(word in pick.soft_stems - _parts_apart(pick) for pick in picks)


@lru_cache(maxsize=1024)
def _false_words(pick: ProductView) -> frozenset[str]:
    """Telling words of the fields that are false."""
    keys = [key for key, value in pick.facts.attributes.items() if value is False and len(key.split("_")) <= 2]
    return _telling(" ".join(spaced(key) for key in keys))


@lru_cache(maxsize=1024)
def _free_of(pick: ProductView) -> frozenset[str]:
    """What it is not free of ("gluten_free: false"): to say that it holds that is true."""
    fields = pick.facts.attributes.items()
    return _telling(" ".join(spaced(key) for key, value in fields if value is False and key.endswith("_free")))


@lru_cache(maxsize=1024)
def _parts_apart(pick: ProductView) -> frozenset[str]:
    """Names of the parts that do not come with it ("ampoule: E27, non fournie")."""
    fields = pick.facts.attributes.items()
    return _telling(" ".join(spaced(key) for key, value in fields if _NOT_INCLUDED.search(str(value))))


def _telling(text: str) -> frozenset[str]:
    common = word_list("function_words_en")
    return frozenset(word for word in stems_in(fold(text)) - _BARE - common if len(word) >= MIN_LETTERS)
