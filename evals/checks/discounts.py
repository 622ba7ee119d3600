"""`discount.invented` and `offer.misstated`: reductions need a cause in the facts, offers their exact terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, Decimal

from evals.checks.amounts import holds, offer_number
from evals.checks.bind import Role, bound_picks, role_of
from evals.checks.deadlines import wrong_last_days
from evals.checks.offer_terms import wrong_gift, wrong_span
from evals.checks.passing import is_of_other_things
from evals.checks.prices import savings_beside
from evals.checks.unknown_things import COMING_WORDS, another_gift, unoffered_gifts
from evals.licences import ProductView
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.snapshot import OfferFacts
from evals.text.names import stem
from evals.text.phrases import Hit
from evals.text.quantities import Compare, Kind, Quantity, comparator
from evals.text.tokens import Sentence
from evals.world import World

_FRACTIONS = {
    "third": 33, "drittel": 33, "tiers": 33, "tercio": 33, "quarter": 25, "viertel": 25, "quart": 25, "cuarto": 25,
    "fifth": 20, "funftel": 20, "cinquieme": 20, "quinto": 20, "tenth": 10, "zehntel": 10, "half": 50, "thirds": 66,
    "tercera": 33, "cuarta": 25, "quinta": 20,
}  # fmt: skip
_REDUCED = frozenset(
    "sale reduced marked slashed clearance discounted cheaper lower im en on reduziert gesenkt herabgesetzt "
    "heruntergesetzt verbilligt solde soldes rebajado rebajada rebajados rebajadas".split()
)
_THAN = frozenset("than als que".split())
_CHEAPER = frozenset("cheaper reduced gunstiger billiger reduziert rebajado rebajada baratas barato cher chere".split())
_MINUS = re.compile(r"(?:[-−–]|\b(?:minus|moins|menos)\s)\Z", re.IGNORECASE)
_OFF_CUES = ("money.off", "money.save", "discount.claim")
_OF = re.compile(r"\s(?:de\s|d'|of\s|an\s|aus\s)(?=[^\W\d_]{3,})", re.IGNORECASE)
""" "29 % de proteína": a share of something, unless a word of saving stands there ("20 % de descuento")."""
NEAR = 30
FRACTION_SLACK = 3
"""Points of a percentage by which a spoken fraction may differ."""


def real_percent(pick: ProductView) -> Decimal:
    """The saving in percent of the former price, exact."""
    former = pick.facts.compare_at_price
    return pick.saving / former * 100 if former else Decimal(0)


def is_true_percent(quantity: Quantity, real: Decimal) -> bool:
    """A saving may be rounded down, never up. "More than" and "about" are taken at their word."""
    floor = real.to_integral_value(ROUND_FLOOR)
    said = quantity.value
    if not real:
        return False
    if quantity.compare is Compare.OVER:
        return floor - 10 <= said < real
    if quantity.compare in (Compare.ABOUT, Compare.NEARLY):
        return abs(said - real) <= 1
    return said in (floor, real, round(real, 1))


def is_reduction(passage: Passage, quantity: Quantity) -> bool:
    """True when a percentage is said of a price: a cue of saving stands within a few words of it."""
    sentence = passage.sentence_at(quantity.start)
    offer = passage.world.snapshot.offer
    if offer and offer.code and offer.code in passage.text[sentence.start : sentence.end]:
        return True
    if _is_composition(passage, quantity):
        return False
    hits = [hit for hit in passage.hits(*_OFF_CUES) if sentence.start <= hit.start < sentence.end]
    shared = _OF.match(passage.text, quantity.end)
    reach = shared.end() - quantity.end if shared else NEAR
    if any(0 <= hit.start - quantity.end <= reach or 0 <= quantity.start - hit.end <= NEAR for hit in hits):
        return True
    if _MINUS.search(passage.text, max(0, quantity.start - 7), quantity.start):
        return True
    return shared is None and _is_beside_amounts(passage, sentence)


def _is_composition(passage: Passage, quantity: Quantity) -> bool:
    """ "100 % lin, passe de 159 € à 129 €": a share of what the facts of a pick name right behind it."""
    behind = passage.tokens_in(quantity.end, quantity.end + NEAR)[:1]
    return bool(behind) and any(
        stem(behind[0].word) in pick.hard_stems and quantity.value in pick.numbers for pick in passage.world.picks
    )


def _is_beside_amounts(passage: Passage, part: Sentence) -> bool:
    """ "Perd 15 % : 34 € au lieu de 40 €": two amounts in the sentence, one of them a former price."""
    amounts = [item for item in passage.quantities if item.kind is Kind.MONEY and part.start <= item.start < part.end]
    return len(amounts) > 1 and any(role_of(passage, item) is Role.FORMER for item in amounts)


@rule("discount.invented", joined=True, when=has(Sign.NUMBER, families=("discount.",), words=COMING_WORDS))
def invented(passage: Passage, world: World) -> Iterable[Finding]:
    """Percentages, amounts, fractions and words of reduction that no former price and no offer explain."""
    yield from _percents(passage, world)
    yield from _amounts(passage, world)
    yield from _fractions(passage, world)
    yield from _words(passage, world)
    yield from _gifts(passage, world)


def _percents(passage: Passage, world: World) -> Iterable[Finding]:
    for quantity in passage.quantities:
        if quantity.kind is not Kind.PERCENT or not is_reduction(passage, quantity):
            continue
        picks = bound_picks(passage, world, quantity.start, quantity.end)
        if not _is_explained(passage, quantity, picks, world):
            found = passage.text[quantity.start : quantity.end]
            yield Finding(
                (quantity.start, quantity.end), f"No saving of {found} follows from the facts.", _facts(picks)
            )


def _is_explained(passage: Passage, quantity: Quantity, picks: Sequence[ProductView], world: World) -> bool:
    offer = world.snapshot.offer
    if offer and offer.kind == "percent" and quantity.value == offer_number(offer):
        return not _says_cheaper(passage, quantity) or bool(offer.code and offer.code in passage.text)
    if offer and offer.code and _is_of_code(passage, quantity, offer.code):
        return False
    if quantity.compare is Compare.UP_TO:
        best = max((real_percent(pick) for pick in world.picks), default=Decimal(0))
        return is_true_percent(quantity._replace(compare=Compare.EXACT), best)
    return any(is_true_percent(quantity, real_percent(pick)) for pick in picks)


def _says_cheaper(passage: Passage, quantity: Quantity) -> bool:
    """ "10% cheaper than last month" is said of a price, and no offer makes it true."""
    start, end = passage.clause_at(quantity.start, quantity.end)
    return not _CHEAPER.isdisjoint(token.word for token in passage.tokens_in(start, end))


def _is_of_code(passage: Passage, quantity: Quantity, code: str) -> bool:
    """ "DRIFT20 takes 25% off": the clause is about the code, and names no product that may be reduced itself."""
    start, end = passage.clause_at(quantity.start, quantity.end)
    return code in passage.text[start:end] and not passage.picks_named_in(start, end)


def _amounts(passage: Passage, world: World) -> Iterable[Finding]:
    for quantity in passage.quantities:
        if quantity.kind is Kind.MONEY and role_of(passage, quantity) is Role.OFF:
            picks = bound_picks(passage, world, quantity.start, quantity.end)
            if not any(holds(quantity, truth) for truth in savings_beside(passage, quantity, picks, world)):
                yield Finding((quantity.start, quantity.end), "No such saving follows from the facts.", _facts(picks))


def _fractions(passage: Passage, world: World) -> Iterable[Finding]:
    hits = [(hit, _fraction(passage, hit)) for hit in passage.hits("discount.fraction")]
    hits += [(hit, 50) for hit in passage.hits("discount.half")]
    for hit, percent in hits:
        if passage.is_negated(hit.start, hit.end):
            continue
        picks = bound_picks(passage, world, hit.start, hit.end)
        offer = world.snapshot.offer
        best = max((real_percent(pick) for pick in picks), default=Decimal(0))
        granted = offer is not None and offer.kind == "percent" and offer_number(offer) == percent
        if not granted and not _is_true_fraction(passage, hit, percent, best):
            yield _finding(passage, hit, "No reduction of that size follows from the facts.", picks)


def _is_true_fraction(passage: Passage, hit: Hit, percent: int, best: Decimal) -> bool:
    """A fraction may be rounded down; "nearly a fifth" and "a good fifth" are taken at their word."""
    compare = comparator(passage.text, hit.start, hit.end)
    if compare in (Compare.NEARLY, Compare.ABOUT):
        return percent - FRACTION_SLACK <= best <= percent + FRACTION_SLACK
    return percent <= best <= percent + FRACTION_SLACK


def _fraction(passage: Passage, hit: Hit) -> int:
    words = (token.word for token in passage.tokens_in(hit.start, hit.end))
    return next((_FRACTIONS[word] for word in words if word in _FRACTIONS), 50)


def _words(passage: Passage, world: World) -> Iterable[Finding]:
    offer = world.snapshot.offer
    for hit in passage.hits("discount.claim"):
        picks = bound_picks(passage, world, hit.start, hit.end)
        licensed = any(pick.on_sale for pick in picks) or (offer is not None and _is_of_offer(passage, hit))
        denied = passage.is_negated(hit.start, hit.end, whole_clause=True)
        if not (licensed or denied or _compares_picks(passage, hit)):
            yield _finding(passage, hit, "Nothing in the facts is reduced, and no offer was granted.", picks)


def _compares_picks(passage: Passage, hit: Hit) -> bool:
    """ "The mallet costs less than the drill": true of their prices."""
    part = passage.sentence_at(hit.start)
    words = [token.word for token in passage.tokens_in(hit.start, part.end)]
    before = [pick.facts.price for _, pick in passage.picks_named_in(part.start, hit.start)]
    behind = [pick.facts.price for _, pick in passage.picks_named_in(hit.end, part.end)]
    if _THAN.isdisjoint(words) or not before or not behind:
        return False
    first, second = before[-1], behind[0]
    return first is not None and second is not None and first < second


def _is_of_offer(passage: Passage, hit: Hit) -> bool:
    """True unless the words say that the price itself is lower, and nothing near them is about the offer."""
    words = {token.word for token in passage.tokens_in(hit.start, hit.end)}
    offer = passage.world.snapshot.offer
    if offer and offer.code and offer.code in passage.text:
        return True
    return words.isdisjoint(_REDUCED) or any(cue.start >= hit.end or cue.end <= hit.start for cue in _cues(passage))


def _cues(passage: Passage) -> list[Hit]:
    return passage.hits("offer.cue")


def _gifts(passage: Passage, world: World) -> Iterable[Finding]:
    """Something for nothing, unless the offer is a gift. Free delivery is judged elsewhere."""
    offer = world.snapshot.offer
    shipping = passage.hits("shipping.free", "shipping.word")
    for hit in passage.hits("discount.free"):
        sentence = passage.sentence_at(hit.start)
        about_shipping = any(sentence.start <= other.start < sentence.end for other in shipping)
        gift = "gift" in passage.text[hit.start : hit.end].lower()  # names what is given
        if about_shipping or passage.is_negated(hit.start, hit.end) or (not gift and is_of_other_things(passage, hit)):
            continue
        if offer is None or offer.kind != "gift":
            yield _finding(passage, hit, "Nothing was offered for free.", ())
    if offer is None or offer.kind != "gift":
        yield from unoffered_gifts(passage)


def _finding(passage: Passage, hit: Hit, reason: str, picks: Sequence[ProductView]) -> Finding:
    return Finding((hit.start, hit.end), reason, _facts(picks))


def _facts(picks: Sequence[ProductView]) -> str | None:
    said = [
        f"{pick.facts.name}: {pick.facts.price}, before {pick.facts.compare_at_price or 'no other price'}"
        for pick in picks[:3]
    ]
    return "; ".join(said) or None


def _has_offer(world: World) -> bool:
    return world.snapshot.offer is not None


@rule(
    "offer.misstated",
    needs=_has_offer,
    joined=True,
    when=has(
        Sign.NUMBER,
        Sign.CODE,
        families=(
            "urgency.deadline",
            "urgency.until",
            "offer.no_minimum",
            "offer.stacking",
            "offer.cue",
            "discount.free",
        ),
        words=("free", *COMING_WORDS),
    ),
)
def misstated(passage: Passage, world: World) -> Iterable[Finding]:
    """The granted offer with another value, minimum, kind or condition than it has."""
    offer = world.snapshot.offer
    if offer is None:
        return
    for sentence in _offer_sentences(passage, offer):
        yield from _wrong_value(passage, world, offer, sentence)
        yield from _wrong_threshold(passage, offer, sentence)
        yield from _wrong_condition(passage, offer, sentence)
        yield from wrong_gift(passage, offer, sentence)
        yield from wrong_span(passage, offer, sentence)
    yield from another_gift(passage, offer)
    if offer.expires:
        yield from wrong_last_days(passage, world)


def _offer_sentences(passage: Passage, offer: OfferFacts) -> list[Sentence]:
    """Sentences about the offer: with its code, a word for it, or (for a gift) something free."""
    families = ("offer.cue", "discount.free", "shipping.free", "offer.no_minimum", "offer.stacking")
    marks = [hit.start for hit in passage.hits(*families, *(("offer.gift",) if offer.kind == "gift" else ()))]
    if offer.code:
        marks += [at for at in range(len(passage.text)) if passage.text.startswith(offer.code, at)]
    marks += [item.start for item in passage.quantities if item.kind is Kind.PERCENT and is_reduction(passage, item)]
    if offer.kind == "gift":
        marks += [token.start for token in passage.tokens if token.word == "free"]
    return [part for part in passage.sentences if any(part.start <= at < part.end for at in marks)]


def _wrong_value(passage: Passage, world: World, offer: OfferFacts, part: Sentence) -> Iterable[Finding]:
    for item in passage.quantities:
        if not part.start <= item.start < part.end:
            continue
        picks = bound_picks(passage, world, item.start, item.end)
        if item.kind is Kind.PERCENT and is_reduction(passage, item) and not _is_explained(passage, item, picks, world):
            yield Finding((item.start, item.end), f"The offer is {_spelled(offer)}.", _spelled(offer))
        is_off = item.kind is Kind.MONEY and role_of(passage, item) is Role.OFF
        if is_off and not any(holds(item, truth) for truth in savings_beside(passage, item, picks, world)):
            yield Finding((item.start, item.end), f"The offer is {_spelled(offer)}.", _spelled(offer))


def _wrong_threshold(passage: Passage, offer: OfferFacts, part: Sentence) -> Iterable[Finding]:
    for item in passage.quantities:
        inside = part.start <= item.start < part.end and item.kind is Kind.MONEY
        if not inside or role_of(passage, item) is not Role.THRESHOLD:
            continue
        if offer.kind != "free_shipping" and is_of_delivery(passage, item):
            continue
        if offer.min_spend in item.readings:
            continue
        yield Finding((item.start, item.end), "The offer has another minimum.", _spelled(offer))


def is_of_delivery(passage: Passage, item: Quantity) -> bool:
    """True of an amount from which delivery is free: its clause speaks of delivery, or it says nothing of the offer and
    the one behind it does ("over $60, we ship free")."""
    offer = passage.world.snapshot.offer
    start, end = passage.clause_at(item.start, item.end)
    delivery = [hit.start for hit in passage.hits("shipping.word", "shipping.free")]
    if any(start <= at < end for at in delivery):
        return True
    coded = bool(offer and offer.code and offer.code in passage.text[start:end])
    off = any(start <= hit.start < end for hit in passage.hits("offer.cue", *_OFF_CUES))
    percent = any(start <= one.start < end and one.kind is Kind.PERCENT for one in passage.quantities)
    behind = passage.clause_at(end + 1, end + 2)
    last = min(behind[1], passage.sentence_at(item.start).end)
    return not (coded or off or percent) and any(end <= at < last for at in delivery)


def _wrong_condition(passage: Passage, offer: OfferFacts, part: Sentence) -> Iterable[Finding]:
    for hit in passage.hits("offer.no_minimum", "offer.stacking"):
        if not part.start <= hit.start < part.end or passage.is_negated(hit.start, hit.end):
            continue
        if hit.family == "offer.no_minimum" and _states_minimum(passage, offer, part):
            continue
        loosened = hit.family == "offer.stacking" or offer.min_spend is not None
        if loosened and passage.text[hit.start : hit.end].lower() not in offer.terms.lower():
            yield Finding((hit.start, hit.end), "The offer's terms do not say so.", _spelled(offer))


def _states_minimum(passage: Passage, offer: OfferFacts, part: Sentence) -> bool:
    """ "£20 off anything from £120" names the minimum itself."""
    amounts = (item for item in passage.quantities if item.kind is Kind.MONEY and part.start <= item.start < part.end)
    return any(role_of(passage, item) is Role.THRESHOLD and offer.min_spend in item.readings for item in amounts)


def _spelled(offer: OfferFacts) -> str:
    """The offer in a few words, for the marketer."""
    value = {"percent": f"{offer.value} % off", "amount": f"{offer.value} {offer.currency or ''} off"}.get(
        offer.kind, str(offer.value or "free delivery")
    )
    minimum = f" from {offer.min_spend}" if offer.min_spend else ""
    expires = f" until {offer.expires.isoformat()}" if offer.expires else ""
    return f"{value}{minimum}{expires}" + (f" with {offer.code}" if offer.code else "")
