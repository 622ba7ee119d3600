"""`attribute.invented`: what is said of a product (material, origin, certificate, benefit, number) is in its facts.

A claim is a family of words in four languages. It is licensed when the facts of the pick it is about hold the
same family, or, where a family gathers many claims, the same words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from evals.checks.bind import bound_picks
from evals.checks.contradicted import contradictions, is_beside_place
from evals.checks.denied import denied_claims
from evals.checks.evidence import is_graded, is_loose, is_other_side
from evals.checks.extras import extra_items
from evals.checks.making import making_claims
from evals.checks.measures import facts_of, is_near, number_claims
from evals.checks.scenery import is_of_field, is_served, is_vessel
from evals.checks.testimonials import retold
from evals.licences import ProductView, claims_in, quantities_in, stems_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.text.canonical import fold
from evals.text.lexicon import families, word_list
from evals.text.names import stem
from evals.text.numerals import LANGUAGES, number_words
from evals.text.phrases import Hit
from evals.text.tokens import Token
from evals.verdict import Severity
from evals.world import World

OBJECT_WORDS = 3
AKIN = 4
"""Letters that forms of a word share at least."""
ROOT = 3
"""Letters that a field and a verb share ("drying", "dries")."""
_ABSENT = frozenset("no not without free zero non ohne kein keine keinen frei sans sin libre".split())
_LOOSE = frozenset("down up away flat small into together neatly mit avec con with size sized taille talla".split())
"""Words of a claim that say nothing by themselves."""
_FLAVOUR_KEYS = re.compile(
    r"flavou?r|taste|tasting|note|aroma|scent|smell|fragran|perfum|parfum|duft|geschmack|ingredi|zutat|sabor|gout|goût|olor"
    r"|senteur|arom|contains|enthalt|sorte|variety|cepage|uva|recipe|rezept|base",
    re.IGNORECASE,
)
_EDIBLE = re.compile(
    r"coffee|kaffee|café|tea\b|tee\b|thé\b|wine|wein|vin\b|vino|jam|honey|honig|miel|chocolat|schoko|candle|kerze|bougie"
    r"|vela\b|soap|seife|savon|jabón|cream|creme|crème|crema|serum|balm|\boils?\b|öl\b|huile\b|sauce|bar\b|bars\b|snack|treat"
    r"|food|futter|gin\b|beer|bier|cider|syrup|sirup|granola|muesli|beans|bohnen|roast|röstung|blend|mischung",
    re.IGNORECASE,
)
_FOODS = frozenset(
    "lemon honey cinnamon vanilla ginger cocoa chocolate caramel hazelnut almond citrus peppermint lavender oatmeal "
    "caffeine honig zimt vanille ingwer zitrone zitronen kakao schokolade karamell haselnuss mandel lavendel koffein "
    "miel cannelle gingembre citron cacao chocolat caramel menthe noisette lavande "
    "canela vainilla jengibre limon chocolate caramelo menta lavanda".split()
)
"""Beside a jug or a pan these are what is served, not what it is made of."""
_MATERIALS = frozenset(
    f"attribute:{name}"
    for name in "wood metal steel iron leather wool cotton linen silk ceramic glass stone plastic".split()
)
_BATTERY = "attribute:rechargeable"
_BATTERY_KEYS = re.compile(r"batter|akku|playtime|play_time|runtime|autonom|laufzeit")
_COUNTRIES = {
    stem(people): stem(country)
    for people, country in {
        "spanish": "spain", "french": "france", "dutch": "netherlands", "swiss": "switzerland", "welsh": "wales",
        "irish": "ireland", "danish": "denmark", "polish": "poland", "turkish": "turkey", "greek": "greece",
        "english": "england", "scottish": "scotland", "swedish": "sweden", "finnish": "finland",
        "portuguese": "portugal", "peruvian": "peru", "norwegian": "norway",
    }.items()
}  # fmt: skip
"""Words for what comes from a country that its name does not begin."""
_FOR = frozenset("for fur furs pour para".split())
_DEFINITE = frozenset("the das die den der le la les el los las your dein deine ihr votre tu".split())
_BITS = frozenset("stuck piece pieces bout morceau trozo".split())
_CERTIFIED = re.compile(r"certif|zertifi|labelli|gepruft|approved")
_ONE = frozenset("a an un une una ein eine einen".split())


@rule("attribute.invented")
def invented(passage: Passage, world: World) -> Iterable[Finding]:
    """Claim words, measures, counts, percentages and years that the facts do not license."""
    for family in passage.families:
        if family.startswith("attribute:"):
            yield from _claims(passage, world, family)
    yield from making_claims(passage, world)
    yield from denied_claims(passage, world)
    yield from contradictions(passage, world)
    yield from extra_items(passage, world)
    yield from number_claims(passage, world)


def _claims(passage: Passage, world: World, family: str) -> Iterable[Finding]:
    kind = families()[family]
    for hit in passage.hits(family):
        denied = passage.is_negated(hit.start, hit.end) or passage.is_set_aside(hit.start)
        if denied or _is_in_name(passage, hit) or _is_scenery(passage, hit) or is_other_side(passage, hit):
            continue
        picks = bound_picks(passage, world, hit.start, hit.end)
        licensed = is_of_field(passage, hit, picks) or is_graded(passage, hit, picks) or _is_timed(passage, hit, picks)
        licensed = licensed or (family == "attribute:country" and is_beside_place(passage, hit.end, picks))
        licensed = licensed or _is_licensed(passage, world, hit, picks, kind)
        if not licensed or _is_denied(passage, hit, picks):
            said = passage.text[hit.start : hit.end]
            severity = Severity.WARN if kind.get("weight") == "soft" or is_loose(passage, hit, kind) else None
            yield Finding(
                (hit.start, hit.end), f"Nothing in the facts says “{said}”.", source=facts_of(picks), severity=severity
            )


def _is_timed(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "Dries in two hours" of a drying time of two hours: the field of that word gives the time right behind it."""
    said = [item for item in passage.quantities if item.what == "time" and 0 <= item.start - hit.end <= 1]
    roots = {token.word[:ROOT].replace("y", "i") for token in passage.tokens[hit.first : hit.last]}
    fields = [(key, str(value)) for pick in picks for key, value in pick.facts.attributes.items()] if said else []
    return any(
        is_near(item, reading)
        for key, value in fields
        if key[:ROOT].replace("y", "i") in roots
        for fact in quantities_in(value, "en", "")
        for reading in fact.readings
        for item in said
    )


def _is_denied(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "The pan takes induction; the pot does not": what one has may be said beside the other that lacks it, but not
    of both."""
    start, end = passage.clause_at(hit.start, hit.end)
    together = any(start <= cue.start < end for cue in passage.hits("money.sum"))
    stated = any(hit.family in pick.hard_claims for pick in picks)
    return (together or not stated) and any(hit.family in pick.denied_claims for pick in picks)


def _is_scenery(passage: Passage, hit: Hit) -> bool:
    """What a claim word says of the world, not of the product: "for the wood", "a lemon and a friend"."""
    if hit.family in _MATERIALS and (_is_purpose(passage, hit) or is_vessel(passage, hit)):
        return True
    if hit.family == "attribute:ingredients" and is_served(passage, hit):
        return True
    if hit.family == "attribute:ingredients" and fold(_said(passage, hit)) in _FOODS and not _has_flavour(passage):
        return True
    return hit.family == "attribute:ingredients" and hit.last - hit.first == 1 and _follows_one(passage, hit)


def _follows_one(passage: Passage, hit: Hit) -> bool:
    return hit.first > 0 and passage.tokens[hit.first - 1].word in _ONE


def _said(passage: Passage, hit: Hit) -> str:
    return passage.text[hit.start : hit.end]


def _is_purpose(passage: Passage, hit: Hit) -> bool:
    """ "For the wood: a litre of oil", "ein Stück Holz": what the thing is for, or what else one buys."""
    before = [token.word for token in passage.tokens[max(0, hit.first - 2) : hit.first]]
    return bool(before) and (
        before[-1] in _FOR or (before[0] in _FOR and before[-1] in _DEFINITE) or before[-1] in _BITS
    )


def _has_flavour(passage: Passage) -> bool:
    """A pick has a field of taste, scent or contents, so that honey may be a claim; elsewhere it is served."""
    picks = [passage.pick] if passage.pick else passage.world.picks
    if not any(pick.facts.attributes for pick in picks):
        return True
    return any(_FLAVOUR_KEYS.search(pick.attribute_text) or _EDIBLE.search(pick.soft_text) for pick in picks)


def _is_in_name(passage: Passage, hit: Hit) -> bool:
    return any(mention.start <= hit.start and hit.end <= mention.end for mention in passage.mentions)


def _is_licensed(
    passage: Passage, world: World, hit: Hit, picks: Sequence[ProductView], kind: dict[str, object]
) -> bool:
    strict = kind.get("weight") == "certificate"
    if strict and _names_certificate(passage, hit, picks):
        return True
    told = retold(passage, world)
    if told and (hit.family in claims_in(told) or _words_of(passage, hit) <= stems_in(told)):
        return True
    if strict and hit.first < len(passage.tokens) and passage.tokens[hit.first].word in _ABSENT:
        denied = frozenset[str]().union(*(stems_in(pick.denied_text) for pick in picks))
        if _words_of(passage, hit) - set(map(stem, _ABSENT)) <= denied:
            return True
    if _said(passage, hit).lower().endswith(" battery") and _lasts_a_charge(passage, hit, picks):
        return True
    if kind.get("match"):
        known = world.shared_words.union(*(pick.hard_stems if strict else pick.soft_stems for pick in picks))
        if kind["match"] == "word":
            words = _words_of(passage, hit)
            if hit.family == "attribute:compat" and known & set(_words_behind(passage, hit)[:OBJECT_WORDS]):
                return True  # "compatible induction", which it is
            compound = world.language == "de" and _is_built_of_facts(words, picks)
            return compound or all(_is_akin(word, known) for word in words)
        behind = _words_behind(passage, hit)
        named = bool(known & set(behind[: 1 if kind["match"] == "slot" else OBJECT_WORDS]))
        return named or not behind
    if hit.family in world.shared_claims or (hit.family == _BATTERY and _lasts_a_charge(passage, hit, picks)):
        return True
    if any(hit.family in (pick.hard_claims if strict else pick.soft_claims) for pick in picks):
        return True
    stated = frozenset[str]().union(*(pick.hard_stems if strict else pick.soft_stems for pick in picks))
    words = _words_of(passage, hit)
    return bool(words) and words <= stated


def _is_built_of_facts(hit_words: set[str], picks: Sequence[ProductView]) -> bool:
    """ "Eichenbrett" of a board of oak: a German compound that begins with one of the facts."""
    facts = [word for pick in picks for word in pick.hard_stems if len(word) >= AKIN]
    return bool(hit_words) and all(any(word.startswith(fact) for fact in facts) for word in hit_words)


def _lasts_a_charge(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "Thirty-eight hours on a charge": a field of the battery tells how long it runs."""
    if not _said(passage, hit).lower().endswith(("charge", "charges", "battery")):
        return False
    fields = ((key, value) for pick in picks for key, value in pick.facts.attributes.items())
    batteries = [str(value) for key, value in fields if _BATTERY_KEYS.search(key)]
    lasts = {reading for value in batteries for item in quantities_in(value, "en", "") for reading in item.readings}
    start, end = passage.clause_at(hit.start, hit.end)
    said = [item for item in passage.quantities if item.what == "time" and start <= item.start < end]
    return any(any(is_near(item, value) for value in lasts) for item in said)


def _is_akin(word: str, known: Collection[str]) -> bool:
    """The word itself, a compound with it ("hoehenverstellbar"), or another form ("packs" of "packable")."""
    if word in known or word in _LOOSE or _COUNTRIES.get(word) in known:
        return True
    long = [other for other in known if len(other) >= AKIN]
    root = word[:AKIN] if len(word) <= AKIN + 1 else word[: len(word) - 2]
    return len(word) >= AKIN and any(other.startswith(root) or other.endswith(word) for other in long)


def _names_certificate(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "Certified" beside the very name of a certificate that the facts hold ("graines certifiées Ecocert")."""
    said = passage.text[hit.start : hit.end]
    around = passage.tokens[max(0, hit.first - 2) : hit.last + 5]
    names = [
        stem(token.word)
        for token in around
        if token.surface.isupper() or (token.surface[0].isupper() and passage.world.language != "de")
    ]
    titles = frozenset[str]().union(*(stems_in(pick.facts.name) for pick in picks))
    known = frozenset[str]().union(*(stems_in(pick.attribute_text) for pick in picks)) - titles
    return _CERTIFIED.match(fold(said)) is not None and any(len(name) > 1 and name in known for name in names)


def _words_of(passage: Passage, hit: Hit) -> set[str]:
    """Stems of the words of a hit that carry the claim; numbers are judged as numbers."""
    numbers = number_words(passage.world.language)
    return {
        stem(token.word)
        for token in passage.tokens[hit.first : hit.last]
        if not _is_function_word(passage, token) and token.word not in numbers and not token.word[0].isdigit()
    }


def _words_behind(passage: Passage, hit: Hit) -> list[str]:
    """Stems from the last word of a hit on, to the end of its sentence, function words left out."""
    sentence = passage.tokens[hit.first].sentence
    behind = passage.tokens[hit.last - 1 : hit.last + 2 * OBJECT_WORDS]
    return [
        stem(token.word) for token in behind if token.sentence == sentence and not _is_function_word(passage, token)
    ]


def _is_function_word(passage: Passage, token: Token) -> bool:
    own = f"function_words_{passage.world.language}"
    return token.word in word_list("function_words_en") or (
        passage.world.language in LANGUAGES and token.word in word_list(own)
    )
