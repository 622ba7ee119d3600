"""How and where a product was made, told by the build of the words: "slow-baked", "knit in Vermont", "forjada en Vic".

No list holds every process and every place. But a process is a participle of making behind a hyphen, and a place is a
name behind "in" behind such a participle; both are claims unless the product's facts, or the brand's, hold their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from evals.checks.bind import bound_picks
from evals.licences import ProductView, claims_in
from evals.passage import Passage, overlaps
from evals.rules import Finding
from evals.text.dates import MONTHS, WEEKDAYS
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.text.phrases import Hit
from evals.text.quantities import Kind
from evals.text.tokens import Token
from evals.world import World

_GERMAN_TRAIT = re.compile(r"(\w{3,}?)s?(?:frei|fest|sicher|geeignet|echt|dicht|tauglich|bestandig)(?:e[rsnm]?)?$")
_AND = re.compile(r"\s(?:and|und|et|y|e|&|/)\s|,\s|\s?/\s?")
MATERIAL_CLAIMS = frozenset(
    f"attribute:{name}" for name in "wool cashmere cotton linen silk leather synthetic down".split()
)
_GERMAN_MATERIAL = re.compile(
    r"(\w{4,}?)(?:daunen|stahl|leder|wolle|seide|samt|holz|glas|porzellan|keramik|schaum|faser|fasern|marmor|messing)"
)
MIN_KIND = 4
_LOOSE_HEADS = frozenset(("safe", "proof", "friendly", "resistant", "certified"))
"""Heads that are read behind a space too: "freezer safe", while "feel free" and "oven ready" are common speech."""
_VERBS = frozenset(
    "stay stays keep keeps keeping play feel feels be being sound sounds arrive home travel ride drive walk run cycle "
    "climb hike sail ski surf swim go get return sleep".split()
)
REACH = 3
"""Words between the making and its place: "knitted by hand in", "made on the slopes of"."""
NAME_REACH = 3
"""Words between the preposition and the name: "in a village near Faro"."""


def making_claims(passage: Passage, world: World) -> Iterator[Finding]:
    """Processes and places of making that no fact holds."""
    yield from _processes(passage, world)
    yield from _purity(passage, world)
    yield from _compounds(passage, world)
    yield from _promised_traits(passage, world)
    for hit in passage.hits("making.done"):
        place = None if passage.is_negated(hit.start, hit.end) else _place_beside(passage, world, hit)
        if place and stem(place.word) not in _known(passage, world, place):
            span = min(hit.start, place.start), max(hit.end, place.end)
            yield Finding(span, f"No fact says “{passage.text[span[0] : span[1]]}”.")


def _known(passage: Passage, world: World, token: Token) -> frozenset[str]:
    """Stems of the facts of what a word may speak of, the brand's included."""
    picks = bound_picks(passage, world, token.start, token.end)
    return world.shared_words.union(*(pick.soft_stems for pick in picks))


def _processes(passage: Passage, world: World) -> Iterator[Finding]:
    """ "raku-fired", "wild-caught", "stone-washed": a participle of making behind a hyphen."""
    done, plain = word_list("processes_en"), word_list("plain_compounds_en")
    if world.language != "en" or "-" not in passage.text:
        return
    for at in range(1, len(passage.tokens)):
        first, second = passage.tokens[at - 1], passage.tokens[at]
        if passage.text[first.end : second.start] != "-" or second.word not in done or first.word in plain:
            continue
        inside = passage.is_in_name(first.start, second.end) or passage.is_negated(first.start, second.end)
        if not inside and not {stem(first.word), stem(second.word)} & _known(passage, world, second):
            said = passage.text[first.start : second.end]
            yield Finding((first.start, second.end), f"Nothing in the facts says “{said}”.")


def _promised_traits(passage: Passage, world: World) -> Iterator[Finding]:
    """ "Freezer safe", "pet-proof", "trocknergeeignet": a noun and what it is said to stand, or to be free of."""
    found = {"en": _traits_of_two_words, "de": _german_traits}.get(world.language)
    for first, last, said in found(passage) if found else ():
        known = {stem(word) for word in said} & _known(passage, world, first)
        inside = passage.is_in_name(first.start, last.end) or passage.is_negated(first.start, last.end)
        if not known and not inside and not _is_claimed_elsewhere(passage, first, last):
            surface = passage.text[first.start : last.end]
            yield Finding((first.start, last.end), f"Nothing in the facts says “{surface}”.")


def _is_claimed_elsewhere(passage: Passage, first: Token, last: Token) -> bool:
    """The families of claims know it, and which facts license it."""
    judged = ("attribute:", "claim.", "discount.", "shipping.")
    hits = (hit for name in passage.families if name.startswith(judged) for hit in passage.hits(name))
    return any(hit.start < last.end and first.start < hit.end for hit in hits)


def _traits_of_two_words(passage: Passage) -> Iterator[tuple[Token, Token, tuple[str, ...]]]:
    traits = word_list("trait_heads_en")
    if passage.words.isdisjoint(traits):
        return
    plain = word_list("plain_compounds_en") | word_list("function_words_en")
    for first, second in pairwise(passage.tokens):
        if _is_of_people(passage, second):
            continue
        if second.word in traits and first.word not in plain and first.sentence == second.sentence:
            between = passage.text[first.end : second.start]
            if between == "-" or (between == " " and second.word in _LOOSE_HEADS and first.word not in _VERBS):
                yield first, second, (first.word,)


_PEOPLE = frozenset(
    "table tables household households home homes kitchen kitchens day days night nights week weeks month monday "
    "mondays tuesday wednesday thursday friday fridays weekend weekends diet diets eater eaters cook cooks guest "
    "guests zone".split()
)


def _is_of_people(passage: Passage, trait: Token) -> bool:
    """ "Meat-free tables, rejoice": said of who eats and when, not of the thing."""
    behind = passage.tokens_in(trait.end, trait.end + 2)[:1]
    return bool(behind) and behind[0].word in _PEOPLE


def _german_traits(passage: Passage) -> Iterator[tuple[Token, Token, tuple[str, ...]]]:
    """Adjectives only: "das Sommerfest" is written with a capital."""
    plain = word_list("plain_traits_de")
    for token in passage.tokens:
        match = _GERMAN_TRAIT.match(token.word) if len(token.word) > 7 and token.surface[0].islower() else None
        if match and match[1] not in plain:
            yield token, token, (token.word, match[1])


def _compounds(passage: Passage, world: World) -> Iterator[Finding]:
    """ "Gänsedaunen" of a blanket of duck's down, "Kohlenstoffstahl": German writes a material with its kind."""
    if world.language != "de":
        return
    for token in passage.tokens:
        match = _GERMAN_MATERIAL.fullmatch(token.word)
        if not match or not token.surface[0].isupper() or passage.is_in_name(token.start, token.end):
            continue
        known = _known(passage, world, token)
        kind = match[1][:MIN_KIND]
        is_fact = stem(token.word) in known or any(word.startswith(kind) for word in known)
        judged = passage.is_negated(token.start, token.end) or _is_claimed_elsewhere(passage, token, token)
        if not is_fact and not judged:
            yield Finding((token.start, token.end), f"Nothing in the facts says “{token.surface}”.")


def _purity(passage: Passage, world: World) -> Iterator[Finding]:
    """ "Pure merino" of a thing that is 62 % merino."""
    for hit in passage.hits("making.pure"):
        shares = [
            item.value
            for pick in bound_picks(passage, world, hit.start, hit.end)
            for item in pick.quantities
            if item.kind is Kind.PERCENT
        ]
        mixed = not shares and _is_mixed(bound_picks(passage, world, hit.start, hit.end))
        if (mixed or (shares and 100 not in shares)) and not passage.is_negated(hit.start, hit.end):
            yield Finding((hit.start, hit.end), "The facts give it other parts.")


def _is_mixed(picks: Sequence[ProductView]) -> bool:
    """ "laine et jute": one field names two materials."""
    values = [str(value) for pick in picks for value in pick.facts.attributes.values() if isinstance(value, str)]
    return any(
        len({family for part in _AND.split(value) for family in claims_in(part) if family in MATERIAL_CLAIMS}) > 1
        for value in values
        if _AND.search(value)
    )


def _place_beside(passage: Passage, world: World, hit: Hit) -> Token | None:
    """The name of a place behind a word of making (in German around it), if its clause has one."""
    _, end = passage.clause_at(hit.start, hit.end)
    behind = [token for token in passage.tokens[hit.last : hit.last + REACH + NAME_REACH + 1] if token.start < end]
    if world.language == "de":
        return _german_place(passage, world, [*passage.tokens[max(0, hit.first - 2) : hit.first], *behind])
    cues = word_list("place_prepositions")
    for at, token in enumerate(behind[: REACH + NAME_REACH]):
        after = behind[at + 1 : at + 1 + NAME_REACH] if token.word in cues else []
        if place := next((other for other in after if _is_place(passage, world, other)), None):
            return place
    return None


def _german_place(passage: Passage, world: World, around: Sequence[Token]) -> Token | None:
    """Around the participle ("in Vic geschmiedet"). German writes every noun with a capital: only one right behind
    "in", without an article, is surely a place, or one told by its adjective ("im Bayerischen Wald")."""
    for before, token in pairwise(around):
        told = before.word == "in" or (before.word == "im" and token.word.endswith("ischen"))
        if told and _is_place(passage, world, token):
            return token
    return None


def _is_place(passage: Passage, world: World, token: Token) -> bool:
    """Written like a name, and no day, month, product or person of this e-mail."""
    if not token.surface[0].isupper() or len(token.word) < 3 or token.word in MONTHS or token.word in WEEKDAYS:
        return False
    named = [(mention.start, mention.end) for mention in passage.mentions]
    return not overlaps((token.start, token.end), named) and token.word not in word_list("no_places")
