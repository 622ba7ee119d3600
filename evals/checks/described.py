"""`attribute.invented`: a look, a feel, a material or a decoration that a text gives to a pick and no fact knows.

`attribute.invented` reads words; this rule reads constructions. "Soft" alone is taste, but "has a soft, cosy
texture" describes the thing, so its texture must be in the facts of that very pick: what else the reader bought
licenses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from evals.checks.bind import bound_picks
from evals.licences import ProductView, claims_in, stems_in, words_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.lexicon import families, phrases_of, word_list
from evals.text.names import stem
from evals.text.numerals import LANGUAGES
from evals.text.phrases import Hit, PhraseMatcher
from evals.text.tokens import Token
from evals.world import World

REACH = 6
"""Words between "has a" and the noun, at most."""
MATERIAL_REACH = 4
_KNOWN_BY = ("trait:", "describe.personal")
_PRODUCT_PRONOUNS = frozenset(
    "it they this these that which each both all es sie er dies diese dieser dieses das il elle ils elles ce cela qui "
    "este esta estos estas ese esa que".split()
)
_JOINERS = frozenset("and or very quite rather und oder sehr et ou tres y o e muy".split())
_ARTICLES = frozenset("a an the its their ein eine einen einem einer un une uno una el la le les los las d l".split())
_ANDS = frozenset(("and", "but", "und", "aber", "et", "mais", "y", "pero"))
_THIRD_PERSON = frozenset(
    "has features boasts hat besitzt bietet a possede presente offre tiene posee presenta".split()
)
_EVALUATIVE = frozenset(
    map(
        stem,
        "beautiful lovely nice pretty great simple unique classic timeless special good fine wonderful new different "
        "certain own whole plain quiet second closer schon schone schones schonen einfach besonderes neue neuer "
        "eigene beau belle joli jolie simple unique nouveau nouvelle propre bonito bonita lindo bello bella sencillo "
        "unico nuevo nueva propio".split(),
    )
)
_MATERIAL_CLAIMS = frozenset(
    f"attribute:{name}"
    for name in "wool cashmere cotton linen silk leather synthetic down wood iron steel metal ceramic glass stone "
    "plastic wax".split()
)


@lru_cache(maxsize=1)
def _facts_matcher() -> PhraseMatcher:
    """Traits and words of personalisation in all languages, as facts may hold them."""
    wanted = {name: phrases_of(kind, LANGUAGES) for name, kind in families().items() if name.startswith(_KNOWN_BY)}
    return PhraseMatcher(wanted)


@lru_cache(maxsize=4096)
def traits_in(text: str) -> frozenset[str]:
    """Families of traits that a fact's text speaks of."""
    return frozenset(hit.family for hit in _facts_matcher().find(words_in(text, "en")))


@rule("attribute.invented", more=True, when=has(families=("describe.",)))
def described(passage: Passage, world: World) -> Iterable[Finding]:
    """ "has a soft texture", "is made of red wicker", "engraved with your name", where the facts are silent."""
    if not any(family.startswith("describe.") for family in passage.families):
        return
    givers = _givers(passage)
    yield from _traits(passage, world, givers)
    yield from _other_things(passage, world, givers)
    yield from _materials(passage, world)
    yield from _decorations(passage, world)


def _traits(passage: Passage, world: World, givers: Mapping[int, Hit]) -> Iterable[Finding]:
    for family in passage.families:
        kind = families().get(family, {})
        if not family.startswith("trait:") or "measure" in kind:
            continue
        for hit in passage.hits(family):
            giver = _giver(passage, world, hit, givers)
            if giver is None or passage.is_negated(giver.start, hit.end):
                continue
            modifiers = _modifiers(passage, hit, giver)
            if modifiers and not _is_known(passage, world, hit, modifiers):
                found = passage.text[giver.start : hit.end]
                yield Finding((giver.start, hit.end), f"No fact of this product says “{found}”.")


def _other_things(passage: Passage, world: World, givers: Mapping[int, Hit]) -> Iterable[Finding]:
    """ "It has a white T-Light Holder", which is another product of the shop and no part of this one."""
    for mention in passage.mentions:
        titles = [world.names.things[number].title for number in mention.things]
        if mention.strength < 2 or _is_pick(world, mention.things):
            continue
        noun = Hit("", mention.start, mention.end, mention.first, mention.last)
        giver = _giver(passage, world, noun, givers)
        picks = bound_picks(passage, world, mention.start, mention.end)
        known = any(stems_in(title) <= stems_in(_own_text(pick)) for pick in picks for title in titles)
        known = known or _is_told_as_bought(passage, mention.end)
        if giver and giver.family == "describe.has" and not known and not passage.is_negated(giver.start, mention.end):
            yield Finding((giver.start, mention.end), f"{titles[0]} is another product.")


_BOUGHT_DE = re.compile(r"\b(?:gekauft|bestellt|geholt|mitgenommen|erworben)\b", re.IGNORECASE)


def _is_told_as_bought(passage: Passage, end: int) -> bool:
    """ "Sie haben „Teedose“ gekauft": a purchase, which the rules on their history judge."""
    german = passage.world.language == "de"
    return german and _BOUGHT_DE.search(passage.text, end, passage.sentence_at(end).end) is not None


def _givers(passage: Passage) -> dict[int, Hit]:
    """Every "has" and "with", by the index of the word behind it."""
    # "Comes with" is both, and then the verb counts.
    return {giver.last: giver for family in ("describe.with", "describe.has") for giver in passage.hits(family)}


def _giver(passage: Passage, world: World, hit: Hit, givers: Mapping[int, Hit]) -> Hit | None:
    """The "has a" or "with a" that leads to a noun, with nothing but its own words between, said of a product."""
    for at in range(hit.first, max(hit.first - REACH, 0) - 1, -1):
        giver = givers.get(at)
        if giver and passage.tokens[giver.first].sentence == passage.tokens[hit.first].sentence:
            return giver if _is_of_product(passage, world, giver) else None
        before = passage.tokens[at - 1] if at else None
        if before is None or (before.word in _function_words(passage) and not _is_inner(before)):
            return None
    return None


def _is_inner(token: Token) -> bool:
    return token.word in _ARTICLES or token.word in _JOINERS


@lru_cache(maxsize=8)
def _function_words_of(language: str) -> frozenset[str]:
    own = word_list(f"function_words_{language}") if language in LANGUAGES else frozenset[str]()
    return word_list("function_words_en") | own if language == "en" else own


def _function_words(passage: Passage) -> frozenset[str]:
    return _function_words_of(passage.world.language)


def _is_of_product(passage: Passage, world: World, giver: Hit) -> bool:
    """The word before is the pick's name, a word of it, or (for "has") a pronoun: "you have a look" says nothing."""
    if giver.first == 0:
        return False
    before = passage.tokens[giver.first - 1]
    if before.sentence != passage.tokens[giver.first].sentence:
        return False
    if before.surface == "Sie" and before.start != passage.sentence_at(before.start).start:
        return False  # the reader, in German: "wir hoffen, Sie haben Freude daran"
    if giver.family == "describe.has" and before.word in _PRODUCT_PRONOUNS:
        return passage.name == "pitch" or bool(passage.mentions)
    if before.word in _ANDS and passage.tokens[giver.first].word in _THIRD_PERSON:
        return passage.name == "pitch"
    if any(
        mention.start <= before.start < mention.end and _is_pick(world, mention.things) for mention in passage.mentions
    ):
        return True
    picks = [passage.pick] if passage.pick else world.picks
    return passage.name == "pitch" and any(stem(before.word) in stems_in(pick.facts.name) for pick in picks)


def _is_pick(world: World, things: frozenset[int]) -> bool:
    return any(world.names.things[number].index >= 0 for number in things)


def _modifiers(passage: Passage, hit: Hit, giver: Hit) -> set[str]:
    """Stems of the adjectives around a noun (behind it too in French and Spanish), praise left out."""
    around = list(passage.tokens[giver.last : hit.first])
    if passage.world.language in ("fr", "es"):
        end = passage.clause_at(hit.start, hit.end)[1]
        around += [token for token in passage.tokens[hit.last : hit.last + 3] if token.start < end]
    words = [token for token in around if not _is_inner(token) and token.word not in _function_words(passage)]
    return {stem(token.word) for token in words} - _EVALUATIVE


def _is_known(passage: Passage, world: World, hit: Hit, modifiers: set[str]) -> bool:
    picks = bound_picks(passage, world, hit.start, hit.end)
    texts = [*map(_own_text, picks), _brand_text(world)]
    # A trait in the name alone ("Colour Pencils") says nothing of the product's own.
    told = [text.removeprefix(pick.facts.name) for text, pick in zip(texts, picks, strict=False)]
    return any(hit.family in traits_in(text) for text in (*told, texts[-1])) or any(
        modifiers & stems_in(text) for text in texts
    )


def _own_text(pick: ProductView) -> str:
    """What is known of the thing itself; the reason it was chosen names other things."""
    return f"{pick.hard_text}\n{pick.facts.description}"


def _brand_text(world: World) -> str:
    return "\n".join(world.snapshot.brand.facts)


def _materials(passage: Passage, world: World) -> Iterable[Finding]:
    """ "made of X": the first material behind it is in the pick's own facts, or in the name of what is spoken of."""
    for maker in passage.hits("describe.made"):
        behind = passage.tokens[maker.last : maker.last + MATERIAL_REACH]
        end = passage.clause_at(maker.start, maker.end)[1]
        named = [hit for hit in _material_hits(passage) if maker.last <= hit.first < maker.last + len(behind)]
        for hit in [hit for hit in named if hit.start < end][:1]:
            owned = _is_of_order(passage, world, hit)
            if not owned and not passage.is_negated(maker.start, hit.end) and not _is_of(passage, world, hit):
                found = passage.text[maker.start : hit.end]
                yield Finding((maker.start, hit.end), f"No fact of this product says “{found}”.")


def _is_of_order(passage: Passage, world: World, hit: Hit) -> bool:
    """ "Was ist aus dem Leinen geworden, das Sie bestellt haben?": it is in the name of an order that is spoken of."""
    part = passage.sentence_at(hit.start)
    bought = any(part.start <= cue.start < part.end for cue in passage.hits("history.strong"))
    return bought and stem(passage.tokens[hit.first].word) in world.ordered_stems


def _material_hits(passage: Passage) -> list[Hit]:
    names = [name for name in passage.families if name.startswith("material:") or name in _MATERIAL_CLAIMS]
    return passage.hits(*names)


def _is_of(passage: Passage, world: World, hit: Hit) -> bool:
    """True when the facts hold the material, or the sentence is about something else that the reader owns."""
    sentence = passage.sentence_at(hit.start)
    others = [
        world.names.things[number].title
        for mention in passage.mentions
        if sentence.start <= mention.start < hit.start
        for number in mention.things
        if world.names.things[number].index < 0
    ]
    words = {stem(token.word) for token in passage.tokens[hit.first : hit.last]}
    owned = any(sentence.start <= other.start < hit.start for other in passage.hits("history.owned"))
    subject = any(token.word in _PRODUCT_PRONOUNS for token in passage.tokens_in(sentence.start, hit.start))
    named = passage.picks_named_in(sentence.start, hit.start)
    picks = bound_picks(passage, world, hit.start, hit.end) if subject or named else list(world.picks)
    texts = [*map(_own_text, picks), *others, _brand_text(world)]
    return owned or any(words & stems_in(text) or hit.family in _kinds_in(text, hit.family) for text in texts)


def _kinds_in(text: str, family: str) -> frozenset[str]:
    """Materials that a fact states, in any language; of families that gather many, the words themselves count."""
    return frozenset() if "match" in families()[family] else claims_in(text)


def _decorations(passage: Passage, world: World) -> Iterable[Finding]:
    """ "engraved with your name and date": some word of what is on it is in the facts, or they promise a name on it."""
    for hit in passage.hits("describe.decorated"):
        end = passage.clause_at(hit.start, hit.end)[1]
        # German frames it: "mit … graviert".
        inside = passage.tokens[hit.first + 1 : hit.last - 1] if passage.world.language == "de" else ()
        behind = list(inside) or [word for word in passage.tokens[hit.last : hit.last + REACH] if word.start < end]
        words = {stem(token.word) for token in behind if token.word not in _function_words(passage)}
        picks = bound_picks(passage, world, hit.start, hit.end)
        texts = [*map(_own_text, picks)]
        known = any(words & stems_in(text) or "describe.personal" in traits_in(text) for text in texts)
        if words and not known and not passage.is_negated(hit.start, hit.end):
            last = max(hit.end, behind[-1].end)
            yield Finding((hit.start, last), f"No fact of this product says “{passage.text[hit.start : last]}”.")
