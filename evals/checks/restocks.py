"""`scarcity.invented`, returns: a product is said to be back where nothing tells that it was gone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.checks.events import is_denied
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.canonical import fold
from evals.text.phrases import Hit
from evals.world import World

RESTOCK = "restock"
"""Kind of the facts that tell of it; their value is the product's id."""
_ELSEWHERE = re.compile(
    r"^\s?(?:(?:to|at|down|up|under|over|from|with)\b|for an?\b|(?:on|in) (?:our|your|the|my) (?!shel))"
)
""" "Is back at £12", "is back on our minds": said of a price or a mood, not of a shelf."""
_SUPPOSING = frozenset("if once when whenever until as whether wenn sobald falls bis si quand lorsque cuando".split())


@rule("scarcity.invented", more=True, joined=True, when=has(families=("restock.",)))
def invented(passage: Passage, world: World) -> Iterable[Finding]:
    """ "Back in stock" wants a record: seen sold out, and in stock since. Of what was there all along it is a false
    reason to write (Directive 2005/29/EC, article 6(1)(b): availability)."""
    for hit in (*passage.hits("restock.said"), *_of_things(passage)):
        if is_denied(passage, hit) or _is_supposed(passage, hit) or _is_told_by_shop(passage, world, hit):
            continue
        about = _about(passage, hit)
        if about is None or not about & _back(world):
            yield Finding(
                (hit.start, hit.end), "Nothing tells that it was gone.", source="no record of it being sold out before"
            )


def _of_things(passage: Passage) -> Iterable[Hit]:
    """ "The Kettle is back": right behind a name, and about the shelf."""
    for hit in passage.hits("restock.thing"):
        named = any(mention.last == hit.first and mention.strength >= 1 for mention in passage.mentions)
        if named and not _ELSEWHERE.match(passage.text[hit.end :]):
            yield hit


def _is_supposed(passage: Passage, hit: Hit) -> bool:
    """ "We write when it is back in stock": nobody says that it is."""
    start, _ = passage.clause_at(hit.start, hit.end)
    return any(token.word in _SUPPOSING for token in passage.tokens_in(start, hit.start))


def _is_told_by_shop(passage: Passage, world: World, hit: Hit) -> bool:
    """The brand's own statements, or a pick's own text, say so in these words."""
    said = fold(passage.text[hit.start : hit.end])
    own = (*world.snapshot.brand.facts, *(pick.soft_text for pick in world.picks))
    return any(said in fold(text) for text in own)


def _about(passage: Passage, hit: Hit) -> frozenset[str] | None:
    """Ids of the picks it may be said of: the one named nearest in its sentence, the pitch's own, or any. None where
    something else is named."""
    part = passage.sentence_at(hit.start)
    named = [
        (min(abs(mention.start - hit.end), abs(hit.start - mention.end)), pick.facts.id)
        for mention, pick in passage.picks_named_in(part.start, part.end)
    ]
    if named:
        return frozenset([min(named)[1]])
    shared = _sharing_name(passage, part.start, part.end)
    if shared:
        return shared
    if any(part.start <= mention.start < part.end and mention.strength >= 2 for mention in passage.mentions):
        return None
    if passage.pick is not None:
        return frozenset([passage.pick.facts.id])
    return frozenset(pick.facts.id for pick in passage.world.picks)


def _sharing_name(passage: Passage, start: int, end: int) -> frozenset[str]:
    """Picks that a short name may mean beside titles not shown ("Porridge Bowl" of one in moss and one in oat)."""
    things = passage.world.names.things
    return frozenset(
        passage.world.picks[things[number].index].facts.id
        for mention in passage.mentions
        if start <= mention.start < end
        for number in mention.things
        if things[number].index >= 0
    )


def _back(world: World) -> frozenset[str]:
    """Ids of the picks of which a fact tells."""
    facts = [fact for fact in world.snapshot.facts if fact.kind == RESTOCK]
    return frozenset(
        pick.facts.id
        for pick in world.picks
        for fact in facts
        if str(fact.value) == pick.facts.id or (fact.value is None and fold(pick.facts.name) in fold(fact.text))
    )
