"""Words of a claim that claim nothing: what a thing is served with, and percentages of what no label lists."""

from __future__ import annotations

import re

from evals.passage import Passage
from evals.text.phrases import Hit
from evals.text.quantities import Quantity

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


_MUSIC = frozenset(
    "bass classical band bands jazz strings section woodwind trumpet trumpets drums orchestra choir vocals".split()
)


def is_music(passage: Passage, hit: Hit) -> bool:
    """ "Bass, brass, classical": what is played, not what the thing is of."""
    part = passage.sentence_at(hit.start)
    around = (token.word for token in passage.tokens_in(part.start, part.end))
    return passage.tokens[hit.first].word == "brass" and not _MUSIC.isdisjoint(around)


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


_RUBBER = frozenset("gummi rubber caoutchouc caucho goma".split())
_TYRE = re.compile(r"reifen\b|\bty?res?\b|\btires?\b|\bpneus?\b|neum[aá]tico|schlauch\b|wellington", re.IGNORECASE)


def is_inherent(passage: Passage, hit: Hit) -> bool:
    """ "Time for fresh rubber" beside a tyre: what every one of its kind is made of."""
    said = passage.tokens[hit.first].word in _RUBBER and hit.last - hit.first == 1
    return said and any(_TYRE.search(pick.facts.name) for pick in passage.world.picks)


_ABSTRACT = frozenset(
    "fuss drama nonsense effort guilt regret regrets stress hassle boredom compromise compromises faff worry worries "
    "serious happy joy love sure certain yours ready cosy cozy honest genuss freude vorfreude spass herz liebe "
    "leidenschaft entspannung feierabend wochenende urlaub abenteuer stress hektik langeweile reue sicher zufrieden "
    "kuche plaisir bonheur detente douceur vacances gourmandise complicite passion sur convaincu prise ennui placer "
    "sobremesa disfrute verano fiesta alegria calma aventura seguro segura prisas excusas drama aburrimiento".split()
)


def is_joke(passage: Passage, item: Quantity) -> bool:
    """ "Zero percent fuss": nothing that a label could list."""
    behind = passage.tokens_in(item.end, item.end + 24)[:1]
    return bool(behind) and behind[0].word in _ABSTRACT
