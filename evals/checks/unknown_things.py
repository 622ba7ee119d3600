"""Things named by one word that no fact knows: "our Darjeeling costs", and "a tote bag comes with it" where the gift is
a bookmark. Parts of `product.not_in_picks` and `offer.misstated`, in English.

One capitalised word alone may name a person, a town or a feast: only beside words that are said of goods is it one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.licences import stems_in
from evals.passage import Passage
from evals.rules import Finding
from evals.snapshot import OfferFacts
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.world import World

_OURS = re.compile(
    r"\b[Oo]ur (?P<name>[A-Z][a-zà-ÿ]{3,}) (?=(?:costs?|tastes?|brews?|smells?|steeps?|pours?|lasts|sells|ships"
    r"|is (?:back in stock|in stock|on sale|available|reduced|blended|grown|roasted|brewed|baked|woven|sold))\b)"
    r"|\b(?:[Tt]ry|[Tt]aste|[Oo]rder|[Bb]uy|[Bb]rew|[Pp]our) our (?P<tried>[A-Z][a-zà-ÿ]{3,})(?=[.,!?;:]|$)"
)
_COMES_WITH = re.compile(
    r"\b(?i:an?|the|our|your|free|complimentary)\s(?P<thing>(?:[a-z-]+\s){1,3})"
    r"(?:comes?|goes|travels?|is (?:tucked|packed|slipped))\s(?:along\s)?(?:free\s)?(?:in\s)?with\s"
    r"(?:it|them|your (?:order|parcel|purchase)|every order|the (?:order|parcel))\b"
)
COMING_WORDS = ("come", "comes", "go", "goes", "travel", "travels", "tucked", "packed", "slipped")
"""Of which one stands in every text that `another_gift` judges."""


def unknown_single_names(passage: Passage, world: World) -> Iterable[Finding]:
    """ "Our Darjeeling tastes of muscatel", of a shop that shows and knows none."""
    if world.language != "en":
        return
    for match in _OURS.finditer(passage.text):
        which = "name" if match["name"] else "tried"
        start, end = match.span(which)
        if stem(match[which].lower()) not in world.known_words and not passage.is_in_name(start, end):
            yield Finding((start, end), f"“{match[which]}” is no product that we know.", source="no such product")


def another_gift(passage: Passage, offer: OfferFacts) -> Iterable[Finding]:
    """ "A tote bag comes with it": none of its words is of the gift, nor known of anything shown."""
    if offer.kind != "gift" or passage.world.language != "en":
        return
    common = word_list("function_words_en") | {"free", "complimentary", "little", "small", "gift", "present", "extra"}
    for match in _COMES_WITH.finditer(passage.text):
        words = [word for word in match["thing"].split() if word not in common]
        known = stems_in(str(offer.value)) | passage.world.known_words
        if words and known.isdisjoint(map(stem, words)) and not passage.is_negated(*match.span()):
            yield Finding(match.span(), "The gift is another one.", str(offer.value))
