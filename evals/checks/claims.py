"""`claim.medical` and `claim.unsubstantiated`: no health claims, and no superlative, award or green claim unproven.

FTC substantiation and Green Guides (16 CFR 260), Regulation (EC) 1924/2006, Directive (EU) 2024/825.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.checks.bind import bound_picks
from evals.licences import stems_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.text.phrases import Hit
from evals.verdict import Severity
from evals.world import World

_DISEASE = re.compile(r"^(?!nosta)\w{2,}(?:itis|algi[ae]|opathy|opathie|opatia)$")
"""The endings under which medicine names inflammations, pains and sufferings."""
LONGEST = 4
"""Words of a phrase that ranks and does nothing else."""
_RANKS = ("best", "meilleur", "mejor", "popular", "loved", "belle", "beau", "numero", "number", "nummer", "beats")
"""What the words that put something first begin with."""
_LEADING = frozenset("a of the de des du del d der des vom von in a an your ton votre tu".split())
"""Words that may stand between the rank and what it is of."""
_ONE = frozenset("one un uno eins".split())
HEAD = 2
"""Words behind "best" among which stands what is the best."""
_BOASTS = frozenset(
    "world market earth town country britain england scotland america europe ever anywhere money available around "
    "industry class planet city universe business life "
    "welt markt deutschlands osterreichs europas stadt land zeiten "
    "monde marche france europe ville pays planete secteur categorie generation "
    "mundo mercado espana mexico europa ciudad pais sector planeta historia".split()
)
_BESTSELLER = frozenset(
    "bestsell bestselling best sell popular favourit favorit loved wanted meistverkauft superventa vendid vendu".split()
)


@rule(
    "claim.medical",
    joined=True,
    when=has(Sign.NON_ASCII, families=("claim.medical",), marks=("itis", "algi", "opath", "opatia")),
)
def medical(passage: Passage, world: World) -> Iterable[Finding]:
    """Healing, preventing, relieving, boosting the body: never, whatever the feed says."""
    for hit in passage.hits("claim.medical"):
        if not passage.is_negated(hit.start, hit.end) and not _ends_in_denial(passage, world, hit):
            yield Finding((hit.start, hit.end), "A health claim; shops may not make it.")
    for token in passage.tokens:
        if _DISEASE.match(token.word) and not passage.is_negated(token.start, token.end):
            yield Finding((token.start, token.end), "It names a disease; shops may not say what helps against one.")


def _ends_in_denial(passage: Passage, world: World, hit: Hit) -> bool:
    """ "Gesund macht Wein nicht": German denies at the end of the clause."""
    words = [token.word for token in passage.tokens_in(hit.end, passage.clause_at(hit.start, hit.end)[1])]
    return world.language == "de" and bool(words) and words[-1] in ("nicht", "nie", "niemals")


@rule("claim.unsubstantiated", joined=True, when=has(families=("claim.unsubstantiated", "claim.puffery")))
def unsubstantiated(passage: Passage, world: World) -> Iterable[Finding]:
    """Best, number one, award-winning, eco-friendly: only where an attribute or a brand fact says the same."""
    for hit in passage.hits("claim.unsubstantiated"):
        idle = passage.is_negated(hit.start, hit.end) or _is_best_of_other(passage, world, hit)
        if not (idle or _is_verb_or_compound(passage, hit) or _is_licensed(passage, world, hit)):
            yield Finding((hit.start, hit.end), "No fact bears this claim out.")
    for hit in passage.hits("claim.puffery"):
        if not passage.is_negated(hit.start, hit.end):
            yield Finding((hit.start, hit.end), "Praise that says little.", severity=Severity.WARN)


def _is_verb_or_compound(passage: Passage, hit: Hit) -> bool:
    """ "They must have stories", "the best-dressed dog", "the best: no batteries": no must-have, and no best."""
    said, behind = passage.text[hit.start : hit.end].lower(), passage.text[hit.end : hit.end + 1]
    if said == "must have":
        return hit.first > 0 and passage.tokens[hit.first - 1].sentence == passage.tokens[hit.first].sentence
    return said.endswith("best") and behind in ("-", ":")


def _is_best_of_other(passage: Passage, world: World, hit: Hit) -> bool:
    """ "The best eggs of your week", "numéro un des petits déjeuners": the first of what this shop does not sell, in no
    place or time that would make it a boast. "The best skillet", "the best gift" and a bare "the best" are claims."""
    said = [token.word for token in passage.tokens[hit.first : hit.last]]
    ranked = [at for at, word in enumerate(said) if word.startswith(_RANKS)]
    if not ranked or hit.last - hit.first > LONGEST or not world.picks:
        return False
    stop = word_list("function_words_en") | word_list(f"function_words_{world.language}")
    start, end = passage.clause_at(hit.start, hit.end)
    around = [token.word for token in passage.tokens_in(start, end)]
    behind = [token.word for token in passage.tokens_in(hit.end, end)]
    if said[-1] in stop and said[-1] not in _LEADING | _ONE:
        return False
    led = behind[:1] and behind[0] in _LEADING
    near = passage.tokens_in(hit.end, end)[: HEAD + bool(led)]
    heads = [token.word for token in near if token.word not in stop]
    bare = not behind or (behind[0] in stop and behind[0] not in _LEADING)
    if not heads or bare or not _BOASTS.isdisjoint(around):
        return False
    sold = any(stem(word) in world.known_words or word in word_list("boasted_of") for word in heads)
    sold = sold or not word_list("boasted_of").isdisjoint(said)  # "the number one choice of thru-hikers"
    shown = any(hit.end <= kind.start < end for kind in passage.hits(*world.shown_types))
    return not (sold or shown or any(near[0].start <= kind.start < near[-1].end for kind in _kinds(passage)))


def _kinds(passage: Passage) -> list[Hit]:
    return passage.hits(*passage.world.product_types)


def _is_licensed(passage: Passage, world: World, hit: Hit) -> bool:
    """Its own words are in the typed facts or the brand's, or it speaks of sales and the shop says bestseller."""
    picks = bound_picks(passage, world, hit.start, hit.end)
    stop = word_list("function_words_en")
    words = {stem(token.word) for token in passage.tokens[hit.first : hit.last] if token.word not in stop}
    sentence = passage.sentence_at(hit.start)
    words_around = {stem(token.word) for token in passage.tokens_in(sentence.start, sentence.end)}
    if words_around & _BESTSELLER and any(pick.facts.attributes.get("bestseller") is True for pick in picks):
        return True
    reasons = (stems_in(pick.facts.reason) for pick in picks)
    known = world.shared_words.union(*(pick.hard_stems for pick in picks), *reasons)
    return bool(words) and words <= known
