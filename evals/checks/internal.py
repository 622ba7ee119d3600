"""`internal.leak`: goals, segments and scores that only we know, and labels of the briefing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import starmap
from typing import NamedTuple

from evals.licences import words_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.keeping import kept_with
from evals.text.names import stem
from evals.text.quantities import Kind
from evals.world import World

_LABEL = re.compile(
    r"(?im)^\s*[\[(*]*(?:goal|block|tone|segment|audience|angle|flow|locale|language|task|objective|purpose|ziel|ton|objectif|objetivo"
    r"|tono|facts?|context|brand voice|product|customer|length|format)\s*[:=]\s*\S"
)
_COLON = has(marks=":=")
_GROUP_KEYS = ("segment", "audience", "cluster", "persona", "cohort")
_GROUP_NOISE = frozenset(("the", "and", "of", "high", "low", "new", "de", "la", "les", "los"))
_LAPSED = frozenset(map(stem, "lapsed dormant dormants inactive inactifs inaktiv churned".split()))
_MEMBERS = frozenset(
    "our as one group list file filed tagged flagged listed count counted under label segment club circle crowd "
    "owners people fans customers members buyers "
    "unser unsere unseren unserer als gruppe liste kunden kundinnen kreis zahlst "
    "nos notre faites parmi groupe liste clients clientes membres tant "
    "nuestro nuestra nuestros nuestras como grupo lista clientes eres segmento".split()
)
_PLAIN_PHRASES = frozenset(
    (
        "back in stock", "price drop", "first purchase", "second purchase", "first order", "second order",
        "new customer", "post purchase", "welcome", "birthday", "newsletter", "vip", "premier achat",
        "primera compra", "first basket",
        "basket size", "first box", "warenkorb", "new arrival", "thank you", "say hello", "new sub", "next order",
        "repeat order",
    )
)  # fmt: skip


@rule("internal.leak")
def internal(passage: Passage, world: World) -> Iterable[Finding]:
    """Goals, segments, scores and labels of the prompt."""
    for match in _LABEL.finditer(passage.text) if passage.shows(_COLON) else ():
        yield Finding(match.span(), "A label of the briefing, not a line for the reader.")
    for hit in passage.hits("internal.jargon"):
        yield Finding((hit.start, hit.end), "A word of the trade that readers must not see.")
    for inner in _internals(world):
        spans = [*_scores(passage, inner.score)] if inner.score is not None and passage.quantities else []
        if inner.words and passage.words.issuperset(inner.words):
            spans += _told_in_words(passage, world, inner.words)
        if inner.group and not passage.words.isdisjoint(_MEMBERS):
            spans += _regrouped(passage, world, inner.group)
        for span in spans[:1]:
            yield Finding(span, f"It gives away our internal {inner.key.replace('_', ' ')}.")


class _Internal(NamedTuple):
    """What only we know of a person, ready to be looked for."""

    key: str
    score: float | None
    words: list[str]
    """Those of a value in words; none when they would give nothing away."""
    group: frozenset[str]
    """Stems by which a group could be told; none when they would not tell it."""


@kept_with
def _internals(world: World) -> tuple[_Internal, ...]:
    return tuple(starmap(_internal, world.snapshot.person.internal.items()))


def _internal(key: str, value: object) -> _Internal:
    if isinstance(value, bool) or value is None:
        return _Internal(key, None, [], frozenset())
    if isinstance(value, int | float):
        return _Internal(key, float(value), [], frozenset())
    grouped = isinstance(value, str) and any(part in key for part in _GROUP_KEYS)
    group = _group_words(str(value)) if grouped else frozenset[str]()
    return _Internal(key, None, _telling_words(str(value)), group if len(group) >= 2 else frozenset())


def _told_in_words(passage: Passage, world: World, wanted: list[str]) -> Iterator[tuple[int, int]]:
    if world.fact_words.issuperset(wanted):
        return
    for at in range(len(passage.tokens) - len(wanted) + 1):
        run = passage.tokens[at : at + len(wanted)]
        if [token.word for token in run] == wanted:
            yield (run[0].start, run[-1].end)


@lru_cache(maxsize=1024)
def _telling_words(value: str) -> list[str]:
    """The words of an internal value; none when they are one word, or common speech."""
    words = [token.word for token in words_in(value.replace("_", " ").replace("-", " "), "en")]
    return words if len(words) >= 2 and " ".join(words) not in _PLAIN_PHRASES else []


def _regrouped(passage: Passage, world: World, wanted: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The words of a segment in another order or form ("quilters-lapsed" as "our lapsed quilters"), where readers
    are told that they belong to it."""
    if wanted <= world.known_words:
        return
    roots = {_root(_umlauted(word)): word for word in wanted}
    openings = tuple(roots)
    like = [
        next(roots[root] for root in openings if word.startswith(root)) if word.startswith(openings) else None
        for word in (_umlauted(token.word) for token in passage.tokens)
    ]
    hits = [at for at, word in enumerate(like) if word]
    for first in hits:
        run = [at for at in hits if first <= at < first + len(wanted) + 2]
        found = {like[at] for at in run}
        said = {token.word for token in passage.tokens[max(0, first - 4) : run[-1] + 4]}
        if (found == wanted or found & _LAPSED) and said & _MEMBERS:
            yield passage.tokens[first].start, passage.tokens[run[-1]].end
            return


@lru_cache(maxsize=1024)
def _group_words(value: str) -> frozenset[str]:
    """Stems of the words by which a group could be told; none when they are common speech."""
    if " ".join(re.split(r"[_\W]+", value)).lower() in _PLAIN_PHRASES:
        return frozenset()
    tokens = words_in(re.sub(r"[_\W]+", " ", value), "en")
    return frozenset(stem(token.word) for token in tokens if token.word.isalpha()) - _GROUP_NOISE


def _umlauted(word: str) -> str:
    """Folded German words, comparable with those spelt "ae", "oe", "ue"."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u") if "e" in word else word


def _root(word: str) -> str:
    """What inflected forms of a word begin with; of a short word itself."""
    return word[: max(5, len(word) - 2)]


def _scores(passage: Passage, value: float) -> Iterator[tuple[int, int]]:
    """The number as it is, in percent, and without its decimals."""
    for item in passage.quantities:
        said = float(item.value)
        as_share = item.kind is Kind.PERCENT and 0 < value < 1 and abs(said - value * 100) < 0.51
        plain = (
            item.kind in (Kind.PLAIN, Kind.MONEY)
            and value > 0
            and (said == value or (value > 100 and said == int(value)))
        )
        if as_share or plain:
            yield (item.start, item.end)
