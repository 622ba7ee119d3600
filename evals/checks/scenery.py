"""Words of a claim that claim nothing: what a thing is served with, and percentages of what no label lists."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evals.licences import ProductView
from evals.passage import Passage
from evals.text.canonical import fold
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


_BY_HAND = frozenset(("by hand", "von hand", "a la main", "a mano"))
_DOER = re.compile(r"(?:we|you|i|wir|du|ich|nous|vous|tu|on|man|yo|nosotros|\w{3,}[aei]mos)", re.IGNORECASE)
_MAKING = re.compile(
    r"(?:ma[dk]e|making|se[wt]|stitch|craft|knit|weav|wove|pour|finish|paint|roast|roll|dye|cut|carv|turned|blend|forg"
    r"|blow|buil|bind|bound|bottl|pack|pick|harvest|print|assembl|cast|grind|ground|gemacht|mach|nah|naeh|genaht"
    r"|fertig|gefertig|giess|gegoss|knupf|geknupf|web|gewob|strick|gestrick|schnitz|rost|gerost|mal|bemal|schmied|full"
    r"|abgefull|pfluck|gepfluck|ernte|pack|gepack|schopf|fait|fabri|cous|coud|tiss|tricot|coul|peign|peint|forg|torref"
    r"|cueill|assembl|faconn|hac|hech|cos[eo]|cosid|tej|pint|forj|elabor|vert|recolect|recog|tost|fabric|ensambl|sopl"
    r"|cort|tall|bord|amas|embotell|moldea|tornea)",
    re.IGNORECASE,
)


def is_own_doing(passage: Passage, hit: Hit) -> bool:
    """ "Aquí todavía rebobinamos a mano": what we or you do by hand is no way of making, unless its verb is one."""
    if fold(passage.text[hit.start : hit.end]) not in _BY_HAND:
        return False
    start, end = passage.clause_at(hit.start, hit.end)
    words = [token.word for token in passage.tokens_in(start, end)]
    done = any(_DOER.fullmatch(word) for word in words)
    return done and not any(_MAKING.match(word) for word in words)


_MAKERS = frozenset(
    "farm farms hive hives estate mill maker makers grower growers producer producers orchard vineyard roastery "
    "roaster bakery kiln loom sea coast ocean field fields mountain mountains source region island islands "
    "highlands valley factory workshop forest river garden north south east west".split()
)
_BEFORE_NOUN = frozenset("the a an your our this that its their my one".split())


def is_from_vessel(passage: Passage, hit: Hit) -> bool:
    """ "A piston that drinks straight from the bottle": neither a place nor a maker is named behind it."""
    if fold(passage.text[hit.start : hit.end]) != "straight from":
        return False
    behind = passage.tokens_in(hit.end, passage.clause_at(hit.start, hit.end)[1])[:4]
    plain = bool(behind) and behind[0].word in _BEFORE_NOUN
    return plain and all(token.surface.islower() and token.word not in _MAKERS for token in behind)


_AUTOMATIC = re.compile(r"automati|selbst", re.IGNORECASE)
_ALCOHOL_KEYS = re.compile(r"\babv\b|alcohol|alkohol|alcool", re.IGNORECASE)
_ZERO = re.compile(r"0(?:[.,]0+)?\s?(?:%|vol|$)", re.IGNORECASE)


def is_of_field(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "Von selbst aus" of what is released automatically; "free of alcohol" of 0.0 %."""
    fields = [(key, str(value)) for pick in picks for key, value in pick.facts.attributes.items()]
    said = fold(passage.text[hit.start : hit.end])
    if hit.family == "attribute:automatic" and said.startswith(("von ", "off by", "on by")):
        return any(_AUTOMATIC.search(value) for _, value in fields)
    alcohol = hit.family == "attribute:additives" and said.endswith(("alcohol", "alkohol", "alcool"))
    return alcohol and any(_ALCOHOL_KEYS.search(key) and _ZERO.match(value) for key, value in fields)
