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
    r"\b(?P<which>(?i:an?|the|our|your|free|complimentary))\s(?P<thing>(?:[a-z-]+\s){1,3})"
    r"(?:comes?|goes|travels?|is (?:tucked|packed|slipped))\s(?:along\s)?(?:free\s)?(?:in\s)?with\s"
    r"(?:it|them|your (?:order|parcel|purchase)|every order|the (?:order|parcel))\b"
)
_SHOUTED = re.compile(_COMES_WITH.pattern, re.IGNORECASE)
_UNSOLD = frozenset(
    "smile story warning practice string fuss guarantee warranty surprise view promise patience lesson question memory "
    "joy reason recipe thanks thank tip secret responsibility cost price weight history feeling sense".split()
)
"""What comes with a thing and is none: "a story comes with it"."""
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
    if offer.kind != "gift":
        return
    common = {"gift", "present", "extra"}
    for match, words in _coming(passage):
        if not set(words) <= common and stems_in(str(offer.value)).isdisjoint(map(stem, words)):
            yield Finding(match.span(), "The gift is another one.", str(offer.value))


def unoffered_gifts(passage: Passage) -> Iterable[Finding]:
    """The same where no gift is granted: of a thing more ("a", "free"); "your jacket goes with it" gives none."""
    for match, words in _coming(passage):
        if match["which"].lower() in ("a", "an", "free", "complimentary") and _UNSOLD.isdisjoint(map(stem, words)):
            yield Finding(match.span(), "Nothing was offered along with it.", source="no gift")


def _coming(passage: Passage) -> Iterable[tuple[re.Match[str], list[str]]]:
    """What is said to come with something and is known of nothing shown, with the words that name it; in English."""
    if passage.world.language != "en":
        return
    common = word_list("function_words_en") | {"free", "complimentary", "little", "small"}
    pattern = _SHOUTED if passage.text.isupper() else _COMES_WITH
    for match in pattern.finditer(passage.text):
        words = [word for word in match["thing"].lower().split() if word not in common]
        unknown = passage.world.known_words.isdisjoint(map(stem, words))
        if words and unknown and not passage.is_negated(*match.span()):
            yield match, words
