"""`scarcity.invented`: stock counts come from the shop. UCPD Annex I no. 7 forbids false limits of availability."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evals.checks.bind import bound_picks
from evals.checks.evidence import is_of_goods
from evals.checks.passing import is_of_other_things, passes_by_itself
from evals.checks.sayings import is_proverb
from evals.licences import ProductView
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.phrases import Hit
from evals.text.quantities import Compare, Kind, Quantity
from evals.text.units import UNITS
from evals.verdict import Severity
from evals.world import World

_TIME = frozenset(word for word, unit in UNITS.items() if unit.dimension == "time" and len(word) > 1)
_LEFT = frozenset(
    "left remain remains remaining stock store available warehouse shelf unsold ubrig vorratig verfugbar lager da "
    "stuck exemplare reste restent restant restants restantes stock disponibles disponible exemplaires pieces "
    "magasin reserve rayon quedan queda restantes unidades existencias almacen regal keller gewachshaus cave entrepot "
    "etagere avons bodega tienda estanteria".split()
)
_IN_STOCK = frozenset(
    "stock store available warehouse shelf unsold vorratig verfugbar lager exemplare magasin reserve rayon unidades "
    "existencias almacen keller entrepot bodega tienda sold ausverkauft vergriffen epuise agotado agotada "
    "we wir nous on avons tenemos only nur solo".split()
)
_IF_OURS = re.compile(
    r"\b(?:if|in case|should) (?:the|your) [^.,;!?]{2,60}(?:'s|\sis|\sare|\sruns?|\sgets?)\s(?:\w+\s)?$", re.I
)
""" "If the Wicker Star is nearly gone, here is some more": a shop knows what it has, and supposes nothing."""
_IF_THEIRS = re.compile(
    r"\b(?:por si|por si acaso|si|falls|wenn|au cas où|s'il)\s(?:(?:te|le|aún|noch|dir|ihnen|vous|en)\s)*$"
    r"|\b(?:if|when|once|should|in case|by the time)\s(?:it|they|yours|your \w+"
    r"|the (?:bag|tin|jar|bottle|tube|pack|box|caddy|last one))"
    r"(?:'s|\sis|\sare|\sruns?|\sgets?|\sbe)?\s(?:already\s|now\s)?$",
    re.IGNORECASE,
)
_IF_LEFT = re.compile(r"\bs'il\s$|\b(?:wenn|falls) (?:nur )?noch\s$|\bsi (?:ya )?(?:no|solo|sólo)\s$", re.IGNORECASE)
""" "S'il n'en reste que la croûte"."""
_ASKED_LEFT = re.compile(
    r"(?:^|[,;:–—]\s?|\b)(?:any|is there|are there|ist|sind|hast du|haben sie|gibt es|il en reste"
    r"|en reste-t-il|reste-t-il|il (?:vous|t'en|en) reste|vous en reste"
    r"|te queda|le queda|os queda|queda)\b[^?!.]{0,48}\?\s*$",
    re.IGNORECASE,
)
""" "Ist noch eine Flasche übrig?", "il en reste une tranche ?": whoever sells does not ask what is left."""
_HOPED = re.compile(
    r"\b(?:we|i) (?:hope|trust|bet|guess|suspect|imagine|reckon)\b|\bmust be\b|\b(?:dürfte|müsste)\w*\b"
    r"|\b(?:vermutlich|wohl)\b|\b(?:doit|doivent|devrait) être\b|\b(?:debe|deben|deberá) (?:de )?estar\b",
    re.IGNORECASE,
)
""" "December's cleanser must be nearly gone": a shop knows its own stock, and guesses at the reader's."""
FEW = 2
"""Up to so many may be what a reader has left."""
LOW_STOCK = 5
"""Up to so many left may be called the last few."""


@rule("scarcity.invented", joined=True, when=has(families=("scarcity.",)))
def scarcity(passage: Passage, world: World) -> Iterable[Finding]:
    """Numbers of items left, and talk of running out, need the shop's stock count."""
    for hit in _innermost(passage.hits("scarcity.count")):
        quantity = _count_in(passage, hit)
        picks = bound_picks(passage, world, hit.start, hit.end)
        if (
            quantity is None
            or (quantity.value <= FEW and (_asks_reader(passage, hit) or _is_another(passage, hit)))
            or _is_past_or_person(passage, hit)
            or not _is_of_stock(passage, hit, quantity)
        ):
            continue
        if not any(_is_true_count(quantity, pick) for pick in picks):
            weight = _weight_of(passage, hit)
            reason = "The shop counts another number, or none."
            yield Finding((hit.start, hit.end), reason, _stock(picks), severity=weight)
    for hit in passage.hits("scarcity.low"):
        picks = bound_picks(passage, world, hit.start, hit.end)
        low = any(_is_low(pick) for pick in picks)
        idle = passage.is_negated(hit.start, hit.end) or _asks_reader(passage, hit) or passes_by_itself(passage, hit)
        idle = idle or is_of_other_things(passage, hit)
        if not low and not idle:
            reason = "Nothing says that it is running out."
            yield Finding((hit.start, hit.end), reason, _stock(picks), severity=_weight_of(passage, hit))
    for hit in passage.hits("scarcity.demand"):
        general = passage.is_negated(hit.start, hit.end) or is_proverb(passage, hit)
        general = general or passes_by_itself(passage, hit) or is_of_other_things(passage, hit)
        if not general:
            yield Finding((hit.start, hit.end), "Nothing says how many others want it.", source="no figures on demand")


def _weight_of(passage: Passage, hit: Hit) -> Severity | None:
    """In an opening and a letter what is left may be at the reader's home ("ob noch eine Flasche übrig ist"): there a
    product must be named, or a word for stock."""
    part = passage.sentence_at(hit.start)
    stocked = any(token.word in _IN_STOCK for token in passage.tokens_in(part.start, part.end))
    told = passage.name not in ("opening", "whole") or stocked or is_of_goods(passage, hit.start, hit.end)
    return None if told else Severity.WARN


def _is_another(passage: Passage, hit: Hit) -> bool:
    """German "noch eine" is another one, unless it is left."""
    if passage.tokens[hit.first].word != "noch" or (hit.first and passage.tokens[hit.first - 1].word == "nur"):
        return False
    words = [token.word for token in passage.tokens_in(*passage.clause_at(hit.start, hit.end))]
    return _LEFT.isdisjoint(words[words[0] == "da" :])  # "da darf noch eine Kanne auf den Tisch": "da" is then


def _asks_reader(passage: Passage, hit: Hit) -> bool:
    """ "Running low on green thoughts?" and "if it is nearly gone" are about the reader's own."""
    part = passage.sentence_at(hit.start)
    if _IF_OURS.search(passage.text, part.start, hit.start):
        return True
    if _IF_THEIRS.search(passage.text, part.start, hit.start) or _is_of_owned(passage, hit, part.start):
        return True
    if _HOPED.search(passage.text, part.start, hit.start) or _IF_LEFT.search(passage.text, part.start, hit.start + 3):
        return True
    asked = _ASKED_LEFT.search(passage.text, part.start, part.end)
    if asked and asked.start() <= hit.start:
        return True  # "Only two left, is one for you?" tells first
    said = passage.text[hit.start : hit.end].lower()
    return passage.text[part.start : part.end].rstrip(' "').endswith("?") and said.startswith(
        ("running", "run ", "noch ", "one ", "plus qu", "encore ", "queda", "te queda")
    )


_USED_UP = re.compile(
    r"\b(?:neige|leer|alle|running (?:low|out)|nearly (?:gone|empty)|touche à sa fin|presque vide|bientôt fini\w*"
    r"|poc[ao]s?|acab\w+|termin\w+)\b",
    re.IGNORECASE,
)
"""Said of what is used up at home; what is "sold out" is the shop's."""


def _is_of_owned(passage: Passage, hit: Hit, start: int) -> bool:
    """ "Your Oat Cleanser is ten weeks old. Nearly gone?", "Sie haben „Hafenröstung“ gekauft. Geht die Tüte langsam zur
    Neige?": a question behind something they bought, a bare one or one of using up."""
    used = _USED_UP.search(passage.text, hit.start, hit.end) is not None
    asked = passage.text.startswith("?", hit.end) and (hit.start == start or used)
    before = (mention for mention in passage.mentions if mention.end <= hit.start)
    kinds = {
        kind for mention in before for number in mention.things for kind in passage.world.names.things[number].kinds
    }
    return asked and "order" in kinds


def _is_low(pick: ProductView) -> bool:
    """What is sold out may be called so ("en rupture de stock")."""
    left = pick.stock_left
    return not pick.facts.in_stock or (left is not None and left <= LOW_STOCK * 3)


def _innermost(hits: list[Hit]) -> list[Hit]:
    """ "1 saddle, 3 left" counts what is left by the number nearest to it."""
    return [
        hit
        for hit in hits
        if not any(hit.start < other.start and other.end == hit.end and other.first > hit.first + 1 for other in hits)
    ]


def _count_in(passage: Passage, hit: Hit) -> Quantity | None:
    inside = [item for item in passage.quantities if hit.start <= item.start < hit.end]
    return next((item for item in inside if item.kind in (Kind.PLAIN, Kind.COUNT, Kind.MEASURE)), None)


def _is_past_or_person(passage: Passage, hit: Hit) -> bool:
    """Points, days, minutes and cups "left" are not stock."""
    words = {token.word for token in passage.tokens_in(hit.start, hit.end + 12)}
    return not words.isdisjoint(_TIME | {"points", "puntos", "punkte", "days'"})


def _is_of_stock(passage: Passage, hit: Hit, quantity: Quantity) -> bool:
    """ "Only two ingredients" and "the last one for tonight" are no stock: something must be left or counted."""
    start, end = passage.clause_at(hit.start, hit.end)
    words = {token.word for token in passage.tokens_in(min(start, hit.start), max(end, hit.end))}
    if not words.isdisjoint(_LEFT):
        return True
    if quantity.kind is Kind.MEASURE and quantity.what != "time":
        return False
    following = [token.start for token in passage.tokens if token.start >= quantity.end][:1]
    ends = not following or following[0] >= end
    if any(quantity.value in pick.numbers for pick in passage.world.picks):
        return False  # "just six bottles" of a case of six
    named = any(0 <= mention.start - quantity.end <= 16 for mention in passage.mentions)
    kinds = passage.families & frozenset(passage.world.product_types)
    counted = any(0 <= other.start - quantity.end <= 12 for other in passage.hits(*kinds)) if kinds else False
    return named or counted or (ends and quantity.value != 1)


def _is_true_count(quantity: Quantity, pick: ProductView) -> bool:
    left = pick.stock_left
    if left is None:
        return False
    if quantity.compare is Compare.UNDER:
        return left < quantity.value
    if quantity.kind is Kind.MEASURE:
        return is_stock_measure(quantity, pick)
    return left in quantity.readings or (quantity.compare is Compare.ABOUT and abs(left - quantity.value) <= 1)


def is_stock_measure(quantity: Quantity, pick: ProductView) -> bool:
    """ "Seven metres left" of what is counted in its unit of sale."""
    left, factors = pick.stock_left, {unit.factor for unit in UNITS.values() if unit.dimension == quantity.what}
    return left is not None and quantity.what != "time" and any(left * one in quantity.readings for one in factors)


def _stock(picks: Sequence[ProductView]) -> str:
    counted = [f"{pick.facts.name}: {pick.stock_left} left" for pick in picks if pick.stock_left is not None]
    return "; ".join(counted) or "no stock count"
