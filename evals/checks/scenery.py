"""Words of a claim that claim nothing: what a thing is served with, and percentages of what no label lists."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evals.licences import ProductView
from evals.passage import Passage
from evals.text.canonical import fold
from evals.text.phrases import Hit

_SERVED = re.compile(
    r"\b(?:goes (?:well |nicely |beautifully )?with|pairs? (?:it |them |this |well |nicely )*with"
    r"|serve[ds]? (?:it |them )?with|(?:good|nice|lovely|great) (?:with|beside|next to)|beside|alongside|next to"
    r"|a (?:slice|drop|squeeze|wedge|twist"
    r"|splash|dash|plate|piece) of)\s(?:an?\s|the\s|some\s|our\s|fresh\s|your\s)*(?:[^\W\d_]+,?\s){0,3}$",
    re.IGNORECASE,
)


_LIKE = re.compile(r"\b(?:comme|como|wie)\s(?:le |la |l'|les |el |los |las |der |die |das )?$", re.IGNORECASE)


def is_served(passage: Passage, hit: Hit) -> bool:
    """ "Serve it with ginger biscuits", "a slice of lemon": what stands beside the thing on the table; and what it is
    likened to ("se oscurece, como la miel")."""
    start = passage.sentence_at(hit.start).start
    if hit.family == "attribute:ingredients" and _LIKE.search(passage.text, start, hit.start):
        return True
    return _SERVED.search(passage.text, start, hit.start) is not None


_VESSEL = frozenset("glas glass verre verres vidrio vaso".split())
_ONE_OF = frozenset(
    "the a an your this that each every another last first half das ein dein ihr im ins dem vom zum jedes kein letztes "
    "le un votre ton ce chaque dernier el un tu su este cada".split()
)


def is_vessel(passage: Passage, hit: Hit) -> bool:
    """ "Falls das Glas leer ist", "a glass by the bed": what one drinks from, not what a thing is made of."""
    before = passage.tokens[hit.first - 1].word if hit.first else ""
    said = passage.tokens[hit.first].word
    return hit.last - hit.first == 1 and said in _VESSEL and before in _ONE_OF


_ALCOHOL_KEYS = re.compile(r"\babv\b|alcohol|alkohol|alcool", re.IGNORECASE)
_ZERO = re.compile(r"0(?:[.,]0+)?\s?(?:%|vol|$)", re.IGNORECASE)


def is_of_field(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "Free of alcohol" of 0.0 %."""
    fields = [(key, str(value)) for pick in picks for key, value in pick.facts.attributes.items()]
    said = fold(passage.text[hit.start : hit.end])
    alcohol = hit.family == "attribute:additives" and said.endswith(("alcohol", "alkohol", "alcool"))
    return alcohol and any(_ALCOHOL_KEYS.search(key) and _ZERO.match(value) for key, value in fields)
