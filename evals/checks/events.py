"""`event.invented` and `offer.claimed`: things said to have happened, and offers said to exist, that no fact knows."""

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


@rule("event.invented", when=has(families=("event.",)))
def invented(passage: Passage, world: World) -> Iterable[Finding]:
    """Thanks for a return, a review or a visit nobody knows of; things "added"; a product that "was on" a day."""
    for hit in passage.hits("event.thanks"):
        if not _is_told(passage, world, hit) and not _is_supposed(passage, hit):
            yield Finding((hit.start, hit.end), "No fact tells of this.")
    for hit in passage.hits("event.added"):
        if not passage.is_negated(hit.start, hit.end):
            yield Finding((hit.start, hit.end), "No fact says that something was added.")
    yield from _happened(passage)


def _is_supposed(passage: Passage, hit: Hit) -> bool:
    """ "Once your order has arrived": said of a time to come."""
    start, _ = passage.clause_at(hit.start, hit.end)
    return any(token.word in _SUPPOSING for token in passage.tokens_in(start, hit.start))


def _is_told(passage: Passage, world: World, hit: Hit) -> bool:
    """The facts use the word, or it is how they came to us."""
    said = {stem(token.word) for token in passage.tokens[hit.first : hit.last][-1:]}
    joined = world.snapshot.flow == "welcome" or world.snapshot.person.signup_date is not None
    remembered = [fact.text for fact in world.snapshot.facts if fact.say != "never"]
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
            yield Finding((hit.start, day.end), "A product does not happen on a day.")


@rule("offer.claimed", joined=True, when=has(families=("offer.general",)))
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
