"""Things a text takes for granted that the reader has: "another mug", "enjoy your new lamp", "how is the kettle".

None of these says "you bought". Each presumes it of one product, so each is judged by that product: it must be among
the orders, in the cart, or in what the person told us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from evals.passage import Passage
from evals.rules import Finding
from evals.text.canonical import fold
from evals.text.dates import MONTHS
from evals.text.lexicon import word_list
from evals.text.names import Mention, stem
from evals.text.numerals import number_words
from evals.text.phrases import Hit
from evals.text.tokens import Sentence
from evals.verdict import Severity
from evals.world import World

SEASONS = {
    "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "fall": (9, 10, 11), "winter": (12, 1, 2),
    "fruhling": (3, 4, 5), "fruhjahr": (3, 4, 5), "sommer": (6, 7, 8), "herbst": (9, 10, 11), "printemps": (3, 4, 5),
    "ete": (6, 7, 8), "automne": (9, 10, 11), "hiver": (12, 1, 2), "primavera": (3, 4, 5), "verano": (6, 7, 8),
    "otono": (9, 10, 11), "invierno": (12, 1, 2), "christmas": (12,), "weihnachten": (12,), "noel": (12,),
    "navidad": (12,),
}  # fmt: skip
BEHIND = 4
"""Words between "another" and the product it is about: "another bag of the"."""
BEFORE = 2
"""Words between a product and the "again" behind it."""
VERB_REACH = 4
"""Words behind a product within which its verb stands: "your jar of cream from June must"."""
_CUES = frozenset(
    f"history.{name}" for name in ("again", "again_after", "more", "has", "did", "owned", "then", "tally")
)
_THEIRS = frozenset("your dein deine deinen ihr ihre ihren votre vos ton ta tes tu tus su sus".split())
_PORTIONED = frozenset(("type:coffee", "type:tea", "type:wine", "type:petfood", "type:oil"))
"""Kinds that one also has by the cup or the bite: "another espresso" is no claim about an order."""
_SERVED = frozenset(
    "cup helping slice round serving pot sip bite tasse scheibe portion part taza porcion ronda".split()
)
""" "A second cup": what is had of it, not the thing."""
_PARTICIPLE = re.compile(r"^(?:\w{0,5}ge\w+(?:t|en)|(?:be|ver|er|ent|zer)\w+t|\w+iert)$")
"""What a German clause with "du hast" must end in to speak of something done."""


class Thing(NamedTuple):
    """A product a text speaks of, its place, and whether the reader bought it or put it in the cart."""

    start: int
    end: int
    first: int
    last: int
    owned: bool
    carted: bool
    named: bool
    """True for a name of ours, False for an everyday word of it or for the kind of product."""


_WAITING = frozenset(
    "patient patiently waiting waits geduldig wartet attend patiente patiemment espera paciente".split()
)
"""Said of a thing that is in the cart still."""


_OF_NOBODY = frozenset(("pitch", "cta"))
"""Blocks about the pick, whoever buys it: "your first three chords" presume no ukulele."""


def taken_for_granted(passage: Passage, world: World) -> Iterator[Finding]:
    """Products presumed to be in the reader's hands that they never bought."""
    if passage.families.isdisjoint(_CUES):
        return
    wanted = (*_repeated(passage, world), *_done(passage, world))
    missing = [thing for thing in wanted if not thing.owned and not thing.carted]
    used = (*_in_use(passage, world), *_with_a_past(passage, world), *_dated(passage, world), *_counted(passage, world))
    carts = [passage.sentence_at(cue.start) for cue in passage.hits("money.cart")]
    carts += [passage.sentence_at(token.start) for token in passage.tokens if token.word in _WAITING]
    there = [thing for thing in used if thing.carted and any(part.start <= thing.start < part.end for part in carts)]
    seen = [passage.sentence_at(look.start) for look in passage.hits("watch.look")]
    seen += _wished(passage, world)
    for thing in (*missing, *(thing for thing in used if not thing.owned and thing not in there)):
        if any(part.start <= thing.start < part.end for part in seen):
            continue  # "du hast dir die Tasche angesehen", "steht auf Ihrem Wunschzettel": not had
        said = passage.text[thing.start : thing.end]
        # "Wer noch eine Kauwurzel dazulegt": a letter offers things beside the others, and so does its end.
        offered = passage.name in ("whole", "closing") and thing in missing and not thing.named
        weight = Severity.WARN if offered or passage.name in _OF_NOBODY else None
        yield Finding((thing.start, thing.end), f"They never had “{said}”.", _owned(world), severity=weight)


_WISH_LIST = re.compile(
    r"\b(?:wish[ -]?list|wunsch(?:zettel|liste)|merkzettel|liste d'envies|liste de souhaits|lista de (?:los )?deseos"
    r"|favoritos)\b",
    re.IGNORECASE,
)


def _wished(passage: Passage, world: World) -> list[Sentence]:
    """ "„Handmühle“ steht auf Ihrem Wunschzettel": sentences that say so, where a fact tells of a wish for what they
    name."""
    wishes = [fold(fact.text) for fact in world.snapshot.facts if fact.kind == "wish"]
    parts = [passage.sentence_at(match.start()) for match in _WISH_LIST.finditer(passage.text)] if wishes else []
    return [
        part
        for part in parts
        if all(
            any(fold(world.names.things[number].title) in wish for wish in wishes for number in mention.things)
            for mention in passage.mentions
            if part.start <= mention.start < part.end and mention.strength
        )
    ]


def owned_in(passage: Passage, world: World, start: int, end: int) -> bool:
    """True when a range speaks of something they bought."""
    return any(thing.owned for thing in _things(passage, world, start, end))


def _owned(world: World) -> str:
    person = world.snapshot.person
    return "; ".join((*(order.product for order in person.orders), *person.cart)) or "no orders"


def _asserted(passage: Passage, family: str) -> Iterator[Hit]:
    """Hits that are said, not supposed: without a negation, an "if" or a "when" before them."""
    for hit in passage.hits(family):
        start, _ = passage.clause_at(hit.start, hit.end)
        before = {token.word for token in passage.tokens[max(0, hit.first - 8) : hit.first] if token.start >= start}
        if not before & word_list("conditions") and not passage.is_negated(hit.start, hit.end):
            yield hit


_OURS = re.compile(r"\b(?:may|can|could|shall) we\b|\blet us\b|\bwe (?:now )?have\b|\bwe've\b", re.IGNORECASE)
""" "May we show you the Gyokuro again?", "we have the Gyokuro again": no purchase is told of."""


def _repeated(passage: Passage, world: World) -> Iterator[Thing]:
    """ "Another X", "back for more X", "More X?", "X again"."""
    opening = (hit for hit in passage.hits("history.more") if _opens_sentence(passage, hit))
    for hit in (*_asserted(passage, "history.again"), *opening):
        thing = _thing_behind(passage, world, hit)
        if thing:
            yield thing
        elif passage.tokens[hit.last - 1].word in ("it", "them"):
            yield from (thing for thing in _things(passage, world, 0, hit.start) if thing.named)
    for hit in _asserted(passage, "history.again_after"):
        sentence = passage.sentence_at(hit.start)
        words = {token.word for token in passage.tokens_in(sentence.start, sentence.end)}
        if words & word_list("availability") or _OURS.search(passage.text, sentence.start, hit.start):
            continue
        near = (thing for thing in _things(passage, world, 0, hit.start) if 0 <= hit.first - thing.last <= BEFORE)
        yield from (thing for thing in near if thing.named and _is_near(passage, thing.end, hit.start))


def _opens_sentence(passage: Passage, hit: Hit) -> bool:
    return hit.first == 0 or passage.tokens[hit.first - 1].sentence != passage.tokens[hit.first].sentence


def _is_near(passage: Passage, start: int, end: int) -> bool:
    return not any(mark in passage.text[start:end] for mark in ".!?:;\n")


def _thing_behind(passage: Passage, world: World, hit: Hit) -> Thing | None:
    """The product right behind a hit, articles and containers between them left out."""
    fillers = word_list("fillers")
    sentence = passage.tokens[hit.first].sentence
    names = {mention.first for mention in passage.mentions if mention.strength}
    at = hit.last
    while at < min(hit.last + BEHIND, len(passage.tokens)) and passage.tokens[at].word in fillers and at not in names:
        at += 1
    if at >= len(passage.tokens) or passage.tokens[at].sentence != sentence:
        return None
    token = passage.tokens[at]
    found = [thing for thing in _things(passage, world, token.start, token.end) if thing.first == at]
    return next((thing for thing in found if thing.named or not _is_portion(passage, thing)), None)


def _is_portion(passage: Passage, thing: Thing) -> bool:
    """ "another mug of tea", "another slice": what is had is not the product."""
    after = [token.word for token in passage.tokens[thing.last : thing.last + 3]]
    behind = after[0] if after and not any(word in SEASONS or word in MONTHS for word in after) else ""
    kinds = {hit.family for hit in passage.hits(*_PORTIONED) if hit.first <= thing.first < hit.last}
    said = passage.tokens[thing.first].word
    return bool(kinds) or said in _SERVED or behind in ("of", "de", "d", "voll", "mit")


def _in_use(passage: Passage, world: World) -> Iterator[Thing]:
    """ "Enjoy your new X", "how is your X holding up", "your X must be nearly empty"."""
    for hit in _asserted(passage, "history.has"):
        sentence = passage.sentence_at(hit.start)
        things = _things(passage, world, sentence.start, sentence.end)
        meant = any(thing.owned for thing in things)
        for thing in things:
            theirs = _is_theirs(passage, thing)
            if not theirs and _is_of_other_clause(passage, hit, thing):
                continue
            if (theirs and (thing.named or not _is_portion(passage, thing))) or (thing.named and not meant):
                yield thing


def _is_of_other_clause(passage: Passage, hit: Hit, thing: Thing) -> bool:
    """ "The ukulele is $64, and your first chords are close": what is called theirs is not what stands before it."""
    start, end = passage.clause_at(hit.start, hit.end)
    return passage.tokens[hit.first].word in _THEIRS and not start <= thing.start < end


def _with_a_past(passage: Passage, world: World) -> Iterator[Thing]:
    """ "Your lamp has seen …", "votre savon doit être …": an owner, a product, and a verb that tells its past."""
    verbs = word_list("past_auxiliaries")
    for hit in _asserted(passage, "history.owned"):
        thing = _thing_behind(passage, world, hit)
        if thing is None or (not thing.named and _is_portion(passage, thing)):
            continue
        after = passage.tokens[thing.last : thing.last + VERB_REACH]
        if any(token.word in verbs and token.sentence == passage.tokens[hit.first].sentence for token in after):
            yield thing


def _counted(passage: Passage, world: World) -> Iterator[Thing]:
    """ "Two mugs in one year": a number of a product we show, and over what time they came."""
    for hit in passage.hits("history.tally"):
        before = [thing for thing in _things(passage, world, 0, hit.start) if 0 <= hit.first - thing.last <= 1]
        numbers = [item for item in passage.quantities if item.value > 1]
        for thing in before:
            if any(0 <= thing.start - item.end <= 2 or item.start <= thing.start < item.end for item in numbers):
                yield thing


def _dated(passage: Passage, world: World) -> Iterator[Thing]:
    """ "The trowel from last spring": a product we show, told by when it came."""
    for thing in _things(passage, world, 0, len(passage.text)):
        after = [token.word for token in passage.tokens[thing.last : thing.last + VERB_REACH]]
        past = any(hit.first - thing.last in (1, 2) for hit in passage.hits("history.then"))
        if after and after[0] in ("from", "vom", "von", "aus", "de", "du", "del") and past:
            yield thing


def _is_theirs(passage: Passage, thing: Thing) -> bool:
    """ "your lamp", "your new lamp", "deine Lampe": an owner at most one word before it."""
    before = passage.tokens[max(0, thing.first - 2) : thing.first]
    owners = {token.word for hit in passage.hits("history.owned") for token in passage.tokens[hit.first : hit.last]}
    return any(token.word in owners and token.sentence == passage.tokens[thing.first].sentence for token in before)


def _done(passage: Passage, world: World) -> Iterator[Thing]:
    """ "You finished X", "Sie haben X getragen": a past act with a product of ours as its object."""
    for hit in _asserted(passage, "history.did"):
        _, end = passage.clause_at(hit.start, hit.end)
        if world.language == "de" and not any(_PARTICIPLE.match(t.word) for t in passage.tokens_in(hit.end, end)):
            continue
        near = passage.tokens[min(_past_containers(passage, hit.last) + BEHIND, len(passage.tokens)) - 1].end
        limit = end if world.language == "de" else min(end, near)
        yield from [thing for thing in _things(passage, world, hit.end, limit) if thing.named][:1]


def _past_containers(passage: Passage, at: int) -> int:
    """The first word behind "two bags of our": the number and what the thing comes in stand before its name."""
    fillers = word_list("fillers") | number_words(passage.world.language).keys()
    while at < len(passage.tokens) and (passage.tokens[at].word in fillers or passage.tokens[at].word.isdigit()):
        at += 1
    return min(at, len(passage.tokens))


def _things(passage: Passage, world: World, start: int, end: int) -> list[Thing]:
    """Products that begin in a range: names of ours, everyday words of them, and kinds of product we show."""
    named = [_thing(mention, world) for mention in passage.mentions if start <= mention.start < end]
    kinds = (hit for hit in passage.hits(*world.shown_types) if start <= hit.start < end)
    taken = {thing.first for thing in named if thing.named}
    typed = (_kind(passage, hit, world) for hit in kinds if hit.first not in taken)
    return [*named, *typed]


def _thing(mention: Mention, world: World) -> Thing:
    roles = {kind for number in mention.things for kind in world.names.things[number].kinds}
    return Thing(
        *(mention.start, mention.end, mention.first, mention.last),
        owned="order" in roles or any(_was_bought(world, number) for number in mention.things),
        carted="cart" in roles,
        named=mention.strength > 0,
    )


_BOUGHT = re.compile(
    r"running low|to restock|have bought before|zur neige|nachschub|schon einmal gekauft|touche peut-être à sa fin"
    r"|le plein est|déjà dans vos achats|autre de vos achats|esté terminando|que reponerlo|sus compras",
    re.IGNORECASE,
)
"""Reasons of a pick that are given only of what they bought (`catalog/words`)."""


def _was_bought(world: World, number: int) -> bool:
    """True of a pick whose reason tells that they have had it: of many orders, a text's facts hold the last."""
    index = world.names.things[number].index
    return index >= 0 and _BOUGHT.search(world.picks[index].facts.reason) is not None


def _kind(passage: Passage, hit: Hit, world: World) -> Thing:
    words = {stem(token.word) for token in passage.tokens[hit.first : hit.last]}
    return Thing(
        *(hit.start, hit.end, hit.first, hit.last),
        owned=hit.family in world.ordered_types or bool(words & (world.shared_words - world.carted_stems)),
        carted=hit.family in world.carted_types or bool(words & world.carted_stems),
        named=False,
    )
