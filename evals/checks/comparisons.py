"""`attribute.invented`: what is said of two things side by side ("slightly larger than the …", "a similar size").

We know the facts of the picks, and of what the reader bought only the name: a comparison with it in size, shape or
colour is a claim about both, and rests on nothing unless the two names or the reason of the pick say so.
"""

from __future__ import annotations

from collections.abc import Iterable

from evals.checks.described import traits_in
from evals.licences import ProductView, quantities_in, stems_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.lexicon import word_list
from evals.text.names import Mention, stem
from evals.text.phrases import Hit
from evals.text.quantities import Kind
from evals.world import World

REACH = 4
"""Words between "similar" and the noun it is about, and between "unlike" and a name."""
_SIZE_WORDS = frozenset(
    "small smaller large larger big bigger mini jumbo giant tall taller long longer short shorter wide wider slim "
    "thick thin klein kleiner gross grosser hoch lang breit schmal petit petite grand grande pequeno "
    "pequena".split()
)


@rule("attribute.invented", more=True, when=has(families=("compare.alike", "compare.degree", "compare.unlike")))
def invented(passage: Passage, world: World) -> Iterable[Finding]:
    """Likeness, degrees and contrasts between the pick and another product, that no fact bears out."""
    if not passage.families & {"compare.alike", "compare.degree", "compare.unlike"}:
        return
    others = _other_things(passage, world)
    owned = passage.hits("compare.owned")
    yield from _alike(passage, world, others, owned)
    if others or owned:
        yield from _degrees(passage, world, others)
    yield from _contrasts(passage, world, others)


def _other_things(passage: Passage, world: World) -> list[Mention]:
    """Products named, of two words at least, that are no picks."""
    things = world.names.things
    return [
        mention
        for mention in passage.mentions
        if mention.strength >= 2 and all(things[number].index < 0 for number in mention.things)
    ]


def _alike(passage: Passage, world: World, others: list[Mention], owned: list[Hit]) -> Iterable[Finding]:
    """ "a similar size to the basket you bought", and in a pitch "has a similar design" with nothing to compare."""
    traits = [hit for name in passage.families if name.startswith("trait:") for hit in passage.hits(name)]
    for hit in passage.hits("compare.alike"):
        about = next((trait for trait in traits if 0 <= trait.first - hit.last <= REACH - 1), None)
        if about is None or passage.tokens[about.first].sentence != passage.tokens[hit.first].sentence:
            continue
        sentence = passage.sentence_at(hit.start)
        places = [mention.start for mention in others] + [other.start for other in owned]
        compared = any(about.end <= place < sentence.end for place in places)
        given = any(0 <= hit.first - has.last <= 1 for has in passage.hits("describe.has")) and passage.name == "pitch"
        if (compared or given) and not _is_said(passage, world, hit, about, others):
            yield Finding((hit.start, about.end), "Nothing is known that would bear out this comparison.")


def _is_said(passage: Passage, world: World, hit: Hit, about: Hit, others: list[Mention]) -> bool:
    """The reason of a pick speaks of the same trait, or both names share the words that are said to be alike."""
    between = {stem(token.word) for token in passage.tokens[hit.last : about.last]} - word_list("function_words_en")
    if any(between & stems_in(pick.facts.name) for pick in _picks(passage, world)):
        return True
    return any(
        about.family in traits_in(f"{pick.facts.reason}\n{pick.facts.description}") for pick in _picks(passage, world)
    )


def _picks(passage: Passage, world: World) -> tuple[ProductView, ...]:
    return (passage.pick,) if passage.pick else world.picks


def _degrees(passage: Passage, world: World, others: list[Mention]) -> Iterable[Finding]:
    """ "slightly larger": where something the reader owns is named beside it, and neither name says so."""
    for hit in passage.hits("compare.degree"):
        if not passage.is_negated(hit.start, hit.end) and not _is_degree_known(passage, world, hit, others):
            yield Finding((hit.start, hit.end), "Nothing is known that would bear out this comparison.")


def _is_degree_known(passage: Passage, world: World, hit: Hit, others: list[Mention]) -> bool:
    """The reason or description uses the very word, a size is in one of the two names, or both state a measure."""
    said = {stem(token.word) for token in passage.tokens[hit.first : hit.last]} - word_list("function_words_en")
    picks = _picks(passage, world)
    if any(said & stems_in(f"{pick.facts.reason}\n{pick.facts.description}\n{pick.attribute_text}") for pick in picks):
        return True
    titles = [world.names.things[number].title for mention in others for number in mention.things]
    owned = [order.product for order in world.snapshot.person.orders]
    compared = titles or owned
    sized = any(_has_size(title) for title in (*compared, *(pick.facts.name for pick in picks)))
    ours = {item.what for pick in picks for item in pick.quantities if item.kind is Kind.MEASURE}
    currency = world.snapshot.brand.currency
    return sized or any(
        item.kind is Kind.MEASURE and item.what in ours
        for title in compared
        for item in quantities_in(title, world.language, currency)
    )


def _has_size(title: str) -> bool:
    return bool(stems_in(title) & frozenset(map(stem, _SIZE_WORDS)))


def _contrasts(passage: Passage, world: World, others: list[Mention]) -> Iterable[Finding]:
    """ "Unlike the Town Basket, …": whatever follows denies it of something we know only by name."""
    for hit in passage.hits("compare.unlike"):
        named = next((other for other in others if 0 <= other.first - hit.last <= REACH), None)
        if named is not None:
            yield Finding((hit.start, named.end), "Nothing is known that would bear out this contrast.")
