"""`history.invented` and `discount.invented`: things that happened, and offers, that no fact knows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.licences import stems_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.text.phrases import Hit
from evals.verdict import Severity
from evals.world import World

_JOINING = frozenset(
    map(
        stem,
        "registration subscription registering subscribing anmeldung registrierung inscription registro "
        "suscripcion".split(),
    )
)
"""What everyone who has an account did."""


_SUPPOSING = frozenset("if once when until as whether wenn sobald falls bis si quand lorsque des cuando hasta".split())

_LIKING = re.compile(
    r"\b(?:lik|lov|enjoy|favou?rite|prefer)\w*|\b(?:mag|lieb)\w*|\baime|\badore|\bgusta|\bencanta", re.IGNORECASE
)
_WHICH = frozenset("which den die das que".split())
_HAD_IN_MIND = re.compile(
    r"^[^.!?]*\b(?:in mind|on the shelf|on our shel|in stock|in the shop|made|ready|in view)", re.I
)
REACH = 48
"""Characters behind a liking within which its object stands."""
_INVITING = re.compile(
    r"\b(?:don't|do not) (?:forget|miss)\b|\bwhy not\b|\bvergiss nicht\b|\bwarum nicht\b|\bn'oubli\w+ pas\b"
    r"|\bpourquoi pas\b|\bno (?:te )?olvid\w+\b|\bpor qué no\b",
    re.IGNORECASE,
)
"""Negations that deny nothing."""


def is_denied(passage: Passage, hit: Hit) -> bool:
    """True when the clause denies the hit; "don't forget our offers" and "why not add" deny nothing."""
    if not passage.is_negated(hit.start, hit.end):
        return False
    start, _ = passage.clause_at(hit.start, hit.end)
    return _INVITING.search(passage.text, start, hit.end) is None


@rule("history.invented", more=True, when=has(families=("event.",)))
def invented(passage: Passage, world: World) -> Iterable[Finding]:
    """Thanks for a return, a review or a visit nobody knows of; things "added"; a product that "was on" a day."""
    for hit in passage.hits("event.thanks"):
        if not _is_told(passage, world, hit) and not _is_supposed(passage, hit):
            yield Finding((hit.start, hit.end), "No fact tells of this.")
    for hit in passage.hits("event.added"):
        if not passage.is_negated(hit.start, hit.end):
            yield Finding((hit.start, hit.end), "No fact says that something was added.")
    yield from _happened(passage)
    yield from _liked(passage, world)
    yield from _turned_round(passage, world)


def _is_supposed(passage: Passage, hit: Hit) -> bool:
    """ "Once your order has arrived": said of a time to come."""
    start, _ = passage.clause_at(hit.start, hit.end)
    return any(token.word in _SUPPOSING for token in passage.tokens_in(start, hit.start))


def _is_told(passage: Passage, world: World, hit: Hit) -> bool:
    """The facts use the word, or it is how they came to us."""
    said = {stem(token.word) for token in passage.tokens[hit.first : hit.last][-1:]}
    joined = world.snapshot.flow == "welcome" or world.snapshot.person.signup_date is not None
    remembered = [fact.text for fact in world.snapshot.facts if fact.say != "never" and fact.kind != "purchase"]
    told = {word for text in remembered for word in stems_in(text)} | set(map(stem, world.declared_words))
    return bool(said & told) or (joined and bool(said & _JOINING))


def _happened(passage: Passage) -> Iterable[Finding]:
    """ "The Red Holder was on December 6": a product has no day."""
    for hit in passage.hits("event.happened"):
        subject = next((mention for mention in passage.mentions if mention.last == hit.first), None)
        day = next((ref for ref in passage.dates if 0 <= ref.start - hit.end <= 1 and ref.month), None)
        if day is None and hit.last < len(passage.tokens):
            day = next((ref for ref in passage.dates if ref.month and hit.end <= ref.start <= hit.end + 5), None)
        if subject and subject.strength >= 2 and day:
            # "Your last notebook was on 9 January": the order of it may be meant.
            yield Finding((hit.start, day.end), "A product does not happen on a day.", severity=Severity.WARN)


def _liked(passage: Passage, world: World) -> Iterable[Finding]:
    """ "You like jasmine pearls" of somebody who bought them once: a liking is told by the customer or not at all."""
    facts = [fact for fact in world.snapshot.facts if fact.say != "never"]
    # "You often buy green tea" is an interest as well: whoever buys it again and again may be told that they like it.
    likings = [fact.text for fact in facts if fact.kind == "interest" or _LIKING.search(fact.text)]
    # "Because you like Teaware" is printed above the pick that it is shown for.
    likings += [pick.facts.reason for pick in world.picks if _LIKING.search(pick.facts.reason)]
    told = set(map(stem, world.declared_words)) | {word for text in likings for word in stems_in(text)}
    for hit in passage.hits("event.liked"):
        part = passage.sentence_at(hit.start)
        supposed = any(token.word in _SUPPOSING - {"as"} for token in passage.tokens_in(part.start, hit.start))
        named = {stem(token.word) for token in passage.tokens_in(hit.end, hit.end + REACH)}
        loose = passage.text[hit.end : hit.end + 1] != " " and passage.tokens[hit.first].word not in _WHICH
        if not supposed and not loose and not passage.text.rstrip().endswith("?") and not named & told:
            yield Finding((hit.start, hit.end), "They never said that they like it.", source="no such fact")


def _turned_round(passage: Passage, world: World) -> Iterable[Finding]:
    """ "When we bought the bowl", "when you chose the kit" of what is shown, "we had the glove on 13 November": who
    bought, chose or has what is told the wrong way round."""
    for hit in passage.hits("event.shop_bought", "event.chosen", "event.had"):
        mention = next((item for item in passage.mentions if 0 <= item.start - hit.end <= 1), None)
        if mention is None or mention.strength < 2:
            continue
        kinds = {kind for number in mention.things for kind in world.names.things[number].kinds}
        behind = passage.text[mention.end : passage.sentence_at(hit.start).end]
        true = (hit.family == "event.chosen" and kinds & {"order", "cart"}) or (
            hit.family == "event.had" and _HAD_IN_MIND.search(behind)
        )
        if not true:
            yield Finding((hit.start, mention.end), "No fact tells of this.")


@rule("discount.invented", more=True, joined=True, when=has(families=("offer.general",)))
def claimed(passage: Passage, world: World) -> Iterable[Finding]:
    """ "our special offers", "current promotions": only with an offer, a pick reduced, or a fact of them."""
    if world.snapshot.offer is not None or any(pick.on_sale for pick in world.picks):
        return
    for hit in passage.hits("offer.general"):
        said = {
            stem(token.word)
            for token in passage.tokens[hit.first : hit.last]
            if token.word not in word_list("function_words_en")
        }
        if not is_denied(passage, hit) and not said <= world.known_words:
            yield Finding((hit.start, hit.end), "No offer is granted, and nothing shown is reduced.", source="no offer")
