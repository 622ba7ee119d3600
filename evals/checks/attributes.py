"""`attribute.invented`: what is said of a product (material, origin, certificate, benefit, number) is in its facts.

A claim is a family of words in four languages. It is licensed when the facts of the pick it is about hold the
same family, or, where a family gathers many claims, the same words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from evals.checks.bind import bound_picks
from evals.checks.contradicted import contradictions
from evals.checks.denied import denied_claims
from evals.checks.evidence import follows_denial, is_graded, is_loose, is_other_side
from evals.checks.extras import extra_items
from evals.checks.making import making_claims
from evals.checks.measures import facts_of, is_measured_so, is_near, number_claims
from evals.checks.passing import is_passing
from evals.checks.scenery import is_from_vessel, is_inherent, is_music, is_of_field, is_own_doing, is_served, is_vessel
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
ENDING = 2
"""Letters by which the gender of a colour may lengthen it."""
AKIN = 4
"""Letters that forms of a word share at least."""
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
_FRUIT = frozenset(
    "strawberry strawberries raspberry raspberries blueberry blueberries mango peach pear apple cherry cherries banana "
    "coconut pineapple plum orange berry berries grape grapes fig figs apricot melon lime toffee butter cream nut nuts "
    "coffee tea pine cedar rose roses leather smoke tobacco".split()
)
_MATERIALS = frozenset(
    f"attribute:{name}"
    for name in "wood metal steel iron leather wool cotton linen silk ceramic glass stone plastic".split()
)
_BATTERY = "attribute:rechargeable"
_BATTERY_KEYS = re.compile(r"batter|akku|playtime|play_time|runtime|autonom|laufzeit")
_FOR = frozenset("for fur furs pour para".split())
_DEFINITE = frozenset("the das die den der le la les el los las your dein deine ihr votre tu".split())
_BITS = frozenset("stuck piece pieces bout morceau trozo".split())
_CERTIFIED = re.compile(r"certif|zertifi|labelli|gepruft|approved")
_ONE = frozenset("a an un une una ein eine einen".split())
_ANY_ONE = _ONE | frozenset("every each any some no jedes jede jeder chaque tout cada".split())
_YOURS = frozenset("your dein deine ihr ihre votre vos ton ta tes tu tus su sus".split())
_MADE = (
    frozenset(
        "with of in has have notes it they this these mit aus in hat haben noten er es sie diese dieser dieses avec "
        "de au a aux notes il elle ce cette con de en tiene notas este esta".split()
    )
    - _DEFINITE
)
"""Words by which a clause may say that something is in a product."""
_NO_TASTE = frozenset(
    "nothing itself themselves more home nichts mehr rien nada spring summer autumn fall winter fruhling sommer herbst "
    "printemps ete automne hiver primavera verano otono invierno".split()
)
"""Behind "tastes of" they name no flavour."""


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
        if denied or _is_in_name(passage, hit) or _is_scenery(passage, hit) or _is_of_gift(passage, world, hit):
            continue
        if _is_of_reader(passage, world, hit) or follows_denial(passage, hit) or is_other_side(passage, hit):
            continue
        picks = bound_picks(passage, world, hit.start, hit.end)
        licensed = is_of_field(passage, hit, picks) or is_measured_so(passage, hit, picks, _words_of(passage, hit))
        licensed = licensed or is_graded(passage, hit, picks) or _is_licensed(passage, world, hit, picks, kind)
        if not licensed or _is_denied(passage, hit, picks):
            said = passage.text[hit.start : hit.end]
            severity = Severity.WARN if kind.get("weight") == "soft" or is_loose(passage, hit, kind) else None
            yield Finding(
                (hit.start, hit.end), f"Nothing in the facts says “{said}”.", source=facts_of(picks), severity=severity
            )


def _is_denied(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "The pan takes induction; the pot does not": what one has may be said beside the other that lacks it, but not
    of both."""
    start, end = passage.clause_at(hit.start, hit.end)
    together = any(start <= cue.start < end for cue in passage.hits("money.sum"))
    stated = any(hit.family in pick.hard_claims for pick in picks)
    return (together or not stated) and any(hit.family in pick.denied_claims for pick in picks)


def _is_scenery(passage: Passage, hit: Hit) -> bool:
    """What a claim word says of the world, not of the product: "October smells of rain", "with a lid's patience",
    "a lemon and a friend"."""
    if (hit.family in _MATERIALS and _is_purpose(passage, hit)) or is_music(passage, hit):
        return True
    glass = hit.family == "attribute:glass" and is_vessel(passage, hit)
    if glass or is_own_doing(passage, hit) or is_from_vessel(passage, hit) or is_inherent(passage, hit):
        return True
    if hit.family in ("attribute:ingredients", "attribute:fruit") and is_served(passage, hit):
        return True
    food = hit.family == "attribute:ingredients" and fold(_said(passage, hit)) in _FOODS
    if food and (not _has_flavour(passage) or _is_of_nothing(passage, hit)):
        return True
    if hit.family == "attribute:components":
        return passage.text[hit.end - 2 : hit.end] == "'s" or _is_of_idea(passage, hit)
    if hit.family == "attribute:parts" and _is_term(passage, hit):
        return True
    if hit.family == "attribute:colour" and any(map(str.isdigit, _said(passage, hit))):
        return True  # "comes in 700x35c": sizes are judged as numbers
    if hit.family == "attribute:fruit" and (_has_no_scent(passage, hit) or _is_of_parcel(passage, hit)):
        return True
    if hit.family == "attribute:fruit" and (
        passage.tokens[hit.last - 1].word in _NO_TASTE
        or is_passing(passage.tokens[hit.last - 1].word.removesuffix("s"))
        or _is_likened(passage, hit)
    ):
        return True
    if hit.family == "attribute:ingredients":
        return hit.last - hit.first == 1 and hit.first > 0 and passage.tokens[hit.first - 1].word in _ONE
    if hit.family != "attribute:fruit":
        return False
    start, _ = passage.clause_at(hit.start, hit.end)
    before = passage.tokens_in(start, hit.start)
    named = any(start <= mention.start < hit.start and mention.strength for mention in passage.mentions)
    return not named and any(token.word in word_list("scenes") for token in before)


def _is_term(passage: Passage, hit: Hit) -> bool:
    """ "Comes with 60 days to decide", "with a ten-year warranty": numbers and policies are judged as such."""
    promised = any(0 <= other.first - hit.last <= OBJECT_WORDS for other in passage.hits("policy.promise"))
    return passage.tokens[hit.last - 1].surface[0].isdigit() or promised


def _has_no_scent(passage: Passage, hit: Hit) -> bool:
    """ "It smells of the sea" of a book: no pick has a taste or a scent, so that none is described by it."""
    sensed = fold(_said(passage, hit)).startswith(("smells", "tastes", "duftet", "schmeckt", "huele", "sabe", "sent"))
    return sensed and not _has_flavour(passage)


def _is_of_parcel(passage: Passage, hit: Hit) -> bool:
    """ "Packed with straw, rooting for you": in a closing that names no product, it is the parcel."""
    named = any(mention.strength for mention in passage.mentions) or passage.hits(*passage.world.product_types)
    return passage.name == "closing" and passage.tokens[hit.first].word in ("packed", "lined", "filled") and not named


def _is_likened(passage: Passage, hit: Hit) -> bool:
    """ "Tastes like a campfire": likened to a thing that is no food; "like a ripe peach" names a flavour."""
    *_, like, slot = passage.tokens[hit.first : hit.last]
    if like.word != "like" or slot.word not in _ONE:
        return False
    end = passage.clause_at(hit.start, hit.end)[1]
    behind = passage.tokens_in(hit.end, end)[:OBJECT_WORDS]
    foods = {other.first for other in passage.hits("attribute:ingredients", "attribute:fruit")}
    return not any(passage.tokens.index(token) in foods or token.word in _FOODS | _FRUIT for token in behind)


def _is_of_nothing(passage: Passage, hit: Hit) -> bool:
    """ "Happy Easter, and go easy on the chocolate": outside a pitch, in a clause that names no product and where no
    word says that the food is in one."""
    start, end = passage.clause_at(hit.start, hit.end)
    words = {token.word for token in passage.tokens_in(start, hit.start)}
    named = any(start <= mention.start < end for mention in passage.mentions)
    kinds = any(start <= other.start < end for other in passage.hits(*passage.world.product_types))
    before = passage.tokens[hit.first - 1].word if hit.first else ""
    # "Chocolate, we leave to the rabbit": set in front, it is what the sentence is about.
    topic = not words and passage.text.startswith(", ", hit.end)
    led = before in _DEFINITE or topic
    return passage.name in ("opening", "closing") and led and not (named or kinds or words & _MADE)


def _is_of_idea(passage: Passage, hit: Hit) -> bool:
    """ "Here is a hint with a handle": right before it stands a thing that is neither a product nor part of one."""
    article, noun = passage.tokens[hit.first - 2 : hit.first] if hit.first > 1 else (None, None)
    if article is None or noun is None or article.word not in _ANY_ONE or noun.end + 1 != hit.start:
        return False
    typed = any(other.start <= noun.start < other.end for other in passage.hits(*passage.world.product_types))
    return not typed and stem(noun.word) not in passage.world.known_words


def _is_of_gift(passage: Passage, world: World, hit: Hit) -> bool:
    """ "A bookmark comes with it": the offer's gift comes with the order."""
    offer = world.snapshot.offer
    if offer is None or offer.kind != "gift" or "with" not in fold(_said(passage, hit)).split():
        return False
    part = passage.sentence_at(hit.start)
    gift = stems_in(str(offer.value)) - word_list("function_words_en")
    return any(stem(token.word) in gift for token in passage.tokens_in(part.start, part.end))


def _is_of_reader(passage: Passage, world: World, hit: Hit) -> bool:
    """The reader's own name ("Jean-François" wears no denim), and what is theirs ("tu lavabo huele a patio")."""
    name = fold(world.snapshot.person.first_name or "")
    if (
        name
        and fold(_said(passage, hit)) in re.split(r"[\s'-]", name)
        and passage.tokens[hit.first].surface[0].isupper()
    ):
        return True
    if hit.family != "attribute:fruit" or hit.first < 2:
        return False
    owner, thing = passage.tokens[hit.first - 2 : hit.first]
    named = any(mention.start <= thing.start < mention.end for mention in passage.mentions)
    return owner.word in _YOURS and not named and stem(thing.word) not in world.known_words


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
    if _counts_choices(passage, hit, picks):
        return True
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
        colour = hit.family == "attribute:colour" and any(_is_same_colour(word, known) for word in behind[:1])
        named = bool(known & set(behind[: 1 if kind["match"] == "slot" else OBJECT_WORDS]))
        return colour or named or not behind
    if hit.family in world.shared_claims or (hit.family == _BATTERY and _lasts_a_charge(passage, hit, picks)):
        return True
    if any(hit.family in (pick.hard_claims if strict else pick.soft_claims) for pick in picks):
        return True
    stated = frozenset[str]().union(*(pick.hard_stems if strict else pick.soft_stems for pick in picks))
    words = _words_of(passage, hit)
    return bool(words) and words <= stated


def _is_same_colour(word: str, known: Collection[str]) -> bool:
    """ "En rojo" of a light that is "roja": a colour in another gender."""
    root = word[:-1] if len(word) > AKIN - 1 else word
    return any(other.startswith(root) and abs(len(other) - len(word)) <= ENDING for other in known)


def _counts_choices(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "Comes in two colours", of what lists two."""
    if hit.family != "attribute:size_run":
        return False
    said = {item.value for item in passage.quantities if hit.start <= item.start < hit.end}
    values = (value for pick in picks for value in pick.facts.attributes.values())
    lengths = {len(value) if isinstance(value, list) else len(str(value).split(",")) for value in values}
    return bool(said) and any(number in lengths for number in said)


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
    if word in known or word in _LOOSE:
        return True
    long = [other for other in known if len(other) >= AKIN]
    root = word[:AKIN] if len(word) <= AKIN + 1 else word[: len(word) - 2]
    return len(word) >= AKIN and any(other.startswith(root) or other.endswith(word) for other in long)


def _names_certificate(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "Certified" beside the very name of a certificate that the facts hold ("graines certifiées Ecocert")."""
    said = passage.text[hit.start : hit.end]
    around = passage.tokens[max(0, hit.first - 2) : hit.last + 3]
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
