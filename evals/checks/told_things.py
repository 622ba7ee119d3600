"""Things the reader is told to have had, whose noun no order holds. Part of `history.invented`, four languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evals.passage import Passage
from evals.rules import Finding
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.text.tokens import Token
from evals.verdict import Severity
from evals.world import World

_SINCE = re.compile(
    r"\b(?:since you|depuis que (?:vous|tu)|seit(?:dem)? (?:du|sie)|desde que)\b[^.!?;:,\n]{0,40}?"
    r"\b(?:with our|avec (?:notre|nos)|mit unser\w*|con nuestr[oa]s?)\s",
    re.IGNORECASE,
)
"""Who does something with a thing of ours has it; who has joined our list or found our workshop has not bought it."""
_LAST_TIME = re.compile(
    r"\b(?:last (?:year|time|month|week|spring|summer|autumn|fall|winter|christmas),? it was"
    r"|letzte[sn] (?:jahr|mal|monat|sommer|winter|herbst) (?:war es|waren es)"
    r"|(?:l'an dernier|l'année dernière|la dernière fois|l'été dernier|l'hiver dernier),? c'était"
    r"|(?:el año pasado|la última vez|el verano pasado|el invierno pasado),? (?:fue|era|fueron))\s"
    r"(?:an?|the|your|ein\w*|dein\w*|ihr\w*|une?|des|votre|un[ao]?s?|tus?)\s",
    re.IGNORECASE,
)
_THIS_TIME = re.compile(
    r"\b(?:this (?:year|time|month|week|spring|summer|autumn|fall|winter|christmas)|diesmal|dieses (?:jahr|mal)"
    r"|cette (?:fois|année)|cet (?:été|hiver)|est[ea] (?:año|vez|verano|invierno))\b",
    re.IGNORECASE,
)
_TAKEN = re.compile(
    r"\b(?:l[ao]s|el|la) (?P<noun>[^\W\d_]{4,}) que (?:te llevaste|se llevó|compraste|pediste|encargaste)\b"
    r"|\b(?:les|la|le|l')\s?(?P<fr>[^\W\d_]{4,}) que (?:vous (?:avez|aviez)|tu (?:as|avais)) "
    r"(?:achet|command|emport|pris)\w*"
    r"|\b(?:die|der|das|den) (?P<de>[^\W\d_]{4,}), (?:die|der|das|den) (?:du|sie) [^.!?,\n]{0,40}?"
    r"(?:gekauft|bestellt|mitgenommen|geholt) (?:hast|haben|hattest|hatten)\b",
    re.IGNORECASE,
)
NOUN_WORDS = 3
"""Words among which the noun is."""


def told_things(passage: Passage, world: World) -> Iterator[Finding]:
    """ "Depuis que vous roulez avec notre sacoche", "last year it was a chess set", "las aletas que te llevaste"."""
    for match in _SINCE.finditer(passage.text):
        yield from _unless_had(passage, world, match.start(), match.end())
    for match in _LAST_TIME.finditer(passage.text) if _THIS_TIME.search(passage.text) else ():
        yield from _unless_had(passage, world, match.start(), match.end())
    for match in _TAKEN.finditer(passage.text) if world.snapshot.person.orders else ():
        # One of the three nouns was found, each a group of its own.
        yield from _unless_had(passage, world, match.start(), match.start(match.lastgroup or 0), words=1)


def _unless_had(passage: Passage, world: World, start: int, noun_at: int, words: int = NOUN_WORDS) -> Iterator[Finding]:
    end = passage.clause_at(noun_at, noun_at)[1]
    named = passage.tokens_in(noun_at, end)[:words]
    if named and not passage.is_negated(start, noun_at) and not _is_had(passage, world, named):
        span = (start, named[-1].end)
        said = passage.text[named[0].start : named[-1].end]
        # Most titles do not say what they are: only a kind of thing that shops sell, or a title, is surely not had.
        weight = None if _is_sold(passage, world, named) else Severity.WARN
        yield Finding(span, f"They never ordered “{said}”.", _ordered(world), severity=weight)


def _is_sold(passage: Passage, world: World, named: Sequence[Token]) -> bool:
    first, last = named[0].start, named[-1].end
    kinds = any(first <= hit.start < last for hit in passage.hits(*world.product_types))
    return kinds or any(item.strength and item.start < last and first < item.end for item in passage.mentions)


def _is_had(passage: Passage, world: World, named: Sequence[Token]) -> bool:
    first, last = named[0].start, named[-1].end
    types = {hit.family for hit in passage.hits(*world.product_types) if first <= hit.start < last}
    known = world.ordered_stems | world.carted_stems
    return bool(
        types & world.ordered_types
        or any(stem(token.word) in known for token in named)
        or all(token.word in word_list("bought_things") for token in named)
        or any(mention.start < last and first < mention.end and _is_ordered(world, mention.things)
               for mention in passage.mentions)
    )  # fmt: skip


def _is_ordered(world: World, things: frozenset[int]) -> bool:
    return any("order" in world.names.things[number].kinds for number in things)


def _ordered(world: World) -> str:
    orders = [f"{order.product} on {order.date.isoformat()}" for order in world.snapshot.person.orders[:3]]
    return "ordered: " + "; ".join(orders) if orders else "no orders"
